// The fleet from its beginning to its end, as time passes.
#include "router/fleet/fleet.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "router/fleet/group_runtime.h"
#include "router/fleet/random_words.h"
#include "spdlog/spdlog.h"

namespace baton {

Fleet::Fleet(const FleetOptions& options, const Clock* clock)
    : options_(options),
      clock_(clock),
      incarnation_(RandomWord()),
      hash_key_(RandomKey()),
      started_(clock->Now()),
      ticker_([this] { RunTicks(); }) {}

Fleet::~Fleet() {
  {
    MutexLock lock(&mu_);
    stop_ = true;
    stopped_.SignalAll();
  }
  ticker_.join();
  std::map<std::string, std::shared_ptr<GroupRuntime>> groups;
  {
    MutexLock lock(&mu_);
    groups.swap(groups_);
  }
}

void Fleet::RunTicks() {
  if (options_.tick_interval == absl::InfiniteDuration()) return;
  while (true) {
    {
      MutexLock lock(&mu_);
      if (!stop_) stopped_.WaitFor(&mu_, absl::ToChronoNanoseconds(options_.tick_interval));
      if (stop_) return;
    }
    Tick();
  }
}

void Fleet::Tick() {
  Runtimes forgotten;  // destroyed after the lock is gone
  MutexLock lock(&mu_);
  const absl::Time now = clock_->Now();
  for (auto& [name, g] : groups_) {
    Group::Actions actions;
    if (IsOverdue(*g)) {
      g->group.Fail(g->group.epoch(),
                    absl::StrCat("its plan has been without a result for ",
                                 absl::FormatDuration(options_.stall_limit), " (--stall-limit)"),
                    &next_epoch_, now, &actions);
    } else {
      g->group.Tick(&next_epoch_, now, &actions);
    }
    Act(*g, actions);
  }
  forgotten = TakeEmptyGroups(options_.forget_group_after);
}

bool Fleet::IsOverdue(const GroupRuntime& g) const {
  if (g.group.state() != GroupState::kReady) return false;
  // The snapshot may still be of the epoch before.
  const absl::Time since = g.engine->Snapshot().in_flight_since;
  return since >= g.epoch_started && clock_->Now() - since >= options_.stall_limit;
}

Fleet::Runtimes Fleet::TakeEmptyGroups(absl::Duration at_least) {
  Runtimes taken;
  for (auto it = groups_.begin(); it != groups_.end();) {
    GroupRuntime& g = *it->second;
    if (clock_->Now() - g.group.empty_since() < at_least || g.engine->LoadTokens() > 0) {
      ++it;
      continue;
    }
    spdlog::info("group {}: forgotten, no rank is attached", it->first);
    taken.push_back(std::move(it->second));
    it = groups_.erase(it);
  }
  return taken;
}

void Fleet::StopAccepting() {
  MutexLock lock(&mu_);
  draining_ = true;
}

void Fleet::DrainNow() {
  MutexLock lock(&mu_);
  draining_ = true;
  for (const auto& [name, g] : groups_) g->engine->DrainNow();
}

void Fleet::CloseLinks() {
  std::vector<std::shared_ptr<WorkerLink>> links;
  {
    MutexLock lock(&mu_);
    links_closed_ = true;
    for (const auto& [name, g] : groups_) {
      for (const auto& [id, link] : g->links) links.push_back(link);
    }
  }
  for (const auto& link : links) link->Close(kShuttingDown);
}

bool Fleet::Idle() const {
  MutexLock lock(&mu_);
  for (const auto& [name, g] : groups_) {
    if (g->engine->LoadTokens() > 0) return false;
  }
  return true;
}

}  // namespace baton
