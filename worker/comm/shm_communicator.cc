#include "worker/comm/shm_communicator.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/futex.h"
#include "common/status_macros.h"
#include "worker/comm/segment.h"
#include "worker/comm/segment_communicator.h"

namespace baton {
namespace {

constexpr absl::Duration kPoll = absl::Milliseconds(20);
// What a peer that has connected gets to say who it is, before the next one is heard.
constexpr absl::Duration kHelloLimit = absl::Seconds(1);
constexpr char kNamePrefix[] = "baton/";
constexpr size_t kMaxRendezvousBytes = 90;
static_assert(sizeof(kNamePrefix) - 1 + kMaxRendezvousBytes < sizeof(sockaddr_un::sun_path),
              "an address is a zero, the prefix and the rendezvous");

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd = -1) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

struct Mapping {
  ~Mapping() { munmap(data, bytes); }
  void* data;
  size_t bytes;
};

absl::Status Errno(absl::string_view what) {
  return absl::UnavailableError(absl::StrCat("shared memory: ", what, ": ", std::strerror(errno)));
}

// Errors of a call that is to be made again.
bool IsPassing(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR || error == ECONNABORTED;
}

// A message of one byte with room for one file descriptor beside it. Stays where it is made.
class FdMessage {
 public:
  FdMessage() {
    message_.msg_iov = &iov_;
    message_.msg_iovlen = 1;
    message_.msg_control = control_;
    message_.msg_controllen = sizeof(control_);
  }
  FdMessage(const FdMessage&) = delete;
  FdMessage& operator=(const FdMessage&) = delete;

  void Put(int fd) {
    cmsghdr* header = CMSG_FIRSTHDR(&message_);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &fd, sizeof(int));
  }
  // -1 when none came.
  FileDescriptor Take() {
    int fd = -1;
    cmsghdr* header = CMSG_FIRSTHDR(&message_);
    if (header != nullptr && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
      std::memcpy(&fd, CMSG_DATA(header), sizeof(int));
    }
    return FileDescriptor(fd);
  }
  msghdr* get() { return &message_; }

 private:
  char byte_ = 0;
  iovec iov_ = {&byte_, 1};
  alignas(cmsghdr) char control_[CMSG_SPACE(sizeof(int))] = {};
  msghdr message_ = {};
};

// One connection in progress: deadline and cancellation in one place.
class Rendezvous {
 public:
  explicit Rendezvous(const ShmOptions& options)
      : options_(options),
        deadline_(absl::Now() + options.connect_timeout),
        size_(options.incarnations.size()) {}

  absl::StatusOr<FileDescriptor> MemoryFromRankZero() {
    while (true) {
      FileDescriptor socket_fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      if (socket_fd.get() < 0) return Errno("socket");
      sockaddr_un address;
      const socklen_t length = Address(&address);
      if (connect(socket_fd.get(), reinterpret_cast<sockaddr*>(&address), length) == 0) {
        RETURN_IF_ERROR(CheckPeer(socket_fd.get()));
        const uint64_t hello[2] = {static_cast<uint64_t>(options_.rank),
                                   options_.incarnations[options_.rank]};
        if (send(socket_fd.get(), hello, sizeof(hello), MSG_NOSIGNAL) == sizeof(hello)) {
          absl::StatusOr<FileDescriptor> memory = ReceiveFd(socket_fd.get());
          if (memory.ok() || !absl::IsUnavailable(memory.status())) return memory;
        }
      }
      RETURN_IF_ERROR(Nap("rank 0"));
    }
  }

  // Rank 0: makes the memory and hands it to every peer.
  absl::StatusOr<FileDescriptor> OfferMemory() {
    FileDescriptor memory(memfd_create("baton", MFD_CLOEXEC));
    if (memory.get() < 0) return Errno("memfd_create");
    if (ftruncate(memory.get(), Segment::Bytes(size_, options_.num_buffers)) != 0)
      return Errno("ftruncate");
    FileDescriptor listener(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (listener.get() < 0) return Errno("socket");
    sockaddr_un address;
    const socklen_t length = Address(&address);
    if (bind(listener.get(), reinterpret_cast<sockaddr*>(&address), length) != 0)
      return Errno("bind");
    if (listen(listener.get(), size_) != 0) return Errno("listen");
    std::vector<bool> served(size_, false);
    served[0] = true;
    while (std::count(served.begin(), served.end(), false) > 0) {
      std::string missing;
      for (int r = 0; r < size_; ++r) {
        if (!served[r]) absl::StrAppend(&missing, missing.empty() ? "rank " : ", ", r);
      }
      FileDescriptor peer(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (peer.get() < 0) {
        if (!IsPassing(errno)) return Errno("accept");
        RETURN_IF_ERROR(Nap(missing));
        continue;
      }
      if (!CheckPeer(peer.get()).ok()) continue;
      ASSIGN_OR_RETURN(const bool spoke,
                       WaitReadable(peer.get(), missing, absl::Now() + kHelloLimit));
      uint64_t hello[2];
      if (!spoke || recv(peer.get(), hello, sizeof(hello), 0) != sizeof(hello)) continue;
      const uint64_t rank = hello[0];
      if (rank >= static_cast<uint64_t>(size_) || hello[1] != options_.incarnations[rank]) continue;
      if (SendFd(peer.get(), memory.get())) served[rank] = true;
    }
    return memory;
  }

  absl::StatusOr<std::unique_ptr<Communicator>> Prove(const FileDescriptor& memory) {
    const size_t bytes = Segment::Bytes(size_, options_.num_buffers);
    void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
    if (data == MAP_FAILED) return Errno("mmap");
    auto mapping = std::make_shared<Mapping>();
    mapping->data = data;
    mapping->bytes = bytes;
    Segment segment(static_cast<uint8_t*>(data), size_, options_.num_buffers);
    segment.lane(options_.rank).incarnation.store(options_.incarnations[options_.rank]);
    for (int r = 0; r < size_; ++r) {
      while (segment.lane(r).incarnation.load() != options_.incarnations[r]) {
        RETURN_IF_ERROR(Nap(absl::StrCat("rank ", r)));
      }
    }
    return std::make_unique<SegmentCommunicator>(std::move(mapping), segment, options_.rank,
                                                 options_.operation_timeout);
  }

 private:
  socklen_t Address(sockaddr_un* address) const {
    std::memset(address, 0, sizeof(*address));
    address->sun_family = AF_UNIX;  // sun_path[0] == 0: abstract
    const std::string name = absl::StrCat(kNamePrefix, options_.rendezvous);
    std::memcpy(address->sun_path + 1, name.data(), name.size());
    return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  }

  // Only processes of our own user may share our memory.
  static absl::Status CheckPeer(int fd) {
    ucred peer;
    socklen_t length = sizeof(peer);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return Errno("SO_PEERCRED");
    if (peer.uid != geteuid())
      return absl::PermissionDeniedError("shared memory: the peer is another user's process");
    return absl::OkStatus();
  }

  // Not OK when connecting was cancelled or has taken too long.
  absl::Status MayGoOn(absl::string_view waiting_for) const {
    if (options_.cancelled != nullptr && options_.cancelled->load()) {
      return absl::CancelledError("connecting was cancelled");
    }
    if (absl::Now() > deadline_) {
      return absl::DeadlineExceededError(
          absl::StrFormat("shared memory: %s did not come within %s", waiting_for,
                          absl::FormatDuration(options_.connect_timeout)));
    }
    return absl::OkStatus();
  }

  absl::Status Nap(absl::string_view waiting_for) const {
    RETURN_IF_ERROR(MayGoOn(waiting_for));
    absl::SleepFor(absl::Milliseconds(1));
    return absl::OkStatus();
  }

  // Waits until a read of the socket does not block: true; false when that is not so by `limit`.
  absl::StatusOr<bool> WaitReadable(int socket_fd, absl::string_view waiting_for,
                                    absl::Time limit = absl::InfiniteFuture()) const {
    while (absl::Now() < limit) {
      RETURN_IF_ERROR(MayGoOn(waiting_for));
      pollfd poll_fd = {socket_fd, POLLIN, 0};
      const int ready = poll(&poll_fd, 1, static_cast<int>(absl::ToInt64Milliseconds(kPoll)));
      if (ready > 0) return true;
      if (ready < 0 && !IsPassing(errno)) return Errno("poll");
    }
    return false;
  }

  static bool SendFd(int socket_fd, int fd) {
    FdMessage message;
    message.Put(fd);
    return sendmsg(socket_fd, message.get(), MSG_NOSIGNAL) == 1;
  }

  absl::StatusOr<FileDescriptor> ReceiveFd(int socket_fd) const {
    FdMessage message;
    ssize_t received;
    do {
      RETURN_IF_ERROR(WaitReadable(socket_fd, "rank 0").status());
      received = recvmsg(socket_fd, message.get(), MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    } while (received < 0 && IsPassing(errno));
    if (received < 0) return Errno("recvmsg");
    FileDescriptor memory = message.Take();
    if (memory.get() < 0) return absl::UnavailableError("shared memory: rank 0 passed none");
    struct stat info;
    if (fstat(memory.get(), &info) != 0 ||
        info.st_size < Segment::Bytes(size_, options_.num_buffers)) {
      return absl::FailedPreconditionError("shared memory: the segment is smaller than it must be");
    }
    return memory;
  }

  const ShmOptions& options_;
  const absl::Time deadline_;
  const int size_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Communicator>> ConnectShm(const ShmOptions& options) {
  if (options.rendezvous.size() > kMaxRendezvousBytes) {
    return absl::InvalidArgumentError(absl::StrFormat("the rendezvous has %d bytes; at most %d fit",
                                                      options.rendezvous.size(),
                                                      kMaxRendezvousBytes));
  }
  Rendezvous rendezvous(options);
  ASSIGN_OR_RETURN(const FileDescriptor memory,
                   options.rank == 0 ? rendezvous.OfferMemory() : rendezvous.MemoryFromRankZero());
  return rendezvous.Prove(memory);
}

std::string SharedMemoryDomain() {
  std::string boot_id;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> boot_id;
  char link[128] = {};
  const ssize_t n = readlink("/proc/self/ns/net", link, sizeof(link) - 1);
  return absl::StrCat(boot_id, "/", std::string(link, std::max<ssize_t>(n, 0)));
}

}  // namespace baton
