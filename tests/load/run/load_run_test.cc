#include "tests/load/run/load_run.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/mutex.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

// Answers from a thread of its own, after `takes`.
class InstantBackend : public Backend {
 public:
  explicit InstantBackend(absl::Duration takes, bool fails = false)
      : takes_(takes), fails_(fails) {}
  ~InstantBackend() override {
    for (std::thread& thread : threads_) thread.join();
  }
  absl::StatusOr<ServerFacts> Connect(absl::Duration) override { return ServerFacts(); }
  absl::Status Check(const LoadRequest&) const override { return absl::OkStatus(); }
  void Start(const LoadRequest& request, absl::optional<absl::Time> scheduled, Done done) override {
    RequestRecord record;
    record.index = request.index;
    record.conversation = request.conversation;
    record.turn = request.turn;
    record.scheduled = scheduled;
    record.sent = Clock::Real()->Now();
    record.text = "answer";
    if (!fails_) record.outcome = RequestOutcome::kCompleted;
    record.chunks = {{1000, 1}, {3000, 1}, {7000, 2}};
    MutexLock lock(&mu_);
    most_ = std::max(most_, ++running_);
    requests_.push_back(request);
    threads_.emplace_back([this, record, done = std::move(done)]() mutable {
      std::this_thread::sleep_for(absl::ToChronoNanoseconds(takes_));
      {
        MutexLock ending(&mu_);
        --running_;
      }
      record.end = Clock::Real()->Now();
      done(std::move(record));
    });
  }
  int most() {
    MutexLock lock(&mu_);
    return most_;
  }
  std::vector<LoadRequest> requests() {
    MutexLock lock(&mu_);
    return requests_;
  }

 private:
  const absl::Duration takes_;
  const bool fails_;
  Mutex mu_;
  int running_ ABSL_GUARDED_BY(mu_) = 0, most_ ABSL_GUARDED_BY(mu_) = 0;
  std::vector<LoadRequest> requests_ ABSL_GUARDED_BY(mu_);
  std::vector<std::thread> threads_;  // of the thread that calls Start
};

class CountingWorkload : public Workload {
 public:
  explicit CountingWorkload(size_t size, uint32_t turns = 1) : size_(size), turns_(turns) {}
  size_t size() const override { return size_; }
  LoadRequest Request(size_t i) const override {
    LoadRequest request;
    request.index = request.conversation = i;
    return request;
  }
  absl::optional<FollowUp> Next(const LoadRequest& request,
                                const std::string& text) const override {
    EXPECT_EQ(text, "answer");
    if (request.turn + 1 == turns_) return absl::nullopt;
    FollowUp next{request, absl::Milliseconds(5)};
    ++next.request.turn;
    return next;
  }
  bool has_follow_ups() const override { return turns_ > 1; }

 private:
  const size_t size_;
  const uint32_t turns_;
};

TEST(LoadRunTest, ClosedLoopKeepsTheCapAndNoSchedule) {
  InstantBackend backend(absl::Milliseconds(2));
  LoadRunOptions options;
  options.max_concurrency = 3;
  const LoadRunResult result = RunLoad(&backend, CountingWorkload(30), options);
  EXPECT_EQ(result.records.size(), 30u);
  EXPECT_EQ(backend.most(), 3);
  EXPECT_FALSE(result.open_loop);
  EXPECT_FALSE(result.partial);
  EXPECT_EQ(result.lag.send_us.size(), 30u);
  for (size_t i = 0; i < 30; ++i) {
    EXPECT_EQ(result.records[i].index, i);
    EXPECT_FALSE(result.records[i].scheduled);
  }
}

TEST(LoadRunTest, OpenLoopSendsNothingBeforeItsTime) {
  InstantBackend backend(absl::Milliseconds(1));
  LoadRunOptions options;
  options.arrivals.emplace();
  for (int i = 0; i < 20; ++i) options.arrivals->push_back(absl::Milliseconds(3 * i));
  const LoadRunResult result = RunLoad(&backend, CountingWorkload(20), options);
  ASSERT_EQ(result.records.size(), 20u);
  for (size_t i = 0; i < 20; ++i) {
    const RequestRecord& record = result.records[i];
    EXPECT_EQ(*record.scheduled, result.start + (*options.arrivals)[i]);
    EXPECT_GE(record.sent, *record.scheduled);
  }
}

// What waits at the cap keeps the time at which it was due.
TEST(LoadRunTest, WaitingAtTheCapIsNotTheToolsLag) {
  InstantBackend backend(absl::Milliseconds(20));
  LoadRunOptions options;
  options.arrivals.emplace(5, absl::ZeroDuration());
  options.max_concurrency = 1;
  const LoadRunResult result = RunLoad(&backend, CountingWorkload(5), options);
  ASSERT_EQ(result.records.size(), 5u);
  EXPECT_EQ(backend.most(), 1);
  EXPECT_EQ(result.records[4].due(), result.start);
  EXPECT_GE(result.records[4].sent - result.records[4].due(), absl::Milliseconds(80));
  // The control: had the waits counted as lag, these would be 20, 40, 60 and 80 ms.
  std::vector<uint32_t> lag = result.lag.send_us;
  std::sort(lag.begin(), lag.end());
  EXPECT_LT(lag[2], 20000u);
}

TEST(LoadRunTest, TurnsFollowOnAnswers) {
  InstantBackend backend(absl::Milliseconds(1));
  LoadRunOptions options;
  options.max_concurrency = 2;
  const LoadRunResult result = RunLoad(&backend, CountingWorkload(4, 3), options);
  ASSERT_EQ(result.records.size(), 12u);
  std::vector<std::vector<const RequestRecord*>> turns(4);
  for (const RequestRecord& record : result.records) {
    turns[record.conversation].push_back(&record);
  }
  for (const auto& conversation : turns) {
    ASSERT_EQ(conversation.size(), 3u);
    for (uint32_t turn = 0; turn < 3; ++turn) {
      EXPECT_EQ(conversation[turn]->turn, turn);
      if (turn == 0) continue;
      EXPECT_GE(conversation[turn]->sent, conversation[turn - 1]->end + absl::Milliseconds(5));
    }
  }
}

TEST(LoadRunTest, AStoppedRunIsPartial) {
  InstantBackend backend(absl::Milliseconds(5));
  std::atomic<bool> stop{false};
  LoadRunOptions options;
  options.max_concurrency = 1;
  options.stop = &stop;
  options.progress_interval = absl::Milliseconds(1);
  options.progress = [&](const LoadProgress& progress) {
    if (progress.ended >= 3) stop.store(true);
  };
  const LoadRunResult result = RunLoad(&backend, CountingWorkload(1000), options);
  EXPECT_TRUE(result.partial);
  EXPECT_GE(result.records.size(), 3u);
  EXPECT_LT(result.records.size(), 1000u);
  EXPECT_EQ(result.unfinished, 0u);  // what was under way had time to end
}

// Of what does not fit, the gaps still count, and every token does.
TEST(LoadRunTest, RecordsAreThinnedBeyondALimit) {
  InstantBackend backend(absl::ZeroDuration());
  LoadRunOptions options;
  options.max_concurrency = 1;
  options.most_chunks = 8;
  const LoadRunResult result = RunLoad(&backend, CountingWorkload(10), options);
  EXPECT_FALSE(result.records[0].thinned);
  EXPECT_FALSE(result.records[1].thinned);
  for (size_t i = 2; i < 10; ++i) {
    const RequestRecord& record = result.records[i];
    EXPECT_TRUE(record.thinned);
    ASSERT_EQ(record.chunks.size(), 2u);
    EXPECT_EQ(record.chunks[0].at_us, 1000u);
    EXPECT_EQ(record.chunks[1].at_us, 7000u);
    EXPECT_EQ(record.chunks[0].tokens + record.chunks[1].tokens, 4u);
  }
  EXPECT_EQ(result.thinned_gaps.ict.count(), 8 * 2u);
  EXPECT_EQ(result.thinned_gaps.itl.count(), 8 * 3u);
}

TEST(LoadRunTest, GivesUpOnAServerThatIsGone) {
  InstantBackend backend(absl::ZeroDuration(), /*fails=*/true);
  LoadRunOptions options;
  options.max_concurrency = 1;
  options.give_up_after = 7;
  const LoadRunResult result = RunLoad(&backend, CountingWorkload(1000), options);
  EXPECT_TRUE(result.gave_up);
  EXPECT_TRUE(result.partial);
  EXPECT_EQ(result.records.size(), 7u);
}

}  // namespace
}  // namespace baton
