#include "common/status_mapping.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "common/error_details.h"
#include "google/rpc/status.pb.h"

namespace baton {
namespace {

// `message` cut to the limit without splitting a UTF-8 character.
std::string Shortened(absl::string_view message) {
  if (message.size() <= kMaxStatusMessageBytes) return std::string(message);
  constexpr absl::string_view kEllipsis = "...";
  size_t end = kMaxStatusMessageBytes - kEllipsis.size();
  while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xC0) == 0x80) --end;
  return std::string(message.substr(0, end)).append(kEllipsis.data(), kEllipsis.size());
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const std::string message = Shortened(status.message());
  google::rpc::Status rich;
  rich.set_code(static_cast<int>(status.code()));
  rich.set_message(message);
  size_t size = rich.ByteSizeLong();
  status.ForEachPayload([&](absl::string_view type_url, const absl::Cord& payload) {
    size += type_url.size() + payload.size() + 16;  // 16: no less than the tags and lengths
    if (!absl::StartsWith(type_url, kTypeUrlPrefix) || size > kMaxStatusDetailsBytes) return;
    auto* detail = rich.add_details();
    detail->set_type_url(std::string(type_url));
    detail->set_value(std::string(payload));
  });
  return grpc::Status(static_cast<grpc::StatusCode>(status.raw_code()), message,
                      rich.details_size() > 0 ? rich.SerializeAsString() : std::string());
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  google::rpc::Status rich;
  if (status.error_details().empty() || !rich.ParseFromString(status.error_details()))
    return result;
  for (const auto& detail : rich.details()) {
    result.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  return result;
}

}  // namespace baton
