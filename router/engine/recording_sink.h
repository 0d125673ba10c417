// A sink for tests that writes down what it is told.
#ifndef BATON_ROUTER_ENGINE_RECORDING_SINK_H_
#define BATON_ROUTER_ENGINE_RECORDING_SINK_H_

#include <atomic>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "router/engine/request.h"

namespace baton {

struct RecordingSink : RequestSink {
  struct Choice {
    std::string text;
    std::vector<int32_t> tokens;
    std::vector<TokenLogprobs> logprobs;
    absl::optional<ChoiceEnd> end;
  };

  void OnStarted(const StartedEvent& e) override { log += "started " + e.group + ";"; }
  bool OnPrompt(PromptEvent e) override {
    if (e.position != prompt_tokens.size() || !choices.empty()) log += "DISORDER;";
    prompt_text += e.text;
    prompt_tokens.insert(prompt_tokens.end(), e.token_ids.begin(), e.token_ids.end());
    for (TokenLogprobs& l : e.logprobs) prompt_logprobs.push_back(std::move(l));
    return wants_more;
  }
  bool OnPiece(PieceEvent piece) override {
    Choice& c = choices[piece.choice];
    if (c.end.has_value() || piece.position != c.tokens.size()) log += "DISORDER;";
    c.text += piece.text;
    c.tokens.insert(c.tokens.end(), piece.token_ids.begin(), piece.token_ids.end());
    for (TokenLogprobs& l : piece.logprobs) c.logprobs.push_back(std::move(l));
    return wants_more;
  }
  void OnChoiceFinished(const ChoiceEnd& e) override { choices[e.choice].end = e; }
  void OnFinished(const FinishedEvent& e) override {
    finished = e;
    log += ReasonName(e.first.reason);
    ++ends;
  }
  void OnError(const absl::Status& s) override {
    error = s;
    log += absl::StatusCodeToString(s.code());
    ++ends;
  }

  static std::string ReasonName(FinishReason reason) {
    switch (reason) {
      case FinishReason::kStop:
        return "stop";
      case FinishReason::kLength:
        return "length";
      case FinishReason::kDrain:
        return "drain";
      case FinishReason::kDeadline:
        return "deadline";
    }
    return "?";
  }
  const std::string& text() { return choices[0].text; }
  const std::vector<int32_t>& tokens() { return choices[0].tokens; }

  std::string log, prompt_text;
  std::vector<int32_t> prompt_tokens;
  std::vector<TokenLogprobs> prompt_logprobs;
  std::map<uint32_t, Choice> choices;
  FinishedEvent finished;
  absl::Status error;
  bool wants_more = true;
  std::atomic<int> ends{0};
};

}  // namespace baton

#endif  // BATON_ROUTER_ENGINE_RECORDING_SINK_H_
