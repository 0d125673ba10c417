// One request to an OpenAI server that is under way, with the client that is played: it cancels,
// reads slowly, and has a deadline.
#ifndef BATON_TESTS_LOAD_BACKEND_OPENAI_CALL_H_
#define BATON_TESTS_LOAD_BACKEND_OPENAI_CALL_H_

#include <cstddef>
#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "tests/load/backend/http_client.h"
#include "tests/load/backend/io_loop.h"
#include "tests/load/backend/openai_answer.h"
#include "tests/load/backend/openai_events.h"
#include "tests/load/request/load_request.h"
#include "tests/load/request/request_record.h"
#include "tests/load/request/stream_recorder.h"

namespace baton {

struct OpenAiCallOptions {
  OpenAiEndpoint endpoint = OpenAiEndpoint::kCompletions;
  size_t max_event_bytes = 0;
  bool keep_text = false;
};

// The constructor may run on any thread, the rest on the loop's.
class OpenAiCall : private HttpReceiver {
 public:
  // Called once, last, never from within Begin. The call may be deleted in it.
  using Ended = std::function<void(OpenAiCall*, RequestRecord)>;

  // `loop` and `client` must outlive it.
  OpenAiCall(IoLoop* loop, HttpClient* client, const OpenAiCallOptions& options,
             const LoadRequest& request, absl::optional<absl::Time> scheduled, Ended ended);

  void Begin(HttpRequest request);
  // Ends it now, as failed, because the run was stopped. Calls `ended`. Begin need not have been
  // called.
  void Stop();

 private:
  bool OnBody(absl::Time now, int status, absl::string_view bytes) override;
  void OnEnd(absl::Time now, const HttpEnd& end) override;

  bool ReadEvents(absl::Time now);
  void Pause(absl::Time now);
  void OnPauseOver();
  void OnDeadline();
  void EndIfRead(absl::Time now);
  void AbortAndEnd(absl::Time now, const StreamEnd& end);
  void End(absl::Time now, const StreamEnd& end);

  IoLoop* const loop_;
  HttpClient* const client_;
  const absl::Duration deadline_;
  const bool cancels_when_sent_;
  Ended ended_;
  StreamRecorder recorder_;
  OpenAiAnswer answer_;
  HttpTransfer* transfer_ = nullptr;           // null before Begin, and when the exchange is over
  bool stopped_ = false;                       // the answer wants no more bytes
  absl::optional<OpenAiTransport> transport_;  // when the exchange is over
  absl::optional<TimerQueue::Id> pause_timer_, deadline_timer_;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_OPENAI_CALL_H_
