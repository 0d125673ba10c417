#include "worker/model/file_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "absl/strings/str_cat.h"

namespace baton {
namespace {

// Linux transfers at most 0x7ffff000 bytes in one call.
constexpr size_t kMaxOneRead = size_t{1} << 30;

}  // namespace

absl::StatusOr<std::unique_ptr<FileReader>> FileReader::Open(const std::string& path) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer; it has no effect on a regular file.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot open"));
  struct stat info;
  if (fstat(fd, &info) != 0) {
    const int error = errno;
    close(fd);
    return absl::ErrnoToStatus(error, absl::StrCat(path, ": cannot stat"));
  }
  if (!S_ISREG(info.st_mode)) {
    close(fd);
    return absl::InvalidArgumentError(absl::StrCat(path, ": not a regular file"));
  }
  return std::unique_ptr<FileReader>(new FileReader(path, fd, static_cast<uint64_t>(info.st_size)));
}

FileReader::~FileReader() { close(fd_); }

absl::Status FileReader::ReadAt(uint64_t offset, void* dst, size_t n) const {
  if (offset > size_ || n > size_ - offset) {
    return absl::OutOfRangeError(absl::StrCat(path_, ": read of ", n, " bytes at offset ", offset,
                                              ", but the file has ", size_, " bytes"));
  }
  char* out = static_cast<char*>(dst);
  while (n > 0) {
    const ssize_t got = pread(fd_, out, std::min(n, kMaxOneRead), static_cast<off_t>(offset));
    if (got < 0) {
      if (errno == EINTR) continue;
      return absl::ErrnoToStatus(
          errno, absl::StrCat(path_, ": read of ", n, " bytes at offset ", offset, " failed"));
    }
    if (got == 0) {
      return absl::DataLossError(absl::StrCat(path_, ": ends at offset ", offset, ", but had ",
                                              size_, " bytes when it was opened"));
    }
    out += got;
    offset += static_cast<uint64_t>(got);
    n -= static_cast<size_t>(got);
  }
  return absl::OkStatus();
}

}  // namespace baton
