// What the engine is asked for, and how it answers: plain values, validated before they get here.
#ifndef BATON_ROUTER_ENGINE_REQUEST_H_
#define BATON_ROUTER_ENGINE_REQUEST_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"

namespace baton {

// How tokens are chosen. The steps are taken in the order that SamplingParameters in
// proto/baton/v1/inference.proto states.
struct SamplingParams {
  float temperature = 0.0f;                           // 0: greedy
  uint32_t top_k = 0;                                 // 0: all
  float top_p = 1.0f;                                 // in (0, 1]
  float min_p = 0.0f;                                 // in [0, 1]
  float repetition_penalty = 1.0f;                    // above 0
  float presence_penalty = 0.0f;                      // in [-2, 2]
  float frequency_penalty = 0.0f;                     // in [-2, 2]
  std::vector<std::pair<int32_t, float>> logit_bias;  // by id, ascending, each id once
  std::vector<int32_t> allowed_token_ids;             // ascending, each once; empty: all
  std::vector<std::vector<int32_t>> bad_words;        // as token ids; none is empty
  uint64_t seed = 0;
};

// When generation ends.
struct StopParams {
  uint32_t max_tokens = 256;  // at least 1; of each choice
  uint32_t min_tokens = 0;    // before which nothing but max_tokens ends it; at most max_tokens
  std::vector<std::string> strings;
  bool include_string = false;     // whether the stop string is returned
  std::vector<int32_t> token_ids;  // the model's end tokens included, unless they are to be
                                   // ignored; not returned as text
};

// Choices of one request, those that are not the best of best_of included.
constexpr uint32_t kMostChoices = 64;

// One request: everything the engine needs to run it, or to run it again.
struct EngineRequest {
  std::string id;
  std::vector<int32_t> prompt;  // at least one token, all within the vocabulary
  SamplingParams sampling;
  StopParams stop;
  uint32_t n = 1;                                // choices returned; at least 1
  uint32_t best_of = 1;                          // choices run; at least n
  absl::optional<uint32_t> num_logprobs;         // unset: none; 0: the chosen token's only
  absl::optional<uint32_t> num_prompt_logprobs;  // likewise, of the prompt
  bool echo = false;                             // whether the prompt is returned
  int32_t priority = 0;                          // lower runs first
  std::string cache_salt;                        // shares cached blocks with equal salts only
  absl::Time arrival;
  absl::Time deadline = absl::InfiniteFuture();  // on the clock that `arrival` was read from

  // Prompt and maximum output of one choice.
  uint64_t most_tokens() const { return prompt.size() + uint64_t{stop.max_tokens}; }
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

struct TokenLogprobs {
  float logprob = 0;
  std::vector<TokenLogprob> top;
};

// Consecutive tokens of the prompt; before any piece.
struct PromptEvent {
  uint32_t position = 0;  // of the first token
  std::vector<int32_t> token_ids;
  std::string text;                     // with `echo` only
  std::vector<TokenLogprobs> logprobs;  // one a token if asked for; position 0 has an empty one
};

// Newly committed tokens and the text they completed (whole UTF-8 characters).
struct PieceEvent {
  using Logprobs = TokenLogprobs;
  uint32_t choice = 0;
  uint32_t position = 0;           // of the first token, in the output
  std::vector<int32_t> token_ids;  // may be empty when only held-back text is flushed
  std::string text;
  std::vector<Logprobs> logprobs;  // one a token, if asked for
};

enum class FinishReason { kStop, kLength, kDrain, kDeadline };

// The end of a choice.
struct ChoiceEnd {
  uint32_t choice = 0;
  FinishReason reason = FinishReason::kLength;
  absl::optional<int32_t> stop_token_id;
  absl::optional<std::string> stop_string;
  uint32_t output_tokens = 0;
  absl::optional<double> cumulative_logprob;  // if log probabilities were there to be summed
};

// The end of a request that went well.
struct FinishedEvent {
  ChoiceEnd first;             // choice 0's
  uint32_t output_tokens = 0;  // of all choices
  uint32_t cached_tokens = 0;
  absl::Duration queued, prefill, first_token, total;
};

// Where a request's events go. Called in an engine's turn in the order OnStarted, OnPrompt…,
// OnPiece… and OnChoiceFinished (for each choice, where there are several), then OnFinished or
// OnError as the last call; a request that is refused gets OnError alone. An implementation must
// return at once and never call back into the engine, except through the handle of its own request.
class RequestSink {
 public:
  virtual ~RequestSink() = default;
  virtual void OnStarted(const StartedEvent& event) = 0;
  // False, from these two: so much is unsent that the request should pause until the handle's
  // `resume` is called. The event was taken all the same, and so will be the few that are under
  // way.
  virtual bool OnPrompt(PromptEvent event) = 0;
  virtual bool OnPiece(PieceEvent event) = 0;
  virtual void OnChoiceFinished(const ChoiceEnd& event) = 0;
  virtual void OnFinished(const FinishedEvent& event) = 0;
  virtual void OnError(const absl::Status& status) = 0;
};

// What may be done to a request that was submitted. Thread-safe; nothing happens once it has ended.
struct RequestHandle {
  std::function<void()> cancel;  // the sink gets OnError(CANCELLED), unless it ended before
  std::function<void()> resume;  // after OnPiece gave false: pieces are wanted again
};

}  // namespace baton

#endif  // BATON_ROUTER_ENGINE_REQUEST_H_
