// Turns what a back end sees of one stream into a RequestRecord, and tells it what the client that
// is played does next. A back end calls it from one thread at a time.
#ifndef BATON_TESTS_LOAD_REQUEST_STREAM_RECORDER_H_
#define BATON_TESTS_LOAD_REQUEST_STREAM_RECORDER_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "absl/types/span.h"
#include "tests/load/request/fnv1a.h"
#include "tests/load/request/load_request.h"
#include "tests/load/request/request_record.h"

namespace baton {

// How a stream ended, in terms that all back ends share.
struct StreamEnd {
  std::string code = "OK";  // see RequestRecord
  std::string reason, message;
  bool refused = false;          // turned away before it was queued
  bool deadline_passed = false;  // an error that says so
  absl::optional<absl::Duration> retry_after;
};

class StreamRecorder {
 public:
  // `keep_text`: the record holds the whole text.
  StreamRecorder(const LoadRequest& request, absl::optional<absl::Time> scheduled, bool keep_text);

  // The request is sent now. To be called first; the record's times count from here.
  void Sent(absl::Time now);
  void Accepted(absl::Time now);

  // Some output was read at `now`, that holds so many tokens; `ids` may be empty even so. Without
  // tokens its text, held back before, counts for the answer, but it is no chunk.
  void Output(absl::Time now, uint32_t tokens, absl::Span<const uint32_t> ids,
              absl::string_view text);

  // The same for output of which nobody knows how many tokens it holds: it counts as one, even if
  // it has no text, until the server's usage is known.
  void OutputEvent(absl::Time now, absl::string_view text);

  // What the server says of the request, where it does.
  void PromptTokens(uint32_t tokens);
  void OutputTokens(uint32_t tokens);
  void CachedTokens(uint32_t tokens) { record_.cached_tokens = tokens; }
  void Finish(absl::string_view reason);  // in any case of letters
  void Times(const ServerTimes& times) { record_.server = times; }
  void Group(absl::string_view group) { record_.group = std::string(group); }
  void NumericsClass(absl::string_view name) { record_.numerics_class = std::string(name); }

  // Whether the client cancels now: before any output, or after what has come. True from then on.
  bool WantsCancel();
  // How long the client waits before it reads on.
  absl::Duration ReadPause() const { return behaviour_.read_pause; }

  // The stream has ended; the recorder is done with.
  RequestRecord End(absl::Time now, const StreamEnd& end);

 private:
  void AddText(absl::string_view text);
  void AddChunk(absl::Time now, uint32_t tokens);
  void ShareOut();

  const ClientBehaviour behaviour_;
  const bool keep_text_;
  RequestRecord record_;
  Fnv1a digest_;
  uint32_t counted_ = 0;
  absl::optional<uint32_t> reported_;
  bool cancelled_ = false;
  bool has_ids_ = false;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REQUEST_STREAM_RECORDER_H_
