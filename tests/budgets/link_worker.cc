#include "tests/budgets/link_worker.h"

#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "common/check.h"
#include "router/fleet/worker_messages.h"

namespace baton {
namespace {

absl::Duration CpuTimeOf(clockid_t clock) {
  timespec t;
  BATON_CHECK(clock_gettime(clock, &t) == 0);
  return absl::DurationFromTimespec(t);
}

}  // namespace

std::shared_ptr<LinkWorker> LinkWorker::Start(const FakeWorkerOptions& options, Fleet* fleet,
                                              StepTimes* times) {
  std::shared_ptr<LinkWorker> worker(new LinkWorker(options, fleet, times));
  auto model = MakeModelContext(FakeModelCard());
  BATON_CHECK(model.ok());
  const auto id = fleet->Attach("g0", FakeHello(), *std::move(model), worker);
  BATON_CHECK(id.ok());
  worker->id_ = *id;
  BATON_CHECK(fleet->Loaded(*id, options.capacity).ok());
  uint64_t epoch = 0;
  {
    MutexLock lock(&worker->mu_);
    epoch = worker->epoch_;  // told within Loaded
  }
  BATON_CHECK(epoch > 0);
  worker->thread_ = std::thread([w = worker.get()] { w->Run(); });
  fleet->Ready(*id, epoch);
  return worker;
}

LinkWorker::~LinkWorker() { Stop(); }

void LinkWorker::Stop() {
  {
    MutexLock lock(&mu_);
    stop_ = true;
    changed_.SignalAll();
  }
  if (thread_.joinable()) thread_.join();
}

absl::Duration LinkWorker::CpuTime() {
  clockid_t clock;
  BATON_CHECK(pthread_getcpuclockid(thread_.native_handle(), &clock) == 0);
  return CpuTimeOf(clock) - absl::Nanoseconds(router_cpu_nanos_.load());
}

void LinkWorker::SendFormGroup(const FormGroupOrder& order) {
  MutexLock lock(&mu_);
  epoch_ = order.epoch;
}

void LinkWorker::SendPlan(uint64_t epoch, const StepPlan& plan) {
  if (times_ != nullptr) times_->Plan(/*continues=*/plan.starts.empty());
  MutexLock lock(&mu_);
  plans_.push_back({epoch, plan, absl::Now()});
  changed_.Signal();
}

void LinkWorker::Run() {
  absl::Time answered = absl::InfinitePast();
  while (true) {
    Planned next;
    {
      MutexLock lock(&mu_);
      while (plans_.empty() && !stop_) changed_.Wait(&mu_);
      if (stop_) return;
      next = std::move(plans_.front());
      plans_.pop_front();
    }
    StepResult result = Answer(next.plan);
    absl::SleepFor(std::max(next.came, answered) + options_.step - absl::Now());
    answered = absl::Now();
    if (times_ != nullptr) times_->Result();
    const absl::Duration before = CpuTimeOf(CLOCK_THREAD_CPUTIME_ID);
    fleet_->Result(id_, next.epoch, std::move(result));
    router_cpu_nanos_ += absl::ToInt64Nanoseconds(CpuTimeOf(CLOCK_THREAD_CPUTIME_ID) - before);
  }
}

StepResult LinkWorker::Answer(const StepPlan& plan) {
  for (const PlannedStart& start : plan.starts)
    slots_.at(start.slot) = {start.sampling.seed, start.sampling.choice};
  StepResult result;
  result.plan_id = plan.plan_id;
  result.rows.reserve(plan.rows.size());
  const PlannedRow* row = plan.rows.data();
  for (const PlannedWork& work : plan.work) {
    const Slot& slot = slots_.at(work.slot);
    for (uint32_t i = 0; i < work.num_rows; ++i, ++row) {
      result.rows.emplace_back();
      result.rows.back().slot = work.slot;
      result.rows.back().position = row->position;
      if (row->sample)
        result.rows.back().token = FakeToken(slot.seed, slot.choice, row->position + 1);
    }
  }
  return result;
}

}  // namespace baton
