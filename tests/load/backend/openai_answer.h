// What one streamed answer of an OpenAI server comes to: bytes and times in, a RequestRecord's
// contents out. Pure.
#ifndef BATON_TESTS_LOAD_BACKEND_OPENAI_ANSWER_H_
#define BATON_TESTS_LOAD_BACKEND_OPENAI_ANSWER_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "tests/load/backend/openai_events.h"
#include "tests/load/backend/sse_parser.h"
#include "tests/load/request/stream_recorder.h"

namespace baton {

// How the HTTP exchange ended.
struct OpenAiTransport {
  int status = 0;     // HTTP's; 0: no answer
  std::string error;  // what broke the connection, or ""
  std::string content_type;
  absl::optional<absl::Duration> retry_after;
};

class OpenAiAnswer {
 public:
  // `recorder` must outlive it; Sent was called. `max_event_bytes`: see SseParser.
  OpenAiAnswer(OpenAiEndpoint endpoint, size_t max_event_bytes, StreamRecorder* recorder)
      : endpoint_(endpoint), recorder_(recorder), parser_(max_event_bytes) {}

  // The next bytes of the body of an answer of HTTP `status`.
  void Body(int status, absl::string_view bytes);
  // The body ended as HTTP says it should.
  void BodyEnded() { parser_.Finish(); }

  enum class Step {
    kNeedsBytes,  // nothing is left to read
    kEvent,       // one event was read
    kStop,        // nothing more is to be read: the client cancels, or there is an error
  };
  // Reads one event of what Body was given, at `now`.
  Step Next(absl::Time now);

  // The client has cancelled before anything was read.
  void Cancel() { cancelled_ = recorder_->WantsCancel(); }

  // The exchange is over, and Next has read all of it. An answer is a success when it is of HTTP
  // 200, had output, and its end came: [DONE], or a finish reason before the end of the body.
  // Tells the recorder what the server told of the whole request, so it is to be called once.
  StreamEnd End(const OpenAiTransport& transport);

 private:
  Step Take(absl::Time now, OpenAiEvent event);
  void CountClosing();
  void TellUsage();
  void TellTimings(const LlamaTimings& timings);
  StreamEnd HttpError(const OpenAiTransport& transport) const;
  StreamEnd StreamError() const;
  StreamEnd Incomplete(const OpenAiTransport& transport) const;

  const OpenAiEndpoint endpoint_;
  StreamRecorder* const recorder_;
  SseParser parser_;
  std::string error_body_;             // of an answer that is not 200
  uint64_t outputs_ = 0;               // events that had some
  bool finished_ = false;              // there was a finish reason
  absl::optional<absl::Time> closed_;  // when an event came that only closed the answer
  bool done_ = false, cancelled_ = false;
  OpenAiUsage usage_;
  absl::optional<LlamaTimings> timings_;
  absl::optional<OpenAiError> error_;  // that the stream told
  absl::Status malformed_;             // what was no event
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_OPENAI_ANSWER_H_
