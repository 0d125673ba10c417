#include "router/api/raw_message.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "common/check.h"
#include "grpcpp/support/slice.h"
#include "router/api/request_parsing.h"

namespace baton {

absl::Status ParseRaw(const grpc::ByteBuffer& raw, google::protobuf::Message* message) {
  grpc::Slice bytes;  // shares the buffer's memory when that is in one piece
  if (!raw.DumpToSingleSlice(&bytes).ok()) {
    return absl::InternalError("request: its bytes could not be read");
  }
  return ParseRequest(absl::string_view(reinterpret_cast<const char*>(bytes.begin()), bytes.size()),
                      message);
}

grpc::ByteBuffer SerializeRaw(const google::protobuf::Message& message) {
  const size_t size = message.ByteSizeLong();
  grpc::Slice bytes(size);
  uint8_t* const begin = const_cast<uint8_t*>(bytes.begin());  // ours alone until it is in a buffer
  const uint8_t* const end = message.SerializeWithCachedSizesToArray(begin);
  BATON_CHECK(static_cast<size_t>(end - begin) == size);
  return grpc::ByteBuffer(&bytes, 1);
}

}  // namespace baton
