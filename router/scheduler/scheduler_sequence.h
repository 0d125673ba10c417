// What a scheduler knows of one sequence. Private to scheduler*.cc.
#ifndef BATON_ROUTER_SCHEDULER_SCHEDULER_SEQUENCE_H_
#define BATON_ROUTER_SCHEDULER_SCHEDULER_SEQUENCE_H_

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/types/optional.h"
#include "router/scheduler/scheduler.h"

namespace baton {

struct Scheduler::Sequence {
  explicit Sequence(SequenceRequest r)
      : urgency(r.priority, r.arrival, r.id),
        tokens(std::move(r.prompt)),
        prompt_length(static_cast<uint32_t>(tokens.size())),
        hashes(std::move(r.prompt_hashes)),
        request(std::move(r)) {}

  // What every plan looks at comes first, so that it shares few cache lines.
  const Urgency urgency;
  // --- While it runs; made again when it runs again.
  uint64_t run = 0;        // names this stay on the slot
  uint64_t last_plan = 0;  // that computed something of it
  uint32_t slot = 0;
  uint32_t num_computed = 0;       // tokens, plans in flight included
  uint32_t samples_in_flight = 0;  // tokens that are sampled by plans in flight
  bool running = false;
  bool paused = false;
  bool started = false;         // kStarted was sent
  std::vector<int32_t> tokens;  // the journal: prompt, then what was committed
  const uint32_t prompt_length;
  uint32_t num_prompt_rows = 0;  // log probabilities of the prompt that have been told
  BlockLease lease;
  int64_t num_told_blocks = 0;        // the workers know of
  size_t num_published = 0;           // leading blocks that were offered to the index
  std::vector<BlockHash> hashes;      // of the journal's full blocks
  absl::optional<BlockHash> awaited;  // while it waits for another to compute this block
  BlockHash last_hash;                // the end of that chain: its root at first
  const SequenceRequest request;      // without prompt and prompt_hashes

  uint32_t num_output() const { return static_cast<uint32_t>(tokens.size()) - prompt_length; }
  // The journal's length when everything in flight is back.
  uint32_t virtual_length() const {
    return static_cast<uint32_t>(tokens.size()) + samples_in_flight;
  }
  uint32_t num_pending() const { return virtual_length() - num_computed; }
  uint64_t most_tokens() const { return uint64_t{prompt_length} + request.max_tokens; }
  // Whether the output row at `position` is for a log probability of the prompt.
  bool WantsPromptRow(uint32_t position) const {
    return request.num_prompt_logprobs.has_value() && position + 1 < prompt_length &&
           position >= num_prompt_rows;
  }
  // Blocks that may be taken from the index: not all, since one token at least has to be computed.
  size_t num_usable_hashes(uint32_t block_size) const {
    if (request.num_prompt_logprobs.has_value()) return 0;
    return std::min(hashes.size(), (tokens.size() - 1) / block_size);
  }
};

struct Scheduler::Draft {
  struct Work {
    Work(Sequence* s, uint32_t c) : sequence(s), run(s->run), count(c) {}
    // Whether the sequence was taken off its slot since: it may have another by now.
    bool gone() const { return !sequence->running || sequence->run != run; }
    Sequence* sequence;
    uint64_t run;
    uint32_t count;
  };
  void DropWhatIsGone() {
    work.erase(std::remove_if(work.begin(), work.end(), [](const Work& w) { return w.gone(); }),
               work.end());
  }
  bool prompts_run = false;  // some running sequence has more than one token to compute
  bool take_turns = false;   // sequences whose last plan is too recent sit this one out
  std::vector<Work> work;    // the most urgent first
  uint32_t tokens_left = 0;
  uint32_t rows_left = 0;
  uint32_t prompt_rows_left = 0;  // of rows_left, for log probabilities of prompts
};

}  // namespace baton

#endif  // BATON_ROUTER_SCHEDULER_SCHEDULER_SEQUENCE_H_
