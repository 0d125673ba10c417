// What the engine is asked for, and how it answers: plain values, validated before they get here.
#ifndef BATON_ROUTER_ENGINE_REQUEST_H_
#define BATON_ROUTER_ENGINE_REQUEST_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"

namespace baton {

// How tokens are chosen: temperature, then top-k, then top-p, then a draw.
struct SamplingParams {
  float temperature = 0.0f;  // 0: greedy
  uint32_t top_k = 0;        // 0: all
  float top_p = 1.0f;        // in (0, 1]
  uint64_t seed = 0;
};

// When generation ends.
struct StopParams {
  uint32_t max_tokens = 256;         // at least 1
  std::vector<std::string> strings;  // not returned
  std::vector<int32_t> token_ids;    // the model's end tokens included, unless they are to be
                                     // ignored; not returned as text
};

// One request: everything the engine needs to run it, or to run it again.
struct EngineRequest {
  std::string id;
  std::vector<int32_t> prompt;  // at least one token, all within the vocabulary
  SamplingParams sampling;
  StopParams stop;
  absl::optional<uint32_t> num_logprobs;  // unset: none; 0: the chosen token's only
  absl::Time arrival;
  absl::Time deadline = absl::InfiniteFuture();  // on the clock that `arrival` was read from
};

// The request runs (or waits in a group's queue).
struct StartedEvent {
  std::string group;
  std::string numerics_class;
};

struct TokenLogprob {
  int32_t token_id;
  float logprob;
};

// Newly committed tokens and the text they completed (whole UTF-8 characters).
struct PieceEvent {
  struct Logprobs {
    float logprob;
    std::vector<TokenLogprob> top;
  };
  uint32_t position = 0;           // of the first token, in the output
  std::vector<int32_t> token_ids;  // may be empty when only held-back text is flushed
  std::string text;
  std::vector<Logprobs> logprobs;  // one a token, if asked for
};

enum class FinishReason { kStop, kLength, kDrain };

// The end of a request that went well.
struct FinishedEvent {
  FinishReason reason = FinishReason::kLength;
  absl::optional<int32_t> stop_token_id;
  absl::optional<std::string> stop_string;
  uint32_t output_tokens = 0;
  uint32_t cached_tokens = 0;
  absl::Duration queued, prefill, first_token, total;
};

// Where a request's events go. Called on an engine's thread in the order OnStarted, OnPiece…, then
// OnFinished or OnError as the last call; a request that is refused gets OnError alone. An
// implementation must return at once and never call back into the engine, except to cancel its own
// request.
class RequestSink {
 public:
  virtual ~RequestSink() = default;
  virtual void OnStarted(const StartedEvent& event) = 0;
  virtual void OnPiece(PieceEvent event) = 0;
  virtual void OnFinished(const FinishedEvent& event) = 0;
  virtual void OnError(const absl::Status& status) = 0;
};

}  // namespace baton

#endif  // BATON_ROUTER_ENGINE_REQUEST_H_
