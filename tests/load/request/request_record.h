// What a load client saw of one request.
#ifndef BATON_TESTS_LOAD_REQUEST_REQUEST_RECORD_H_
#define BATON_TESTS_LOAD_REQUEST_REQUEST_RECORD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"

namespace baton {

// One message of a stream that brought output, or the bytes of one HTTP event.
struct OutputChunk {
  uint32_t at_us;  // when it was read, in microseconds since the request was sent
  uint32_t tokens;
};

enum class RequestOutcome {
  kCompleted,  // ended as the server meant it to
  kCancelled,  // by this client, on purpose
  kRefused,    // turned away before it was queued: RESOURCE_EXHAUSTED, or HTTP 429 or 503
  kDeadline,   // its deadline ended it, whether or not the server said so in its last message
  kFailed,     // anything else
};
constexpr RequestOutcome kRequestOutcomes[] = {RequestOutcome::kCompleted,
                                               RequestOutcome::kCancelled, RequestOutcome::kRefused,
                                               RequestOutcome::kDeadline, RequestOutcome::kFailed};

// "completed", "cancelled", "refused", "deadline" or "failed".
absl::string_view RequestOutcomeName(RequestOutcome outcome);

// Where the time went by the server's own account, as far as it gives one.
struct ServerTimes {
  absl::optional<absl::Duration> queued;       // from arrival to the first step that computes it
  absl::optional<absl::Duration> prefill;      // from there to the first token
  absl::optional<absl::Duration> decode;       // from there to the end
  absl::optional<absl::Duration> first_token;  // from arrival
};

// All times are Clock::Real()'s, so they compare with those of other processes of the machine.
struct RequestRecord {
  uint64_t index = 0;
  uint64_t conversation = 0;
  uint32_t turn = 0;

  absl::optional<absl::Time> scheduled;  // open loop: when it was to be sent
  absl::Time sent;                       // when it was
  absl::optional<absl::Time> accepted;   // when the server said that it is in, if it says so
  std::vector<OutputChunk> chunks;       // ascending; messages without tokens are not among them
  bool thinned = false;                  // only the first chunk and the last were kept
  absl::Time end;                        // when the stream had ended

  RequestOutcome outcome = RequestOutcome::kFailed;
  std::string code;     // "OK", a gRPC code's name, "HTTP 500", or "NETWORK"
  std::string reason;   // google.rpc.ErrorInfo's, or OpenAI's error type
  std::string message;  // of an error
  std::string finish;   // the finish reason in small letters: "length", "stop", "deadline" …
  absl::optional<absl::Duration> retry_after;

  uint32_t prompt_tokens = 0;  // the server's count if it gives one, else the workload's
  bool prompt_tokens_reported = false;
  uint32_t output_tokens = 0;  // the server's count if it gives one, else what the chunks hold
  // The server does not say how many tokens each chunk holds: they were shared out evenly, or each
  // was taken for one.
  bool chunk_tokens_estimated = false;
  uint32_t cached_tokens = 0;
  ServerTimes server;
  std::string group;           // that ran it
  std::string numerics_class;  // that computed it
  std::string text;            // what was generated; only if texts are kept
  uint64_t answer_digest = 0;  // of the token ids where there are any, else of the text

  // From when it was to be sent in open loop, else from when it was.
  absl::Time due() const { return scheduled.value_or(sent); }
  absl::Time chunk_time(size_t i) const { return sent + absl::Microseconds(chunks[i].at_us); }
  // Since it was sent; unset without output.
  absl::optional<absl::Duration> first_output() const {
    if (chunks.empty()) return absl::nullopt;
    return absl::Microseconds(chunks.front().at_us);
  }
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REQUEST_REQUEST_RECORD_H_
