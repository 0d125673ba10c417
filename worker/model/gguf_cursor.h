// GgufCursor: walks the bytes of a GGUF header, fetching them from the file as they are needed.
#ifndef BATON_WORKER_MODEL_GGUF_CURSOR_H_
#define BATON_WORKER_MODEL_GGUF_CURSOR_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/check.h"
#include "common/status_macros.h"
#include "worker/model/file_reader.h"

namespace baton {

// A forward cursor over little-endian data. Every step is checked against the file's size first,
// and memory grows only with bytes that the file really has, so no number read from the file can
// make it allocate. Not thread-safe.
class GgufCursor {
 public:
  // A header is held in memory whole; one that would be larger than this is refused.
  static constexpr uint64_t kMaxHeaderBytes = uint64_t{256} << 20;

  // Reads from `file`, which must outlive the cursor.
  explicit GgufCursor(const FileReader* file)
      : name_(file->path()), file_(file), file_size_(file->size()) {}
  // Reads from `bytes`, the beginning of a file of `file_size` bytes called `name`.
  GgufCursor(std::string bytes, uint64_t file_size, std::string name)
      : name_(std::move(name)), file_size_(file_size), bytes_(std::move(bytes)) {}

  // What is being parsed ("key 'general.name'"); errors name it.
  void set_context(std::string context) { context_ = std::move(context); }

  // Reads one number, `what` it is.
  template <typename T>
  absl::Status Read(absl::string_view what, T* value) {
    static_assert(std::is_arithmetic<T>::value, "a number");
    RETURN_IF_ERROR(Need(sizeof(T), what));
    std::memcpy(value, bytes_.data() + position_, sizeof(T));
    position_ += sizeof(T);
    return absl::OkStatus();
  }

  // Reads a string (uint64 length, then that many bytes) of at most `max_length` bytes.
  absl::StatusOr<std::string> ReadString(absl::string_view what, uint64_t max_length);

  // Steps over `n` bytes or over a string.
  absl::Status Skip(absl::string_view what, uint64_t n);
  absl::Status SkipString(absl::string_view what);

  // InvalidArgument: "<file>: <context>: <message>".
  absl::Status Error(absl::string_view message) const;

  // Copies a number again that was read or skipped before: `offset` must be at least sizeof(T)
  // before the cursor.
  template <typename T>
  void CopyParsed(uint64_t offset, T* value) const {
    BATON_CHECK(offset <= position_ && sizeof(T) <= position_ - offset);
    std::memcpy(value, bytes_.data() + offset, sizeof(T));
  }

  const std::string& name() const { return name_; }
  uint64_t position() const { return position_; }
  uint64_t file_size() const { return file_size_; }
  uint64_t remaining() const { return file_size_ - position_; }

  // The bytes from the beginning of the file to the cursor, which ends here.
  std::string TakeBytes() &&;

 private:
  // Makes `n` bytes at the cursor available.
  absl::Status Need(uint64_t n, absl::string_view what);

  const std::string name_;
  const FileReader* const file_ = nullptr;
  const uint64_t file_size_;
  std::string context_ = "header";
  std::string bytes_;  // from offset 0
  uint64_t position_ = 0;
};

// `text` fit for one line of an error message: escaped, and cut when long.
std::string QuoteForError(absl::string_view text);

}  // namespace baton

#endif  // BATON_WORKER_MODEL_GGUF_CURSOR_H_
