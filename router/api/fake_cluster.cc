#include "router/api/fake_cluster.h"

#include <chrono>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace baton {

void FakeRun::Emit(uint32_t position, int32_t token, const std::string& text) {
  PieceEvent piece;
  piece.position = position;
  piece.token_ids = {token};
  piece.text = text;
  sink_->OnPiece(std::move(piece));
}

void FakeRun::Finish(uint32_t output_tokens) {
  FinishedEvent event;
  event.reason = FinishReason::kLength;
  event.output_tokens = output_tokens;
  event.total = absl::Milliseconds(2500);
  sink_->OnFinished(event);
}

void FakeRun::Cancel() {
  MutexLock lock(&mu_);
  cancelled_ = true;
  changed_.SignalAll();
}

bool FakeRun::cancelled() const {
  MutexLock lock(&mu_);
  return cancelled_;
}

bool FakeRun::WaitCancelled(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  MutexLock lock(&mu_);
  while (!cancelled_ && absl::Now() < deadline) {
    changed_.WaitFor(&mu_, absl::ToChronoNanoseconds(deadline - absl::Now()));
  }
  return cancelled_;
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

std::function<void()> FakeCluster::Submit(std::shared_ptr<const ModelContext> /*model*/,
                                          EngineRequest request,
                                          std::shared_ptr<RequestSink> sink) {
  auto run = std::make_shared<FakeRun>(std::move(request), std::move(sink));
  MutexLock lock(&mu_);
  threads_.emplace_back([this, run] { script_(run.get()); });
  return [run] { run->Cancel(); };
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
