// Finds out whether an address can be listened on before gRPC tries: it knows the reason, gRPC only
// says that it failed.
#ifndef BATON_SERVER_LISTEN_ADDRESS_H_
#define BATON_SERVER_LISTEN_ADDRESS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace baton {

// An address of one of the forms "HOST:PORT", "[IPV6]:PORT" and "unix:/PATH".
struct ListenAddress {
  std::string host;       // without brackets
  int port = 0;           // 0: any free one
  std::string unix_path;  // set: a Unix socket, and the others are not
};

// INVALID_ARGUMENT with one line that has `flag`, the address and what was expected.
absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view flag, absl::string_view address);

// Binds to `address` for a moment. ALREADY_EXISTS when it is in use, INVALID_ARGUMENT when it makes
// no sense, FAILED_PRECONDITION otherwise; each one line with `flag`, the address and the system's
// reason. A stale Unix socket, one that nobody listens on, is fine.
absl::Status ProbeListenAddress(absl::string_view flag, absl::string_view address);

// A free TCP port on `host`, for someone who must name a port before it is opened. Another process
// may take it first.
absl::StatusOr<int> FindFreePort(absl::string_view flag, const std::string& host);

// Where a process on the same machine reaches a server that listens on `address`: the wildcards
// 0.0.0.0 and [::] become loopback addresses.
std::string LocalTarget(const ListenAddress& address);

}  // namespace baton

#endif  // BATON_SERVER_LISTEN_ADDRESS_H_
