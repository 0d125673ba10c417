#include "tests/exactness/run_trial.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/check.h"
#include "router/scheduler/block_hash.h"
#include "tests/model/schedule.h"

namespace baton {
namespace {

constexpr int64_t kBlocks = 256;
constexpr uint32_t kStepTokens = 256;
// Far more than any trial takes.
constexpr uint32_t kMostTicks = 100000;

// A client that reads what it is given, and now and then has enough.
struct Client : RecordingSink {
  explicit Client(uint32_t every) : pause_every(every) {}
  bool OnPiece(PieceEvent piece) override {
    RecordingSink::OnPiece(std::move(piece));
    ++pieces;
    const bool enough = pause_every > 0 && pieces % pause_every == 0;
    has_enough |= enough;
    return !enough;
  }
  const uint32_t pause_every;
  uint32_t pieces = 0;
  bool has_enough = false;
};

class TrialRun {
 public:
  TrialRun(const Trial& trial, TestGroup* group, std::shared_ptr<const Tokenizer> tokenizer,
           const Tamper& tamper)
      : trial_(trial),
        tokenizer_(std::move(tokenizer)),
        random_(~trial.seed),
        engine_(group, trial.scheduler, tamper) {}

  TrialOutcome Run() {
    TrialOutcome outcome;
    for (tick_ = 0; tick_ < kMostTicks && !Done(); ++tick_) {
      engine_.clock().Advance(absl::Milliseconds(1));
      SubmitDue();
      CancelAndResumeDue();
      if (Chance(trial_.turn_percent)) engine_.core().Turn();
      if (engine_.num_in_flight() == 0 || !Chance(trial_.result_percent)) continue;
      const absl::Status delivered = engine_.DeliverResult();
      if (!delivered.ok()) {
        outcome.fault = delivered.ToString();
        break;
      }
    }
    const EngineSnapshot snapshot = engine_.core().Snapshot();
    if (outcome.fault.empty() && !Done())
      outcome.fault = absl::StrCat("not everything has ended after ", kMostTicks, " ticks");
    if (outcome.fault.empty() && snapshot.blocks_used > 0)
      outcome.fault = absl::StrCat(snapshot.blocks_used, " blocks are in use at the end");
    coverage_.trials = 1;
    coverage_.plans = engine_.num_plans();
    coverage_.preemptions = snapshot.preemptions;
    coverage_.cached_tokens = snapshot.cached_tokens;
    coverage_.dropped_samples = engine_.num_planned_samples() - snapshot.output_tokens;
    coverage_.most_in_flight = engine_.most_in_flight();
    outcome.coverage = coverage_;
    outcome.answers.assign(clients_.begin(), clients_.end());
    return outcome;
  }

 private:
  bool Chance(uint32_t percent) { return Draw(random_, 1, 100) <= int64_t{percent}; }

  // Results of what has ended already are waited for too.
  bool Done() {
    return clients_.size() == trial_.requests.size() && engine_.core().idle() &&
           engine_.num_in_flight() == 0;
  }

  void SubmitDue() {
    while (clients_.size() < trial_.requests.size() &&
           trial_.requests[clients_.size()].submit_at <= tick_) {
      const TrialRequest& r = trial_.requests[clients_.size()];
      EngineRequest request = r.request;
      request.arrival = engine_.clock().Now();
      std::vector<BlockHash> hashes;
      if (r.brings_hashes) {
        BlockHasher hasher(trial_.scheduler.hash_key, trial_.scheduler.block_size);
        hashes = hasher.Chain(hasher.Root(0, "", request.cache_salt), request.prompt);
      }
      if (r.cancel_after.has_value()) cancels_.emplace(tick_ + *r.cancel_after, clients_.size());
      clients_.push_back(std::make_shared<Client>(r.pause_every));
      engine_.core().Submit(clients_.size(), tokenizer_, std::move(request), clients_.back(),
                            std::move(hashes));
    }
  }

  void CancelAndResumeDue() {
    for (; !cancels_.empty() && cancels_.begin()->first <= tick_;
         cancels_.erase(cancels_.begin())) {
      const size_t i = cancels_.begin()->second;
      if (clients_[i]->ends == 0 && !clients_[i]->choices.empty()) ++coverage_.cancelled;
      engine_.core().Cancel(i + 1);
    }
    for (; !resumes_.empty() && resumes_.begin()->first <= tick_; resumes_.erase(resumes_.begin()))
      engine_.core().Resume(resumes_.begin()->second + 1);
    for (size_t i = 0; i < clients_.size(); ++i) {
      if (!std::exchange(clients_[i]->has_enough, false) || clients_[i]->ends > 0) continue;
      ++coverage_.pauses;
      resumes_.emplace(tick_ + trial_.requests[i].pause_ticks, i);
    }
  }

  const Trial& trial_;
  const std::shared_ptr<const Tokenizer> tokenizer_;
  Random random_;
  ModelEngine engine_;
  std::vector<std::shared_ptr<Client>> clients_;
  std::multimap<uint32_t, size_t> cancels_, resumes_;  // by tick
  uint32_t tick_ = 0;
  Coverage coverage_;
};

SchedulerOptions AloneOptions() {
  SchedulerOptions o;
  o.num_blocks = kBlocks;
  o.max_running = 1;
  o.max_step_tokens = kStepTokens;
  o.max_step_rows = kStepTokens;
  o.max_in_flight = 1;
  o.prefix_cache = false;
  return o;
}

}  // namespace

TrialOutcome RunTrial(const Trial& trial, TestGroup* group,
                      const std::shared_ptr<const Tokenizer>& tokenizer, const Tamper& tamper) {
  return TrialRun(trial, group, tokenizer, tamper).Run();
}

Alone::Alone(TestGroup* group, std::shared_ptr<const Tokenizer> tokenizer)
    : tokenizer_(std::move(tokenizer)), engine_(group, AloneOptions()) {}

std::shared_ptr<RecordingSink> Alone::Run(const EngineRequest& request) {
  BATON_CHECK(request.prompt.size() <= kStepTokens && engine_.core().idle());
  auto sink = std::make_shared<RecordingSink>();
  EngineRequest copy = request;
  copy.arrival = engine_.clock().Now();
  engine_.core().Submit(next_id_++, tokenizer_, std::move(copy), sink, {});
  while (!engine_.core().idle()) {
    engine_.core().Turn();
    const absl::Status delivered = engine_.DeliverResult();
    if (!delivered.ok()) sink->OnError(delivered);
    BATON_CHECK(delivered.ok());
  }
  return sink;
}

TestGroupOptions GroupLimits(int tp, int pp) {
  TestGroupOptions options;
  options.tp = tp;
  options.pp = pp;
  options.num_blocks = kBlocks;
  options.max_step_tokens = kStepTokens;
  options.max_step_rows = kStepTokens;
  options.max_slots = 64;
  return options;
}

}  // namespace baton
