#include "tests/load/run/load_run.h"

#include <algorithm>
#include <memory>
#include <queue>
#include <utility>

#include "common/clock.h"
#include "common/mutex.h"
#include "tests/load/run/lag_probe.h"

namespace baton {
namespace {

// A request that has its time.
struct Planned {
  absl::Time due;
  LoadRequest request;
  bool operator>(const Planned& other) const { return due > other.due; }
};

// What has ended since it was last asked.
struct Ended {
  RequestRecord record;
  absl::Time seen;
};

// Where the back end's threads leave what has ended. It may outlive the run that made it: a run
// that is stopped leaves requests under way.
class EndedQueue {
 public:
  void Push(RequestRecord record) {
    const absl::Time now = Clock::Real()->Now();
    MutexLock lock(&mu_);
    ended_.push_back({std::move(record), now});
    changed_.Signal();
  }
  // Waits until something has ended, or until `until`.
  std::vector<Ended> Take(absl::Time until) {
    MutexLock lock(&mu_);
    while (ended_.empty()) {
      const absl::Duration left = until - Clock::Real()->Now();
      if (left <= absl::ZeroDuration()) break;
      changed_.WaitFor(&mu_, absl::ToChronoNanoseconds(left));
    }
    return std::exchange(ended_, {});
  }

 private:
  Mutex mu_;
  CondVar changed_;
  std::vector<Ended> ended_ ABSL_GUARDED_BY(mu_);
};

// The loop: what is due is sent, what has ended is taken in. All on one thread.
class Run {
 public:
  Run(Backend* backend, const Workload& workload, const LoadRunOptions& options)
      : backend_(backend), workload_(workload), options_(options) {
    result_.open_loop = options.arrivals.has_value();
    result_.max_concurrency = options.max_concurrency;
    result_.records.reserve(workload.size());
    result_.lag.send_us.reserve(workload.size());
  }

  LoadRunResult Go() {
    UsePreciseTimers();
    LagProbe probe;
    PrepareNext();
    result_.start = Clock::Real()->Now();
    next_progress_ = result_.start + options_.progress_interval;
    while (!Over()) {
      SendWhatIsDue();
      TakeIn(ended_->Take(WakeUp()));
      Progress();
    }
    result_.unfinished = running_;
    result_.partial = stopping_ && (running_ > 0 || next_.has_value() || !follow_ups_.empty());
    result_.end = running_ > 0 ? Clock::Real()->Now() : std::max(last_end_, result_.start);
    probe.Stop(&result_.lag);
    std::sort(result_.records.begin(), result_.records.end(),
              [](const RequestRecord& a, const RequestRecord& b) { return a.index < b.index; });
    return std::move(result_);
  }

 private:
  bool told_to_stop() const { return options_.stop != nullptr && options_.stop->load(); }

  bool Over() {
    if (told_to_stop()) Stop();
    if (running_ == 0 && (stopping_ || (!next_ && follow_ups_.empty()))) return true;
    return stopping_ && Clock::Real()->Now() >= give_up_;
  }

  void Stop() {
    if (stopping_) return;
    stopping_ = true;
    give_up_ = Clock::Real()->Now() + options_.grace;
  }

  void CountFailures(const RequestRecord& record) {
    if (record.outcome != RequestOutcome::kFailed) {
      failed_in_a_row_ = 0;
    } else if (++failed_in_a_row_ == options_.give_up_after) {
      result_.gave_up = true;
      Stop();
    }
  }

  // The next request is made before it is due.
  void PrepareNext() {
    next_.reset();
    if (prepared_ == workload_.size()) return;
    next_at_ = options_.arrivals ? (*options_.arrivals)[prepared_] : absl::ZeroDuration();
    next_ = workload_.Request(prepared_++);
  }

  bool MaySend() const {
    return !stopping_ && !told_to_stop() && running_ < options_.max_concurrency.value_or(SIZE_MAX);
  }

  void SendWhatIsDue() {
    while (MaySend()) {
      const absl::Time now = Clock::Real()->Now();
      const bool follow_up_due = !follow_ups_.empty() && follow_ups_.top().due <= now;
      if (next_ && result_.start + next_at_ <= now &&
          !(follow_up_due && follow_ups_.top().due < result_.start + next_at_)) {
        Send(std::move(*next_), result_.start + next_at_);
        PrepareNext();
      } else if (follow_up_due) {
        Planned planned = follow_ups_.top();
        follow_ups_.pop();
        Send(std::move(planned.request), planned.due);
      } else {
        return;
      }
    }
  }

  void Send(LoadRequest request, absl::Time due) {
    request.index = sent_++;
    result_.peak = std::max(result_.peak, ++running_);
    could_be_sent_.push_back(std::max(due, TakeRoom()));
    backend_->Start(request, result_.open_loop ? absl::make_optional(due) : absl::nullopt,
                    [ended = ended_](RequestRecord record) { ended->Push(std::move(record)); });
    if (workload_.has_follow_ups()) open_.push_back(std::move(request));
  }

  // Since when there has been room under the cap for one more.
  absl::Time TakeRoom() {
    if (!options_.max_concurrency || sent_ <= *options_.max_concurrency) {
      return absl::InfinitePast();
    }
    const absl::Time since = room_.front();
    room_.pop();
    return since;
  }

  void TakeIn(std::vector<Ended> ended) {
    for (Ended& each : ended) {
      --running_;
      if (options_.max_concurrency) room_.push(each.seen);
      RequestRecord& record = each.record;
      last_end_ = std::max(last_end_, record.end);
      output_tokens_ += record.output_tokens;
      failed_ += record.outcome != RequestOutcome::kCompleted &&
                 record.outcome != RequestOutcome::kCancelled;
      const absl::Duration late = record.sent - could_be_sent_[record.index];
      result_.lag.send_us.push_back(static_cast<uint32_t>(
          std::clamp<int64_t>(absl::ToInt64Microseconds(late), 0, UINT32_MAX)));
      CountFailures(record);
      if (options_.ended) options_.ended(record);
      FollowUpOn(record);
      Thin(&record);
      result_.records.push_back(std::move(record));
    }
  }

  // Bounds the memory of a run, whatever its length.
  void Thin(RequestRecord* record) {
    chunks_ += record->chunks.size();
    if (chunks_ <= options_.most_chunks || record->chunks.size() <= 2) return;
    if (record->outcome == RequestOutcome::kCompleted) AddGaps(*record, &result_.thinned_gaps);
    const OutputChunk first = record->chunks.front();
    OutputChunk last = record->chunks.back();
    last.tokens = 0;
    for (const OutputChunk& chunk : record->chunks) last.tokens += chunk.tokens;
    last.tokens -= first.tokens;
    chunks_ -= record->chunks.size() - 2;
    record->chunks = {first, last};
    record->thinned = true;
  }

  void FollowUpOn(const RequestRecord& record) {
    if (!workload_.has_follow_ups()) return;
    const auto request = std::find_if(
        open_.begin(), open_.end(), [&](const LoadRequest& r) { return r.index == record.index; });
    if (request == open_.end()) return;
    if (record.outcome == RequestOutcome::kCompleted) {
      if (auto next = workload_.Next(*request, record.text)) {
        follow_ups_.push({record.end + next->think_time, std::move(next->request)});
      }
    }
    open_.erase(request);
  }

  // The next moment at which there is something to do even if nothing ends.
  absl::Time WakeUp() const {
    absl::Time wake = Clock::Real()->Now() + absl::Milliseconds(100);  // to see `stop`
    if (options_.progress) wake = std::min(wake, next_progress_);
    if (stopping_) return std::min(wake, give_up_);
    if (!MaySend()) return wake;
    if (next_) wake = std::min(wake, result_.start + next_at_);
    if (!follow_ups_.empty()) wake = std::min(wake, follow_ups_.top().due);
    return wake;
  }

  void Progress() {
    const absl::Time now = Clock::Real()->Now();
    if (!options_.progress || now < next_progress_) return;
    next_progress_ = now + options_.progress_interval;
    LoadProgress progress;
    progress.elapsed = now - result_.start;
    progress.sent = sent_;
    progress.ended = result_.records.size();
    progress.failed = failed_;
    progress.running = running_;
    progress.waiting = Waiting(now);
    progress.output_tokens = output_tokens_;
    options_.progress(progress);
  }

  // Those that are due and not sent.
  size_t Waiting(absl::Time now) const {
    if (!options_.arrivals || !next_) return 0;
    const auto& arrivals = *options_.arrivals;
    const auto first = arrivals.begin() + static_cast<std::ptrdiff_t>(prepared_ - 1);
    return static_cast<size_t>(std::upper_bound(first, arrivals.end(), now - result_.start) -
                               first);
  }

  Backend* const backend_;
  const Workload& workload_;
  const LoadRunOptions& options_;
  const std::shared_ptr<EndedQueue> ended_ = std::make_shared<EndedQueue>();
  LoadRunResult result_;

  size_t prepared_ = 0;               // of the workload's requests
  absl::optional<LoadRequest> next_;  // the last of these, if it is not sent
  absl::Duration next_at_;
  std::priority_queue<Planned, std::vector<Planned>, std::greater<Planned>> follow_ups_;

  size_t sent_ = 0, running_ = 0, failed_ = 0, failed_in_a_row_ = 0;
  uint64_t output_tokens_ = 0;
  size_t chunks_ = 0;                      // kept
  std::vector<LoadRequest> open_;          // under way, where they may have follow-ups
  std::vector<absl::Time> could_be_sent_;  // by index
  std::queue<absl::Time> room_;  // when each that ended did, as far as its room is not taken
  absl::Time last_end_ = absl::InfinitePast();
  bool stopping_ = false;
  absl::Time give_up_, next_progress_;
};

}  // namespace

LoadRunResult RunLoad(Backend* backend, const Workload& workload, const LoadRunOptions& options) {
  return Run(backend, workload, options).Go();
}

}  // namespace baton
