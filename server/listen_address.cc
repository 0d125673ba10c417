#include "server/listen_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"

namespace baton {
namespace {

// A socket that closes itself.
class Socket {
 public:
  explicit Socket(int family) : fd_(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

absl::Status Refusal(absl::string_view flag, absl::string_view address, int error) {
  const std::string message = absl::StrCat(flag, " ", address, ": ", strerror(error));
  if (error == EADDRINUSE) return absl::AlreadyExistsError(message);
  return absl::FailedPreconditionError(message);
}

absl::Status ProbeUnix(absl::string_view flag, absl::string_view address, const std::string& path) {
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  if (path.size() >= sizeof(name.sun_path)) return Refusal(flag, address, ENAMETOOLONG);
  path.copy(name.sun_path, path.size());
  struct stat info;
  if (lstat(path.c_str(), &info) != 0) {
    const std::string folder = path.substr(0, path.rfind('/') + 1);
    if (access(folder.c_str(), W_OK) != 0) return Refusal(flag, address, errno);
    return absl::OkStatus();
  }
  if (!S_ISSOCK(info.st_mode)) return Refusal(flag, address, EEXIST);
  const Socket probe(AF_UNIX);
  if (connect(probe.fd(), reinterpret_cast<sockaddr*>(&name), sizeof(name)) == 0) {
    return Refusal(flag, address, EADDRINUSE);  // gRPC would take it away from its owner
  }
  return absl::OkStatus();
}

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

absl::StatusOr<AddressList> Resolve(absl::string_view flag, absl::string_view address,
                                    const std::string& host, int port) {
  addrinfo hints = {};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(flag, " ", address, ": host \"", host, "\" not found: ", gai_strerror(error)));
  }
  return AddressList(found, &freeaddrinfo);
}

// Binds as gRPC will: SO_REUSEADDR, so that connections of a former server do not matter, but not
// SO_REUSEPORT, which would let two servers share a port without knowing.
absl::Status Bind(absl::string_view flag, absl::string_view address, const addrinfo& where,
                  const Socket& socket) {
  const int on = 1;
  if (socket.fd() < 0) return Refusal(flag, address, errno);
  setsockopt(socket.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(socket.fd(), where.ai_addr, where.ai_addrlen) != 0) return Refusal(flag, address, errno);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view flag,
                                                 absl::string_view address) {
  const auto invalid = [&](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat(
        flag, " \"", address, "\" ", what, "; expected HOST:PORT, [IPV6]:PORT or unix:/PATH"));
  };
  ListenAddress result;
  absl::string_view rest = address;
  if (absl::ConsumePrefix(&rest, "unix:")) {
    if (!absl::StartsWith(rest, "/")) return invalid("has no absolute path");
    result.unix_path = std::string(rest);
    return result;
  }
  const size_t colon = rest.rfind(':');
  if (colon == absl::string_view::npos) return invalid("has no port");
  if (!absl::SimpleAtoi(rest.substr(colon + 1), &result.port) || result.port < 0 ||
      result.port > 65535) {
    return invalid("has a port that is not a number from 0 to 65535");
  }
  absl::string_view host = rest.substr(0, colon);
  if (absl::ConsumePrefix(&host, "[")) {
    if (!absl::ConsumeSuffix(&host, "]")) return invalid("lacks a closing bracket");
  } else if (absl::StrContains(host, ':')) {
    return invalid("has an IPv6 address without brackets");
  }
  if (host.empty()) return invalid("has no host");
  result.host = std::string(host);
  return result;
}

absl::Status ProbeListenAddress(absl::string_view flag, absl::string_view address) {
  ASSIGN_OR_RETURN(const ListenAddress parsed, ParseListenAddress(flag, address));
  if (!parsed.unix_path.empty()) return ProbeUnix(flag, address, parsed.unix_path);
  ASSIGN_OR_RETURN(const AddressList found, Resolve(flag, address, parsed.host, parsed.port));
  absl::Status status;
  bool usable = false;  // a name may have addresses of a family that this machine lacks: one good
                        // address will do
  for (const addrinfo* where = found.get(); where != nullptr; where = where->ai_next) {
    const Socket socket(where->ai_family);
    const absl::Status bound = Bind(flag, address, *where, socket);
    if (absl::IsAlreadyExists(bound)) return bound;
    usable = usable || bound.ok();
    status.Update(bound);
  }
  return usable ? absl::OkStatus() : status;
}

absl::StatusOr<int> FindFreePort(absl::string_view flag, const std::string& host) {
  const std::string address = absl::StrCat(host, ":0");
  ASSIGN_OR_RETURN(const AddressList found, Resolve(flag, address, host, 0));
  const Socket socket(found->ai_family);
  RETURN_IF_ERROR(Bind(flag, address, *found, socket));
  sockaddr_storage bound = {};
  socklen_t size = sizeof(bound);
  getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&bound), &size);
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port
                                           : reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
}

std::string LocalTarget(const ListenAddress& address) {
  if (!address.unix_path.empty()) return absl::StrCat("unix:", address.unix_path);
  if (address.host == "0.0.0.0") return absl::StrCat("127.0.0.1:", address.port);
  if (address.host == "::") return absl::StrCat("[::1]:", address.port);
  if (absl::StrContains(address.host, ':')) {
    return absl::StrCat("[", address.host, "]:", address.port);
  }
  return absl::StrCat(address.host, ":", address.port);
}

}  // namespace baton
