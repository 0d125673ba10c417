// One request's answer in the making: from committed tokens to what its sink is told. Pure: it
// knows no scheduler, and makes of the same tokens the same answer.
#ifndef BATON_ROUTER_ENGINE_ANSWER_H_
#define BATON_ROUTER_ENGINE_ANSWER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "router/engine/output_text.h"
#include "router/engine/request.h"
#include "router/tokenizer/incremental_decoder.h"
#include "router/tokenizer/tokenizer.h"

namespace baton {

// A token of a choice, or of the prompt, with its log probabilities if they are known.
struct GeneratedToken {
  int32_t id = 0;
  TokenLogprobs logprobs;
  bool ends_choice = false;  // by its length, or because it is a stop token
  bool is_stop_token = false;
};

class Answer {
 public:
  Answer(std::shared_ptr<const Tokenizer> tokenizer, EngineRequest request,
         std::shared_ptr<RequestSink> sink);

  const EngineRequest& request() const { return request_; }
  RequestSink& sink() { return *sink_; }
  uint32_t num_choices() const { return static_cast<uint32_t>(choices_.size()); }
  bool ended(uint32_t choice) const { return choices_[choice].end.has_value(); }
  bool all_ended() const { return num_ended_ == num_choices(); }
  uint32_t num_tokens(uint32_t choice) const { return choices_[choice].num_tokens; }
  // Tokens of all choices so far.
  uint32_t num_output() const { return num_output_; }
  // Whether the engine has to compute log probabilities, and how many alternatives of each.
  absl::optional<uint32_t> num_logprobs() const;

  // The first step of a choice is planned.
  void OnStarted(uint32_t choice, uint32_t cached_tokens, absl::Time now);
  // The next token of the prompt, but the first, which nothing predicts; in order.
  void AppendPrompt(GeneratedToken token);
  // The next token of a choice. If it ends the choice, by a stop string perhaps, ended(choice) is
  // true afterwards. False when the sink has had enough for the moment.
  bool Append(uint32_t choice, GeneratedToken token, absl::Time now);
  // Ends a choice that is under way, with what there is.
  void End(uint32_t choice, FinishReason reason);
  // Tells the sink what was kept back until now: after a batch of AppendPrompt. False as Append.
  bool Flush();
  // Tells the end of it all. All choices must have ended.
  void Finish(absl::Time now);

 private:
  struct Choice {
    explicit Choice(OutputText t) : text(std::move(t)) {}
    OutputText text;
    uint32_t num_tokens = 0;
    double cumulative_logprob = 0;
    absl::optional<ChoiceEnd> end;
  };

  // All is told at the end, when it is known which choices are the best.
  bool ranked() const { return request_.best_of > request_.n; }
  bool wants_prompt() const { return request_.echo || request_.num_prompt_logprobs.has_value(); }
  void EndChoice(uint32_t index, ChoiceEnd end);
  bool Send(uint32_t index, bool end);
  bool SendPrompt();
  void SendRanked();

  const std::shared_ptr<const Tokenizer> tokenizer_;
  EngineRequest request_;
  const std::shared_ptr<RequestSink> sink_;
  std::vector<Choice> choices_;
  uint32_t num_ended_ = 0;
  uint32_t num_output_ = 0;

  // The prompt that is to be told.
  IncrementalDecoder prompt_decoder_;
  uint32_t prompt_told_ = 0;  // tokens
  std::vector<GeneratedToken> prompt_;
  bool prompt_done_;  // pieces may be sent

  absl::optional<ChoiceEnd> first_;  // choice 0's, or the best one's
  uint32_t cached_tokens_ = 0;
  absl::Time first_step_ = absl::InfiniteFuture();
  absl::Time first_token_ = absl::InfiniteFuture();
};

}  // namespace baton

#endif  // BATON_ROUTER_ENGINE_ANSWER_H_
