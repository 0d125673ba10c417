// Decides what a group computes next. Pure and deterministic: no thread, clock, socket or
// tokenizer; time comes in as a value, and nothing depends on the order of a hash table.
//
// A sequence is its journal: prompt and committed tokens. Slot and blocks are a cache of it, which
// may be taken away at any time (pre-emption) and is made again by running the journal.
//
// **A step** holds one token of every sequence that decodes, then chunks of prompts, the most
// urgent first (urgency.h), within a budget of tokens. While a prompt is unfinished an eighth of
// the budget is kept for prompts. So with R sequences running and a budget of B tokens
//   - a decode is in every ⌈R / (B − B/8)⌉-th plan at least, and waits no longer than such plans
//     take, each of at most B tokens, whatever prompts there are;
//   - the most urgent prompt of P tokens is through after ⌈P / (B/8)⌉ plans at most, whatever
//     decodes there are; one whose log probabilities are wanted, after ⌈P / rows⌉, where rows is
//     max_step_rows − max_running, or 1: samples have theirs always.
//
// **Memory**: when blocks or slots run out, the least urgent running sequence gives its own back,
// if whoever needs them is more urgent, and waits with its journal. So the most urgent sequence
// always progresses, and as urgency grows with age every sequence becomes that.
//
// **Prefix cache**: full blocks are indexed by what they hold as soon as their tokens are committed
// and the plan that fills them is made: plans are executed in order, so whatever is planned later
// may read them. A sequence whose next block is being computed by a more urgent one waits for it
// rather than computing it too. At least the last token is always computed.
//
// **Run-ahead**: up to `max_in_flight` plans may be without a result. A plan may compute a token
// that is yet to be sampled: the worker feeds it forward. What comes back for a sequence that has
// ended, or was taken off its slot, meanwhile is dropped. With several pipeline stages sequences
// take turns, so that `num_stages` plans that do not wait for each other are under way.
#ifndef BATON_ROUTER_SCHEDULER_SCHEDULER_H_
#define BATON_ROUTER_SCHEDULER_SCHEDULER_H_

#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "router/scheduler/block_hash.h"
#include "router/scheduler/block_pool.h"
#include "router/scheduler/step.h"
#include "router/scheduler/urgency.h"

namespace baton {

struct SchedulerOptions {
  int64_t num_blocks = 0;
  uint32_t block_size = 16;
  uint32_t max_running = 64;  // slots
  uint32_t max_step_tokens = 512;
  uint32_t max_step_rows = 64;
  uint32_t num_stages = 1;     // pipeline stages
  uint32_t max_in_flight = 2;  // plans without a result; at least num_stages keeps all stages busy
  bool prefix_cache = true;
  BlockHashKey hash_key{};
  int32_t vocab_size = std::numeric_limits<int32_t>::max();  // ids of tokens are below it
};

struct SequenceRequest {
  SequenceId id = 0;            // unique; grows with arrival
  std::vector<int32_t> prompt;  // at least one token
  uint32_t max_tokens = 1;      // at least 1
  std::vector<int32_t> stop_token_ids;
  SequenceSampling sampling;
  absl::optional<uint32_t> num_logprobs;
  absl::optional<uint32_t> num_prompt_logprobs;  // set: the prefix cache is not read
  int32_t priority = 0;                          // lower runs first
  absl::Time arrival;
  absl::Time deadline = absl::InfiniteFuture();
  std::string cache_salt;
  // The names of the prompt's full blocks under `cache_salt`, if somebody has made them already.
  std::vector<BlockHash> prompt_hashes;
  // How many of its tokens may be under way, unseen by the router, when the next one is planned. 0:
  // the router must see each token first.
  uint32_t run_ahead = 1;
};

// What became of a sequence.
struct SchedulerEvent {
  enum class Kind {
    kStarted,      // its first step is planned
    kPromptToken,  // the log probability of a token of its prompt is known
    kToken,        // one more token is committed
    kExpired,      // its deadline passed; it is gone
    kFailed,       // there is no token to go on with; it is gone
  };
  Kind kind = Kind::kToken;
  SequenceId id = 0;
  uint32_t cached_tokens = 0;  // kStarted: tokens whose keys and values were there
  // kToken, kPromptToken:
  int32_t token = 0;
  uint32_t position = 0;  // in the journal
  absl::optional<float> logprob;
  std::vector<int32_t> top_tokens;
  std::vector<float> top_logprobs;
  // The sequence is finished, and gone, with this token: by a stop token, else by its length.
  bool finished = false;
  bool stopped_by_token = false;
  bool no_choice = false;  // kFailed: its rules leave no token; else its logits are not numbers
};

class Scheduler {
 public:
  explicit Scheduler(const SchedulerOptions& options);
  ~Scheduler();

  // Queues a sequence. INVALID_ARGUMENT when it could never fit the blocks.
  absl::Status Add(SequenceRequest request);

  // Drops a sequence and frees its blocks at once, in any phase; false when there is none of that
  // id.
  bool Cancel(SequenceId id);

  // A paused sequence is not planned. It keeps its blocks until somebody needs them.
  void Pause(SequenceId id);
  void Resume(SequenceId id);

  // Drops what has missed its deadline, with an event for each.
  void Expire(absl::Time now, std::vector<SchedulerEvent>* events);

  // Whether another plan may be made now.
  bool CanSchedule() const { return flights_.size() < options_.max_in_flight; }
  // The next step, empty when there is nothing to do; CanSchedule() must be true. The plan is taken
  // as sent: its effects on the workers are counted on from now on. Events say which sequences
  // started or expired.
  StepPlan Schedule(absl::Time now, std::vector<SchedulerEvent>* events);

  // Commits the result of the oldest plan in flight. Not OK when it is not exactly that plan's, or
  // has a token that is not in the vocabulary: a bug or a stranger; nothing is committed then.
  absl::Status Update(StepResult result, std::vector<SchedulerEvent>* events);

  // The earliest deadline of all; infinite if there is none.
  absl::Time NextDeadline() const {
    return deadlines_.empty() ? absl::InfiniteFuture() : deadlines_.begin()->first;
  }
  size_t num_in_flight() const { return flights_.size(); }
  bool idle() const { return sequences_.empty(); }
  int64_t num_running() const { return static_cast<int64_t>(running_.size()); }
  int64_t num_waiting() const { return static_cast<int64_t>(waiting_.size()); }
  uint64_t num_preemptions() const { return num_preemptions_; }
  // Prompt + maximum output of those that were never started.
  uint64_t queued_tokens() const { return queued_tokens_; }
  // Of those, what does not come after a request of this urgency. Takes the longer, the more that
  // does.
  uint64_t QueuedTokensBefore(const Urgency& urgency) const;
  // Prompt + maximum output of all that are here.
  uint64_t load_tokens() const { return load_tokens_; }
  BlockPool& pool() { return pool_; }
  const BlockPool& pool() const { return pool_; }

  // For tests: whether everything fits together.
  bool Consistent() const;

 private:
  struct Sequence;
  // A row asked for by a plan in flight.
  struct FlightRow {
    uint32_t slot;
    uint32_t position;
    uint64_t run;  // the sequence's, when it was planned: a sequence that was taken off its slot,
                   // or has ended, has another
    bool sample;
  };
  struct Flight {
    uint64_t plan_id;
    std::vector<FlightRow> rows;
  };
  // What one call of Schedule is working on.
  struct Draft;

  int64_t BlocksFor(uint64_t tokens) const {
    return static_cast<int64_t>((tokens + options_.block_size - 1) / options_.block_size);
  }
  Sequence* Find(SequenceId id) const;

  // --- The parts of Schedule, in order.
  void ChooseDecodes(Draft* draft);
  void ChoosePrompts(Draft* draft, std::vector<SchedulerEvent>* events);
  StepPlan Write(const Draft& draft);

  bool CanPlan(const Sequence& s, bool take_turns) const;
  // The output rows that tokens bring.
  struct Rows {
    uint32_t prompt = 0, samples = 0;
    uint32_t total() const { return prompt + samples; }
    Rows operator+(const Rows& o) const { return {prompt + o.prompt, samples + o.samples}; }
  };
  Rows RowsOf(const Sequence& s, uint32_t position, uint32_t count) const;
  void Add(Sequence& s, uint32_t count, Draft* draft);
  // The same for a sequence that runs, if there are blocks for it.
  void AddRunning(Sequence& s, uint32_t count, Draft* draft);
  Sequence* NextRunningPrompt(const absl::optional<Urgency>& after, bool take_turns) const;
  Sequence* NextWaiting(const absl::optional<Urgency>& after) const;
  void TellStarted(Sequence& s, std::vector<SchedulerEvent>* events);
  // How many tokens to compute next, within what the draft has left; 0: none.
  uint32_t ChunkFor(const Sequence& s, const Draft& draft) const;
  bool WaitsForAnother(Sequence& s) const;
  // Whether there are a slot and so many blocks, or would be without those who are less urgent.
  bool CouldPlace(const Sequence& s, int64_t wanted) const;
  // Gives a waiting sequence a slot and blocks for its whole journal, if there are any to be had.
  bool Place(Sequence& s);
  // Takes a running sequence off its slot: a paused one, else the least urgent if it is less urgent
  // than `than`.
  bool PreemptBelow(const Urgency& than);
  void WriteWork(Sequence& s, uint32_t count, StepPlan* plan, Flight* flight);

  // --- Bookkeeping.
  void Start(Sequence& s, BlockLease lease, int64_t num_cached_blocks);  // waiting → running
  void Stop(Sequence& s);                                                // running → neither
  void Preempt(Sequence& s);  // running → waiting, or neither if it is paused
  void Remove(Sequence& s);
  void ExtendHashes(Sequence& s);
  void PublishBlocks(Sequence& s);
  void Expect(Sequence& s);    // the blocks it is going to publish
  void Unexpect(Sequence& s);  // it is not
  void CommitPrompt(Sequence& s, RowResult&& row, std::vector<SchedulerEvent>* events);
  void CommitSample(Sequence& s, RowResult&& row, std::vector<SchedulerEvent>* events);
  absl::Status CheckResult(const StepResult& result) const;

  const SchedulerOptions options_;
  BlockPool pool_;
  BlockHasher hasher_;
  absl::flat_hash_map<SequenceId, std::unique_ptr<Sequence>> sequences_;  // never iterated over
  std::map<Urgency, Sequence*> waiting_;
  std::vector<Sequence*> running_;                         // the most urgent first
  std::vector<Sequence*> slots_;                           // who has each; null: nobody
  std::vector<uint32_t> free_slots_;                       // the last one is taken next
  std::vector<uint32_t> ended_slots_;                      // to be told to the workers
  std::deque<Flight> flights_;                             // oldest first
  std::set<std::pair<absl::Time, SequenceId>> deadlines_;  // finite ones
  // Blocks that running sequences are going to publish, and which of them.
  absl::flat_hash_map<BlockHash, Sequence*> expected_;
  uint64_t next_plan_ = 1;
  uint64_t next_run_ = 1;
  uint64_t queued_tokens_ = 0;
  uint64_t load_tokens_ = 0;
  uint64_t num_preemptions_ = 0;
};

}  // namespace baton

#endif  // BATON_ROUTER_SCHEDULER_SCHEDULER_H_
