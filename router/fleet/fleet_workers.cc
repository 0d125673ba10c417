// What workers' streams tell.
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "router/fleet/fleet.h"
#include "router/fleet/group_runtime.h"

namespace baton {

Fleet::GroupRuntime* Fleet::FindRuntime(AttachmentId id) {
  const auto it = attachments_.find(id);
  return it == attachments_.end() ? nullptr : groups_.at(it->second).get();
}

absl::StatusOr<AttachmentId> Fleet::Attach(const std::string& group, const RankHello& hello,
                                           std::shared_ptr<const ModelContext> model,
                                           std::shared_ptr<WorkerLink> link) {
  RETURN_IF_ERROR(CheckGroupName(group));
  if (model != nullptr && model->digest != hello.model_digest) {
    return absl::FailedPreconditionError(
        absl::StrCat("group ", group, ", rank ", hello.rank, ": the model card's digest is ",
                     model->digest, "; expected the worker's, ", hello.model_digest));
  }
  Runtimes forgotten;  // destroyed after the lock is gone
  MutexLock lock(&mu_);
  if (links_closed_) return absl::UnavailableError(kShuttingDown);
  const AttachmentId id = next_attachment_++;
  Group::Actions actions;
  auto it = groups_.find(group);
  if (it != groups_.end()) {
    RETURN_IF_ERROR(it->second->group.Attach(id, hello, clock_->Now(), &actions));
  } else {
    Group formed(group);
    RETURN_IF_ERROR(formed.Attach(id, hello, clock_->Now(), &actions));
    if (groups_.size() >= kMaxGroups) forgotten = TakeEmptyGroups(absl::ZeroDuration());
    if (groups_.size() >= kMaxGroups) {
      return absl::ResourceExhaustedError(absl::StrCat(
          "group ", group, ": there are ", groups_.size(), " groups; the limit is ", kMaxGroups));
    }
    it = groups_.emplace(group, std::make_shared<GroupRuntime>(this, group, std::move(formed)))
             .first;
  }
  GroupRuntime& g = *it->second;
  attachments_[id] = group;
  g.links[id] = std::move(link);
  Act(g, actions);
  SetModel(g, std::move(model));
  return id;
}

void Fleet::Progress(AttachmentId id, uint64_t done, uint64_t total) {
  MutexLock lock(&mu_);
  GroupRuntime* g = FindRuntime(id);
  if (g != nullptr) g->group.Progress(id, done, total);
}

absl::Status Fleet::Loaded(AttachmentId id, const RankCapacity& capacity) {
  MutexLock lock(&mu_);
  GroupRuntime* g = FindRuntime(id);
  if (g == nullptr) return absl::OkStatus();
  Group::Actions actions;
  RETURN_IF_ERROR(g->group.Loaded(id, capacity, &next_epoch_, clock_->Now(), &actions));
  Act(*g, actions);
  return absl::OkStatus();
}

void Fleet::Ready(AttachmentId id, uint64_t epoch) {
  MutexLock lock(&mu_);
  GroupRuntime* g = FindRuntime(id);
  if (g == nullptr) return;
  Group::Actions actions;
  g->group.Ready(id, epoch, &actions);
  Act(*g, actions);
}

void Fleet::Result(AttachmentId id, uint64_t epoch, StepResult result) {
  std::shared_ptr<GroupRuntime> g;
  {
    MutexLock lock(&mu_);
    const auto it = attachments_.find(id);
    if (it == attachments_.end()) return;
    g = groups_.at(it->second);
    if (!g->group.IsSampler(id)) return;
  }
  g->engine->PostResult(epoch, std::move(result));
  g->engine->TakeTurn();
}

void Fleet::EpochFailed(AttachmentId id, uint64_t epoch, const std::string& reason) {
  std::string group;
  {
    MutexLock lock(&mu_);
    const auto it = attachments_.find(id);
    if (it == attachments_.end()) return;
    group = it->second;
  }
  FailEpoch(group, epoch, reason);
}

void Fleet::FailEpoch(const std::string& group, uint64_t epoch, const std::string& reason) {
  MutexLock lock(&mu_);
  const auto it = groups_.find(group);
  if (it == groups_.end()) return;
  Group::Actions actions;
  it->second->group.Fail(epoch, reason, &next_epoch_, clock_->Now(), &actions);
  Act(*it->second, actions);
}

void Fleet::Detach(AttachmentId id, const std::string& reason) {
  MutexLock lock(&mu_);
  GroupRuntime* g = FindRuntime(id);
  if (g == nullptr) return;
  Group::Actions actions;
  g->group.Detach(id, reason, &next_epoch_, clock_->Now(), &actions);
  g->links.erase(id);
  attachments_.erase(id);
  Act(*g, actions);
}

}  // namespace baton
