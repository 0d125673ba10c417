#include "router/engine/answer.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

namespace baton {

Answer::Answer(std::shared_ptr<const Tokenizer> tokenizer, EngineRequest request,
               std::shared_ptr<RequestSink> sink)
    : tokenizer_(std::move(tokenizer)),
      request_(std::move(request)),
      sink_(std::move(sink)),
      prompt_decoder_(tokenizer_.get(), /*skip_special=*/false),
      prompt_done_(!wants_prompt()) {
  const OutputTextOptions text = {request_.stop.strings, request_.stop.include_string,
                                  request_.stop.min_tokens, request_.num_logprobs.has_value()};
  choices_.reserve(request_.best_of);
  for (uint32_t i = 0; i < request_.best_of; ++i)
    choices_.emplace_back(OutputText(tokenizer_.get(), text));
}

absl::optional<uint32_t> Answer::num_logprobs() const {
  if (request_.num_logprobs.has_value() || !ranked()) return request_.num_logprobs;
  return 0u;
}

void Answer::OnStarted(uint32_t choice, uint32_t cached_tokens, absl::Time now) {
  if (choice != 0) return;
  first_step_ = now;
  cached_tokens_ = std::min(cached_tokens, static_cast<uint32_t>(request_.prompt.size()));
  if (!wants_prompt()) return;
  prompt_.push_back({request_.prompt[0], {}, false, false});
  if (request_.num_prompt_logprobs.has_value()) return;  // the others come with their own
  for (size_t i = 1; i < request_.prompt.size(); ++i)
    prompt_.push_back({request_.prompt[i], {}, false, false});
}

void Answer::AppendPrompt(GeneratedToken token) { prompt_.push_back(std::move(token)); }

bool Answer::SendPrompt() {
  if (prompt_.empty()) return true;
  PromptEvent event;
  event.position = prompt_told_;
  for (GeneratedToken& token : prompt_) {
    event.token_ids.push_back(token.id);
    if (request_.echo) event.text += prompt_decoder_.Append(token.id);
    if (request_.num_prompt_logprobs.has_value())
      event.logprobs.push_back(std::move(token.logprobs));
  }
  prompt_told_ += static_cast<uint32_t>(prompt_.size());
  prompt_.clear();
  prompt_done_ = prompt_told_ == request_.prompt.size();
  if (prompt_done_ && request_.echo) event.text += prompt_decoder_.Flush();
  return sink_->OnPrompt(std::move(event));
}

bool Answer::Flush() {
  if (prompt_done_) return true;
  bool wants_more = SendPrompt();
  for (uint32_t i = 0; prompt_done_ && i < num_choices(); ++i) {
    if (!Send(i, ended(i))) wants_more = false;
  }
  return wants_more;
}

bool Answer::Append(uint32_t index, GeneratedToken token, absl::Time now) {
  Choice& choice = choices_[index];
  if (num_output_++ == 0) first_token_ = now;
  ++choice.num_tokens;
  choice.cumulative_logprob += token.logprobs.logprob;
  const absl::optional<size_t> stop =
      choice.text.Append(token.id, token.is_stop_token, std::move(token.logprobs));
  if (!stop.has_value() && !token.ends_choice) return Send(index, /*end=*/false);
  ChoiceEnd end;
  if (stop.has_value()) {
    end.reason = FinishReason::kStop;
    end.stop_string = request_.stop.strings[*stop];
  } else if (token.is_stop_token) {
    end.reason = FinishReason::kStop;
    end.stop_token_id = token.id;
  }
  EndChoice(index, std::move(end));
  return true;
}

void Answer::End(uint32_t index, FinishReason reason) {
  ChoiceEnd end;
  end.reason = reason;
  EndChoice(index, std::move(end));
}

void Answer::EndChoice(uint32_t index, ChoiceEnd end) {
  Choice& choice = choices_[index];
  end.choice = index;
  end.output_tokens = choice.num_tokens;
  if (num_logprobs().has_value()) end.cumulative_logprob = choice.cumulative_logprob;
  choice.end = std::move(end);
  ++num_ended_;
  if (!ranked()) Send(index, /*end=*/true);
}

bool Answer::Send(uint32_t index, bool end) {
  Choice& choice = choices_[index];
  if (!prompt_done_ || ranked()) return true;
  bool wants_more = true;
  absl::optional<PieceEvent> piece = choice.text.Take(end);
  if (piece.has_value()) {
    piece->choice = index;
    wants_more = sink_->OnPiece(*std::move(piece));
  }
  if (end && num_choices() > 1) sink_->OnChoiceFinished(*choice.end);
  return wants_more;
}

void Answer::SendRanked() {
  std::vector<uint32_t> order(choices_.size());
  std::iota(order.begin(), order.end(), 0u);
  const auto mean = [this](uint32_t i) {
    if (choices_[i].num_tokens == 0) return -std::numeric_limits<double>::infinity();
    return choices_[i].cumulative_logprob / choices_[i].num_tokens;
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return mean(a) > mean(b); });
  for (uint32_t rank = 0; rank < request_.n; ++rank) {
    Choice& choice = choices_[order[rank]];
    choice.end->choice = rank;
    if (rank == 0) first_ = choice.end;
    absl::optional<PieceEvent> piece = choice.text.Take(/*end=*/true);
    if (piece.has_value()) {
      piece->choice = rank;
      sink_->OnPiece(*std::move(piece));
    }
    sink_->OnChoiceFinished(*choice.end);
  }
}

void Answer::Finish(absl::Time now) {
  Flush();
  if (!prompt_done_) {
    // It was cut off within the prompt, while other choices had begun: what they have is told.
    prompt_done_ = true;
    for (uint32_t i = 0; i < num_choices(); ++i) Send(i, /*end=*/true);
  }
  if (ranked()) SendRanked();
  FinishedEvent event;
  event.first = first_.has_value() ? *first_ : *choices_[0].end;
  event.output_tokens = num_output_;
  event.cached_tokens = cached_tokens_;
  event.queued = std::min(first_step_, now) - request_.arrival;
  event.prefill = std::min(first_token_, now) - std::min(first_step_, now);
  event.first_token = std::min(first_token_, now) - request_.arrival;
  event.total = now - request_.arrival;
  sink_->OnFinished(event);
}

}  // namespace baton
