// A sink for tests with threads: checks whatever a request is told, against what a group would give
// it alone, and counts how it ended. The request has no stop strings, log probabilities or echo,
// its tokens stand for single bytes, and it returns as many choices as it runs.
#ifndef BATON_ROUTER_ENGINE_CHECKING_SINK_H_
#define BATON_ROUTER_ENGINE_CHECKING_SINK_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "router/engine/exercise_counts.h"
#include "router/engine/request.h"
#include "router/scheduler/fake_group.h"
#include "router/tokenizer/test_vocabulary.h"

namespace baton {

// What an end is counted as.
inline std::string NameOf(const absl::Status& status) {
  for (const char* what : {"was lost", "is not ready", "shutting down", "has not read"}) {
    if (absl::StrContains(status.message(), what)) return what;
  }
  return absl::StatusCodeToString(status.code());
}

inline std::string NameOf(FinishReason reason) {
  return "finished " + std::to_string(static_cast<int>(reason));
}

class CheckingSink : public RequestSink {
 public:
  // `alone` and `counts` must outlive the sink. One that pauses does so every few tokens.
  CheckingSink(EngineRequest request, bool pauses, const FakeGroup* alone, ExerciseCounts* counts)
      : request_(std::move(request)),
        pauses_(pauses),
        alone_(alone),
        counts_(counts),
        journals_(request_.best_of, request_.prompt) {}

  void OnStarted(const StartedEvent&) override {
    EXPECT_FALSE(started_ || ended());
    started_ = true;
  }
  bool OnPrompt(PromptEvent) override {
    ADD_FAILURE() << "nobody asked for the prompt";
    return true;
  }
  bool OnPiece(PieceEvent piece) override {
    EXPECT_TRUE(started_ && !ended());
    std::vector<int32_t>& journal = journals_[piece.choice];
    EXPECT_EQ(piece.position + request_.prompt.size(), journal.size());
    SequenceSampling sampling;
    sampling.seed = request_.sampling.seed;
    sampling.choice = piece.choice;
    std::string text;
    for (int32_t token : piece.token_ids) {
      EXPECT_EQ(token, alone_->NextToken(journal, sampling));
      journal.push_back(token);
      if (!IsStop(token)) text += static_cast<char>(token - kFirstByteToken);
    }
    EXPECT_EQ(piece.text, text);
    counts_->Add("tokens", piece.token_ids.size());
    if (!pauses_ || journal.size() % kPauseEvery != 0) return true;
    counts_->Add("pauses");
    wants_resume_ = true;
    return false;
  }
  void OnChoiceFinished(const ChoiceEnd& end) override {
    EXPECT_FALSE(ended());
    CheckEnd(end);
    ++choices_ended_;
  }
  void OnFinished(const FinishedEvent& event) override {
    EXPECT_TRUE(started_);
    if (request_.best_of == 1) CheckEnd(event.first);
    if (request_.best_of > 1) EXPECT_EQ(choices_ended_, request_.best_of);
    if (event.cached_tokens > 0) counts_->Add("cached");
    End(NameOf(event.first.reason));
  }
  void OnError(const absl::Status& status) override { End(NameOf(status)); }

  // For clients' threads.
  bool ended() const { return ends_ > 0; }
  int ends() const { return ends_; }
  bool TakeWantsResume() { return wants_resume_.exchange(false); }

 private:
  static constexpr size_t kPauseEvery = 5;  // tokens

  bool IsStop(int32_t token) const {
    return !request_.stop.token_ids.empty() && token == request_.stop.token_ids[0];
  }
  void CheckEnd(const ChoiceEnd& end) {
    const std::vector<int32_t>& journal = journals_[end.choice];
    const size_t length = journal.size() - request_.prompt.size();
    EXPECT_EQ(end.output_tokens, length);
    if (end.reason == FinishReason::kLength) EXPECT_EQ(length, request_.stop.max_tokens);
    if (end.reason == FinishReason::kStop) EXPECT_TRUE(IsStop(journal.back()));
  }
  void End(const std::string& how) {
    EXPECT_EQ(++ends_, 1);
    counts_->Add(how);
  }

  const EngineRequest request_;
  const bool pauses_;
  const FakeGroup* const alone_;
  ExerciseCounts* const counts_;
  // Of the engine's turns.
  std::vector<std::vector<int32_t>> journals_;  // by choice
  bool started_ = false;
  uint32_t choices_ended_ = 0;

  std::atomic<int> ends_{0};
  std::atomic<bool> wants_resume_{false};
};

}  // namespace baton

#endif  // BATON_ROUTER_ENGINE_CHECKING_SINK_H_
