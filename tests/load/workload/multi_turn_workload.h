// Conversations: each answer is followed, after a time to think, by the next message, which is sent
// with all that was said before.
#ifndef BATON_TESTS_LOAD_WORKLOAD_MULTI_TURN_WORKLOAD_H_
#define BATON_TESTS_LOAD_WORKLOAD_MULTI_TURN_WORKLOAD_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "tests/load/workload/dataset_sample.h"
#include "tests/load/workload/length_range.h"
#include "tests/load/workload/workload.h"

namespace baton {

struct MultiTurnOptions {
  // ShareGPT's file, of which the turns from "human" or "user" are the messages; empty: messages
  // are of random words, a token each.
  std::string path;
  SampleOptions sample;  // num_prompts is the number of conversations
  // Messages of the user, at least 1; a conversation of the file may have fewer than were drawn.
  LengthRange num_turns = {2, 5};
  LengthRange first_message = {256, 256};  // of random words
  LengthRange later_messages = {64, 64};
  LengthRange output = {128, 128};
  absl::Duration think_time = absl::Seconds(1);  // the mean of an exponential distribution
  // A conversation ends before a turn that would need more tokens than this with its answer, by the
  // workload's own count; 0: never for that.
  uint32_t max_context = 0;
};

// Request(i) is the first turn of conversation i. Prompts are lists of messages. Lengths, numbers
// of turns and times to think are the same at every point of a sweep; the words are not.
//
// prompt_tokens leaves out what the model's chat template adds, and estimates the text of answers
// and of the file (see EstimateTokens).
class MultiTurnWorkload : public Workload {
 public:
  // Fails only with a path: see sharegpt_file.h. Conversations with fewer messages of the user than
  // num_turns.low are left out; INVALID_ARGUMENT if none is left.
  static absl::StatusOr<std::unique_ptr<MultiTurnWorkload>> Create(const MultiTurnOptions& options);

  size_t size() const override { return conversations_; }
  LoadRequest Request(size_t i) const override;
  // `request` is one of this workload's, and has its prompt still.
  absl::optional<FollowUp> Next(const LoadRequest& request, const std::string& text) const override;
  bool has_follow_ups() const override { return options_.num_turns.high > 1; }

 private:
  using Script = std::vector<std::string>;

  MultiTurnWorkload(const MultiTurnOptions& options, std::vector<Script> scripts);

  uint32_t Turns(uint64_t conversation) const;
  // Adds the user's message number `request->turn`, and what comes with it.
  void AddMessage(LoadRequest* request) const;

  const MultiTurnOptions options_;
  const std::vector<Script> scripts_;  // by conversation; empty: random words
  const size_t conversations_;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_MULTI_TURN_WORKLOAD_H_
