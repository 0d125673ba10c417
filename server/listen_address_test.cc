#include "server/listen_address.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

// Listens on a free port of 127.0.0.1 until it is deleted.
class Listener {
 public:
  Listener() : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(fd_, 1), 0);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~Listener() { close(fd_); }
  int port() const { return port_; }

 private:
  int fd_, port_;
};

TEST(ParseListenAddress, Forms) {
  const auto v4 = ParseListenAddress("--listen", "0.0.0.0:50051");
  ASSERT_TRUE(v4.ok());
  EXPECT_EQ(v4->host, "0.0.0.0");
  EXPECT_EQ(v4->port, 50051);
  const auto v6 = ParseListenAddress("--listen", "[::1]:0");
  ASSERT_TRUE(v6.ok());
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->port, 0);
  const auto unix = ParseListenAddress("--listen", "unix:/run/baton.sock");
  ASSERT_TRUE(unix.ok());
  EXPECT_EQ(unix->unix_path, "/run/baton.sock");
}

TEST(ParseListenAddress, ErrorsNameFlagAndAddress) {
  for (const char* bad : {"", "localhost", "localhost:", "localhost:http", "localhost:65536",
                          "localhost:-1", ":1", "::1:80", "[::1:80", "unix:", "unix:relative"}) {
    const absl::Status status = ParseListenAddress("--listen", bad).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_EQ(status.message().find(absl::StrCat("--listen \"", bad, "\" ")), 0u) << status;
  }
}

TEST(ProbeListenAddress, FreeAndTaken) {
  EXPECT_TRUE(ProbeListenAddress("--listen", "127.0.0.1:0").ok());
  const Listener listener;
  const std::string address = absl::StrCat("127.0.0.1:", listener.port());
  const absl::Status status = ProbeListenAddress("--listen", address);
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(status.message(), absl::StrCat("--listen ", address, ": Address already in use"));
}

TEST(ProbeListenAddress, AddressOfAnotherMachine) {
  const absl::Status status = ProbeListenAddress("--listen", "192.0.2.1:50051");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), "--listen 192.0.2.1:50051: Cannot assign requested address");
}

TEST(ProbeListenAddress, UnixSockets) {
  // Not in the test's own folder: a socket's path is limited to 107 bytes.
  const std::string path = absl::StrCat("/tmp/baton_probe_", getpid(), ".sock");
  const std::string address = absl::StrCat("unix:", path);
  EXPECT_TRUE(ProbeListenAddress("--listen", address).ok());

  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  path.copy(name.sun_path, sizeof(name.sun_path) - 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
  ASSERT_EQ(listen(fd, 1), 0);
  EXPECT_TRUE(absl::IsAlreadyExists(ProbeListenAddress("--listen", address)));
  close(fd);
  EXPECT_TRUE(ProbeListenAddress("--listen", address).ok()) << "stale sockets are fine";
  unlink(path.c_str());

  std::ofstream(path) << "a file";
  EXPECT_EQ(ProbeListenAddress("--listen", address).message(),
            absl::StrCat("--listen ", address, ": File exists"));
  unlink(path.c_str());
  EXPECT_FALSE(ProbeListenAddress("--listen", "unix:/no/such/folder/socket").ok());
}

TEST(FindFreePort, IsFree) {
  const auto port = FindFreePort("--listen", "127.0.0.1");
  ASSERT_TRUE(port.ok());
  EXPECT_TRUE(ProbeListenAddress("--listen", absl::StrCat("127.0.0.1:", *port)).ok());
}

TEST(LocalTarget, WildcardsBecomeLoopback) {
  const auto target = [](const char* address) {
    return LocalTarget(*ParseListenAddress("--listen", address));
  };
  EXPECT_EQ(target("0.0.0.0:1"), "127.0.0.1:1");
  EXPECT_EQ(target("[::]:1"), "[::1]:1");
  EXPECT_EQ(target("[fe80::1]:1"), "[fe80::1]:1");
  EXPECT_EQ(target("host:1"), "host:1");
  EXPECT_EQ(target("unix:/a"), "unix:/a");
}

}  // namespace
}  // namespace baton
