#include "main/cluster_watcher.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "client/client.h"

namespace baton {
namespace {

constexpr auto kPause = std::chrono::milliseconds(100);
constexpr absl::Duration kPatience = absl::Milliseconds(500);

uint32_t NumReady(const v1::GetClusterStatusResponse& status) {
  return std::count_if(status.groups().begin(), status.groups().end(),
                       [](const auto& group) { return group.state() == v1::GROUP_STATE_READY; });
}

}  // namespace

ClusterWatcher::ClusterWatcher(std::string address, uint32_t groups)
    : address_(std::move(address)), groups_(groups), thread_([this] { Watch(); }) {}

ClusterWatcher::~ClusterWatcher() {
  {
    MutexLock lock(&mu_);
    stop_ = true;
    stop_changed_.SignalAll();
  }
  thread_.join();
}

absl::optional<v1::GetClusterStatusResponse> ClusterWatcher::latest() const {
  MutexLock lock(&mu_);
  return latest_;
}

absl::optional<ReadyCluster> ClusterWatcher::ready() const {
  MutexLock lock(&mu_);
  return ready_;
}

void ClusterWatcher::Watch() {
  for (;;) {
    Ask();
    MutexLock lock(&mu_);
    if (ready_) return;
    if (!stop_) stop_changed_.WaitFor(&mu_, kPause);
    if (stop_) return;
  }
}

void ClusterWatcher::Ask() {
  const auto client = Client::Connect(address_, kPatience);
  if (!client.ok()) return;
  auto status = (*client)->GetClusterStatus({}, kPatience);
  if (!status.ok()) return;
  absl::optional<ReadyCluster> ready;
  if (NumReady(*status) >= groups_) {
    ready.emplace();
    ready->status = *status;
    const auto model = (*client)->GetModel({}, kPatience);
    if (model.ok()) ready->max_model_len = model->model().max_model_len();
  }
  MutexLock lock(&mu_);
  latest_ = *std::move(status);
  ready_ = std::move(ready);
}

}  // namespace baton
