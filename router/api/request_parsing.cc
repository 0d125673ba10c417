#include "router/api/request_parsing.h"

#include <climits>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/error_details.h"
#include "common/status_macros.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "router/tokenizer/utf8.h"

namespace baton {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::internal::WireFormatLite;
using ::google::protobuf::io::CodedInputStream;

absl::Status CheckString(absl::string_view text, const std::string& path) {
  const std::string problem = DescribeInvalidUtf8(text);
  return problem.empty() ? absl::OkStatus() : InvalidField(path, problem);
}

// Looks at every string of a message in wire format
// (https://protobuf.dev/programming-guides/encoding). OK for bytes that are no such message: the
// parser's to refuse. Recursion is as deep as the message types nest.
absl::Status CheckStrings(absl::string_view bytes, const Descriptor& type,
                          const std::string& prefix) {
  CodedInputStream input(reinterpret_cast<const uint8_t*>(bytes.data()),
                         static_cast<int>(bytes.size()));
  std::map<int, int> seen;  // repeated fields: how many so far
  while (const uint32_t tag = input.ReadTag()) {
    const FieldDescriptor* field = type.FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
    const bool delimited =
        WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
    if (field == nullptr || !delimited ||
        (field->type() != FieldDescriptor::TYPE_STRING &&
         field->type() != FieldDescriptor::TYPE_MESSAGE)) {
      if (!WireFormatLite::SkipField(&input, tag)) return absl::OkStatus();
      continue;
    }
    uint32_t size;
    if (!input.ReadVarint32(&size)) return absl::OkStatus();
    const size_t begin = static_cast<size_t>(input.CurrentPosition());
    if (size > bytes.size() - begin || !input.Skip(static_cast<int>(size))) return absl::OkStatus();
    std::string path = absl::StrCat(prefix, field->name());
    if (field->is_repeated()) absl::StrAppend(&path, "[", seen[field->number()]++, "]");
    const absl::string_view value = bytes.substr(begin, size);
    RETURN_IF_ERROR(field->type() == FieldDescriptor::TYPE_STRING
                        ? CheckString(value, path)
                        : CheckStrings(value, *field->message_type(), path + "."));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ParseRequest(absl::string_view bytes, google::protobuf::Message* message) {
  if (bytes.size() > INT_MAX) {
    return absl::InvalidArgumentError(
        absl::StrCat("request: ", bytes.size(), " bytes, at most ", INT_MAX, " can be read"));
  }
  RETURN_IF_ERROR(CheckStrings(bytes, *message->GetDescriptor(), ""));
  if (message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("request: ", bytes.size(), " bytes that are not a ",
                   message->GetDescriptor()->full_name(), " in protobuf's wire format"));
}

}  // namespace baton
