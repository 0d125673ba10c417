#include "tests/load/backend/sse_parser.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace baton {
namespace {

constexpr absl::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

void SseParser::Append(absl::string_view bytes) {
  buffer_.erase(0, line_);
  scanned_ -= line_;
  line_ = 0;
  buffer_.append(bytes.data(), bytes.size());
}

absl::StatusOr<absl::optional<SseEvent>> SseParser::Next() {
  if (data_taken_) {
    data_taken_ = has_data_ = false;
    type_.clear();
    data_.clear();
  }
  while (status_.ok()) {
    const absl::optional<absl::string_view> line = NextLine();
    if (!line) break;
    if (!line->empty()) {
      status_ = TakeField(*line);
    } else if (has_data_) {
      data_taken_ = true;
      return absl::optional<SseEvent>(SseEvent{type_, data_});
    } else {
      type_.clear();
    }
  }
  if (!status_.ok()) return status_;
  return absl::optional<SseEvent>();
}

// Unset when no line ends in what was appended so far, or when it is too long.
absl::optional<absl::string_view> SseParser::NextLine() {
  if (after_cr_ && line_ < buffer_.size()) {
    if (buffer_[line_] == '\n') scanned_ = ++line_;
    after_cr_ = false;
  }
  const size_t end = buffer_.find_first_of("\r\n", scanned_);
  scanned_ = end == std::string::npos ? buffer_.size() : end + 1;
  const size_t size = (end == std::string::npos ? buffer_.size() : end) - line_;
  if (size > max_event_bytes_) {
    status_ = TooLong("a line");
    return absl::nullopt;
  }
  if (end == std::string::npos) return absl::nullopt;
  absl::string_view line(buffer_.data() + line_, size);
  line_ = end + 1;
  after_cr_ = buffer_[end] == '\r';
  if (first_line_) absl::ConsumePrefix(&line, kByteOrderMark);
  first_line_ = false;
  return line;
}

absl::Status SseParser::TakeField(absl::string_view line) {
  const size_t colon = line.find(':');  // a comment's field has no name
  const absl::string_view name = line.substr(0, colon);
  absl::string_view value = colon == absl::string_view::npos ? "" : line.substr(colon + 1);
  absl::ConsumePrefix(&value, " ");
  if (name == "event") {
    type_.assign(value.data(), value.size());
  } else if (name == "data") {
    if (data_.size() + has_data_ + value.size() > max_event_bytes_) return TooLong("an event");
    if (has_data_) data_.push_back('\n');
    data_.append(value.data(), value.size());
    has_data_ = true;
  }
  return absl::OkStatus();
}

absl::Status SseParser::TooLong(absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(what, " of the event stream is longer than ", max_event_bytes_, " bytes"));
}

}  // namespace baton
