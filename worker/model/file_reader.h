// FileReader: checked positional reads of one regular file.
#ifndef BATON_WORKER_MODEL_FILE_READER_H_
#define BATON_WORKER_MODEL_FILE_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace baton {

// Owns a file descriptor open for reading. All methods are const and thread-safe: reads are
// positional (pread) and share no cursor.
class FileReader {
 public:
  // Opens `path`. NotFound or PermissionDenied as the system says; InvalidArgument when it is not a
  // regular file.
  static absl::StatusOr<std::unique_ptr<FileReader>> Open(const std::string& path);
  ~FileReader();

  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;

  // Reads exactly `n` bytes at `offset` into `dst`, which the caller owns. OutOfRange, before
  // anything is read, when the range is not inside the file as it was when opened; DataLoss when
  // the file has become shorter since; the system's error otherwise. `dst` may be partly written on
  // failure.
  absl::Status ReadAt(uint64_t offset, void* dst, size_t n) const;

  // The file's size in bytes when it was opened.
  uint64_t size() const { return size_; }
  const std::string& path() const { return path_; }

 private:
  FileReader(std::string path, int fd, uint64_t size)
      : path_(std::move(path)), fd_(fd), size_(size) {}

  const std::string path_;
  const int fd_;
  const uint64_t size_;
};

}  // namespace baton

#endif  // BATON_WORKER_MODEL_FILE_READER_H_
