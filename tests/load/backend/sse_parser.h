// Server-sent events out of the bytes of an HTTP body, however the network split them. The format
// is "9.2.6 Interpreting an event stream" of https://html.spec.whatwg.org: lines end in CR, LF or
// CRLF, a blank line ends an event, a line that begins with ':' is a comment, and an event without
// a `data` field is none. `id` and `retry` are for browsers that reconnect, and are not kept.
#ifndef BATON_TESTS_LOAD_BACKEND_SSE_PARSER_H_
#define BATON_TESTS_LOAD_BACKEND_SSE_PARSER_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace baton {

struct SseEvent {
  absl::string_view type;  // of the `event` field; "" is the standard's "message"
  absl::string_view data;  // the `data` fields, joined by "\n"
};

// Pure. The events, and the error, are the same in whatever pieces the bytes are given.
class SseParser {
 public:
  // No line and no event's data may have more bytes than `max_event_bytes`.
  explicit SseParser(size_t max_event_bytes) : max_event_bytes_(max_event_bytes) {}

  // Takes the next bytes of the body; nothing is read of them before Next.
  void Append(absl::string_view bytes);
  // The body has ended: an event that no blank line ends is one too, where the standard drops it.
  void Finish() { Append("\n\n"); }

  // The next event, valid until the next call of any method; unset when more bytes are needed.
  // INVALID_ARGUMENT, from then on, when the limit is passed.
  absl::StatusOr<absl::optional<SseEvent>> Next();

 private:
  absl::optional<absl::string_view> NextLine();
  absl::Status TakeField(absl::string_view line);
  absl::Status TooLong(absl::string_view what);

  const size_t max_event_bytes_;
  std::string buffer_;
  size_t line_ = 0;          // where the line that is being read begins in buffer_
  size_t scanned_ = 0;       // no line ends before this
  bool after_cr_ = false;    // an LF now belongs to the line end before
  bool first_line_ = true;   // a byte order mark may stand before it
  bool has_data_ = false;    // since the last blank line
  bool data_taken_ = false;  // the event in type_ and data_ was given out
  std::string type_, data_;
  absl::Status status_;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_SSE_PARSER_H_
