#include "router/api/fake_cluster.h"

#include <chrono>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace baton {

bool FakeRun::Emit(uint32_t position, int32_t token, const std::string& text, uint32_t choice) {
  PieceEvent piece;
  piece.choice = choice;
  piece.position = position;
  piece.token_ids = {token};
  piece.text = text;
  return sink_->OnPiece(std::move(piece));
}

void FakeRun::Finish(uint32_t output_tokens) {
  FinishedEvent event;
  event.first.reason = FinishReason::kLength;
  event.first.output_tokens = output_tokens;
  event.output_tokens = output_tokens;
  event.total = absl::Milliseconds(2500);
  sink_->OnFinished(event);
}

void FakeRun::Cancel() {
  MutexLock lock(&mu_);
  cancelled_ = true;
  changed_.SignalAll();
}

void FakeRun::Resume() {
  MutexLock lock(&mu_);
  ++resumed_;
  changed_.SignalAll();
}

bool FakeRun::cancelled() const {
  MutexLock lock(&mu_);
  return cancelled_;
}

int FakeRun::num_resumed() const {
  MutexLock lock(&mu_);
  return resumed_;
}

bool FakeRun::WaitCancelled(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  MutexLock lock(&mu_);
  while (!cancelled_ && absl::Now() < deadline) {
    changed_.WaitFor(&mu_, absl::ToChronoNanoseconds(deadline - absl::Now()));
  }
  return cancelled_;
}

bool FakeRun::WaitResumed(int times, absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  MutexLock lock(&mu_);
  while (resumed_ < times && absl::Now() < deadline) {
    changed_.WaitFor(&mu_, absl::ToChronoNanoseconds(deadline - absl::Now()));
  }
  return resumed_ >= times;
}

FakeCluster::~FakeCluster() {
  std::vector<std::thread> threads;
  {
    MutexLock lock(&mu_);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
}

absl::StatusOr<ModelServing> FakeCluster::FindModel(absl::string_view name) const {
  if (name.empty() || name == serving_.model->name) return serving_;
  return absl::NotFoundError(
      absl::StrCat("model: ", name, " is not served, only ", serving_.model->name, " is"));
}

RequestHandle FakeCluster::Submit(std::shared_ptr<const ModelContext> /*model*/,
                                  EngineRequest request, std::shared_ptr<RequestSink> sink) {
  auto run = std::make_shared<FakeRun>(std::move(request), std::move(sink));
  MutexLock lock(&mu_);
  threads_.emplace_back([this, run] { script_(run.get()); });
  return {[run] { run->Cancel(); }, [run] { run->Resume(); }};
}

std::vector<GroupSnapshot> FakeCluster::Groups() const {
  GroupSnapshot group;
  group.name = "group-0";
  group.state = GroupState::kReady;
  group.model = serving_.model->name;
  group.tp = 2;
  group.pp = 1;
  group.ranks.resize(2);
  group.ranks[1].rank = 1;
  group.ranks[1].shard = "heads 5-8 of 9";
  return {group};
}

size_t FakeCluster::num_submitted() const {
  MutexLock lock(&mu_);
  return threads_.size();
}

}  // namespace baton
