// Decides what a group computes next. Pure and deterministic: no thread, clock, socket or
// tokenizer; time comes in as a value, and nothing depends on the order of a hash table.
//
// First come, first served, with continuous batching: a step holds one token of every sequence that
// decodes, then chunks of prompts, oldest first, as far as the token budget goes. When blocks run
// out the youngest sequence gives its own back and goes to the head of the queue with its journal;
// running it again gives the same tokens. So the oldest always progresses.
#ifndef BATON_ROUTER_SCHEDULER_SCHEDULER_H_
#define BATON_ROUTER_SCHEDULER_SCHEDULER_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "router/scheduler/block_pool.h"
#include "router/scheduler/step.h"

namespace baton {

using SequenceId = uint64_t;

struct SchedulerOptions {
  int64_t num_blocks = 0;
  uint32_t block_size = 16;
  uint32_t max_running = 64;  // slots
  uint32_t max_step_tokens = 512;
  uint32_t max_step_rows = 64;
  uint32_t max_queue_requests = 4096;    // waiting
  uint64_t max_queue_tokens = 8u << 20;  // prompt + maximum output of those waiting
};

struct SequenceRequest {
  SequenceId id = 0;            // unique; grows with arrival
  std::vector<int32_t> prompt;  // at least one token
  uint32_t max_tokens = 1;      // at least 1
  std::vector<int32_t> stop_token_ids;
  SequenceSampling sampling;
  absl::optional<uint32_t> num_logprobs;
  absl::Time deadline = absl::InfiniteFuture();
};

// What became of a sequence in a step.
struct SchedulerEvent {
  enum class Kind {
    kStarted,  // its first step is planned
    kToken,    // one more token is committed
    kExpired,  // its deadline passed; it is gone
    kFailed,   // its logits were not numbers; it is gone
  };
  Kind kind = Kind::kToken;
  SequenceId id = 0;
  // kToken:
  int32_t token = 0;
  absl::optional<float> logprob;
  std::vector<int32_t> top_tokens;
  std::vector<float> top_logprobs;
  // The sequence is finished, and gone, with this token: by a stop token, else by its length.
  bool finished = false;
  bool stopped_by_token = false;
};

class Scheduler {
 public:
  explicit Scheduler(const SchedulerOptions& options);
  ~Scheduler();

  // Queues a sequence. RESOURCE_EXHAUSTED when the queue is full, INVALID_ARGUMENT when it could
  // never fit the blocks.
  absl::Status Add(SequenceRequest request);

  // Drops a sequence and frees its blocks at once, in any phase; false when there is none of that
  // id.
  bool Cancel(SequenceId id);

  // The next step, empty when there is nothing to do. At most one plan may be without its result.
  // Events say which sequences started or expired.
  StepPlan Schedule(absl::Time now, std::vector<SchedulerEvent>* events);

  // Commits the result of the plan in flight. Not OK when it is not exactly that plan's: a bug or a
  // stranger; nothing is committed then.
  absl::Status Update(const StepResult& result, std::vector<SchedulerEvent>* events);

  bool in_flight() const { return waiting_for_result_; }
  bool idle() const { return running_.empty() && waiting_.empty(); }
  int64_t num_running() const { return static_cast<int64_t>(running_.size()); }
  int64_t num_waiting() const { return static_cast<int64_t>(waiting_.size()); }
  int64_t blocks_used() const { return pool_.num_used(); }
  int64_t num_blocks() const { return pool_.num_blocks(); }
  // Prompt + maximum output of those waiting and running.
  uint64_t load_tokens() const { return queue_tokens_ + running_tokens_; }
  uint64_t num_preemptions() const { return num_preemptions_; }

 private:
  struct Sequence;
  using SequencePtr = std::unique_ptr<Sequence>;
  // A row asked for by the plan in flight.
  struct FlightRow {
    SequenceId id;
    uint32_t slot;
    uint32_t position;
  };

  int64_t BlocksFor(uint64_t tokens) const {
    return static_cast<int64_t>((tokens + options_.block_size - 1) / options_.block_size);
  }
  void Expire(absl::Time now, std::vector<SchedulerEvent>* events);
  // Plans the running sequences, oldest first, within the budget; returns what is left of it.
  uint32_t PlanRunning(uint32_t budget, StepPlan* plan);
  // Plans the next `count` tokens of a sequence, whose blocks are there.
  void PlanWork(Sequence& s, uint32_t count, StepPlan* plan);
  // Moves waiting sequences into free slots as long as they fit.
  void Admit(uint32_t budget, StepPlan* plan, std::vector<SchedulerEvent>* events);
  // Gives the blocks of the youngest running sequence back and puts it at the head of the queue.
  void PreemptYoungest();
  void Commit(Sequence& s, const RowResult& row, std::vector<SchedulerEvent>* events);
  // Takes a running sequence's slot and blocks away; the sequence itself is the caller's.
  SequencePtr TakeFromRunning(SequenceId id);

  const SchedulerOptions options_;
  BlockPool pool_;
  std::deque<SequencePtr> waiting_;            // oldest first
  std::map<SequenceId, SequencePtr> running_;  // oldest first
  std::vector<uint32_t> free_slots_;           // the last one is taken next
  std::vector<uint32_t> ended_slots_;          // to be told to the workers
  std::vector<FlightRow> flight_;              // rows of the plan in flight, in order
  uint64_t next_plan_ = 1;
  uint64_t flight_plan_ = 0;
  uint64_t queue_tokens_ = 0;
  uint64_t running_tokens_ = 0;
  uint64_t num_preemptions_ = 0;
  bool waiting_for_result_ = false;
};

}  // namespace baton

#endif  // BATON_ROUTER_SCHEDULER_SCHEDULER_H_
