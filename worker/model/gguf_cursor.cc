#include "worker/model/gguf_cursor.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace baton {
namespace {

constexpr uint64_t kReadAheadBytes = uint64_t{1} << 20;
constexpr size_t kMaxQuotedBytes = 80;

}  // namespace

absl::StatusOr<std::string> GgufCursor::ReadString(absl::string_view what, uint64_t max_length) {
  uint64_t length = 0;
  RETURN_IF_ERROR(Read(what, &length));
  if (length > max_length) {
    return Error(
        absl::StrCat(what, " is ", length, " bytes long, at most ", max_length, " are allowed"));
  }
  RETURN_IF_ERROR(Need(length, what));
  std::string text = bytes_.substr(position_, length);
  position_ += length;
  return text;
}

absl::Status GgufCursor::Skip(absl::string_view what, uint64_t n) {
  RETURN_IF_ERROR(Need(n, what));
  position_ += n;
  return absl::OkStatus();
}

absl::Status GgufCursor::SkipString(absl::string_view what) {
  uint64_t length = 0;
  RETURN_IF_ERROR(Read(what, &length));
  return Skip(what, length);
}

absl::Status GgufCursor::Error(absl::string_view message) const {
  return absl::InvalidArgumentError(absl::StrCat(name_, ": ", context_, ": ", message));
}

std::string GgufCursor::TakeBytes() && {
  bytes_.resize(position_);
  bytes_.shrink_to_fit();
  return std::move(bytes_);
}

absl::Status GgufCursor::Need(uint64_t n, absl::string_view what) {
  if (n > remaining()) {
    return Error(absl::StrCat("truncated: ", what, " needs ", n, " bytes at offset ", position_,
                              ", but the file ends at ", file_size_));
  }
  const uint64_t end = position_ + n;
  if (end <= bytes_.size()) return absl::OkStatus();
  if (end > kMaxHeaderBytes) {
    return Error(absl::StrCat("the header would be larger than ", kMaxHeaderBytes, " bytes: ", what,
                              " ends at offset ", end));
  }
  if (file_ == nullptr) {
    return Error(absl::StrCat("truncated: ", what, " ends at offset ", end, ", but only ",
                              bytes_.size(), " bytes of the header were given"));
  }
  const uint64_t have = bytes_.size();
  const uint64_t want = std::min(file_size_, std::max(end, have + kReadAheadBytes));
  bytes_.resize(want);
  return file_->ReadAt(have, &bytes_[have], want - have);
}

std::string QuoteForError(absl::string_view text) {
  const bool cut = text.size() > kMaxQuotedBytes;
  return absl::StrCat("'", absl::CHexEscape(text.substr(0, kMaxQuotedBytes)), cut ? "..." : "",
                      "'");
}

}  // namespace baton
