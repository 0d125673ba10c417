#include "worker/link/session.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status_macros.h"
#include "worker/comm/shm_communicator.h"
#include "worker/comm/single_communicator.h"

namespace baton {

struct Session::Formation {
  explicit Formation(FormOrder o) : order(std::move(o)) {}

  const FormOrder order;
  std::atomic<bool> cancelled{false};

  Mutex mu;
  std::shared_ptr<GroupCommunicators> communicators ABSL_GUARDED_BY(mu);

  std::atomic<bool> failed{false};  // and the router was told, unless it knows that it is over
  uint64_t next_plan = 1;           // of the session's launching thread
};

ConnectFn ShmConnect(const Parallelism& p) {
  return [p](const FormOrder& order, const std::atomic<bool>& cancelled)
             -> absl::StatusOr<std::shared_ptr<GroupCommunicators>> {
    if (order.incarnations.size() != static_cast<size_t>(p.size())) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "the group has %d ranks; this worker expects %d", order.incarnations.size(), p.size()));
    }
    // Connects the ranks first, first + stride, …, `count` of them, of which this one is number
    // `index`.
    const auto connect = [&](absl::string_view name, int first, int stride, int count, int index,
                             int num_buffers) -> absl::StatusOr<std::unique_ptr<Communicator>> {
      if (count == 1) return std::make_unique<SingleCommunicator>();
      ShmOptions options;
      options.rendezvous = absl::StrCat(order.rendezvous, name, first);
      options.rank = index;
      for (int i = 0; i < count; ++i)
        options.incarnations.push_back(order.incarnations[first + i * stride]);
      options.cancelled = &cancelled;
      options.num_buffers = num_buffers;
      return ConnectShm(options);
    };
    auto group = std::make_shared<GroupCommunicators>();
    ASSIGN_OR_RETURN(group->all, connect(".all", 0, 1, p.size(), p.rank, kSampleBuffers));
    ASSIGN_OR_RETURN(group->tp, connect(".tp", p.stage() * p.tp, 1, p.tp, p.tp_rank(), 2));
    ASSIGN_OR_RETURN(group->pp, connect(".pp", p.tp_rank(), p.tp, p.pp, p.stage(), 2));
    return group;
  };
}

Session::Session(ModelRunner* runner, bool is_sampler, ConnectFn connect, SessionOutput* output)
    : runner_(runner),
      is_sampler_(is_sampler),
      connect_(std::move(connect)),
      output_(output),
      thread_([this] { Run(); }),
      waiter_([this] { WaitForResults(); }) {}

Session::~Session() {
  AbortFormation("the worker is shutting down");
  {
    MutexLock lock(&mu_);
    stop_ = true;
    posted_.Signal();
  }
  thread_.join();
  {
    MutexLock lock(&mu_);
    all_launched_ = true;
    launched_or_done_.SignalAll();
  }
  waiter_.join();  // what was launched fails soon: its communicators were aborted
}

void Session::Post(std::function<void()> work) {
  MutexLock lock(&mu_);
  inbox_.push_back(std::move(work));
  posted_.Signal();
}

void Session::Run() {
  while (true) {
    std::function<void()> work;
    {
      MutexLock lock(&mu_);
      while (inbox_.empty() && !stop_) posted_.Wait(&mu_);
      if (stop_) return;
      work = std::move(inbox_.front());
      inbox_.pop_front();
    }
    work();
  }
}

void Session::Form(FormOrder order) {
  AbortFormation("a new epoch begins");
  current_ = std::make_shared<Formation>(std::move(order));
  Post([this, formation = current_] { DoForm(formation); });
}

void Session::Execute(const EpochId& epoch, uint64_t plan_id, Plan plan) {
  if (current_ == nullptr || !(current_->order.epoch == epoch)) return;  // of an epoch that is over
  Post([this, formation = current_, plan_id, plan = std::move(plan)]() mutable {
    DoExecute(formation, plan_id, std::move(plan));
  });
}

void Session::Abort(const EpochId& epoch, const std::string& reason) {
  if (current_ != nullptr && current_->order.epoch == epoch) AbortFormation(reason);
}

void Session::Disconnected() { AbortFormation("the router is gone"); }

void Session::AbortFormation(const std::string& reason) {
  const std::shared_ptr<Formation> formation = std::exchange(current_, nullptr);
  if (formation == nullptr) return;
  formation->cancelled.store(true);
  MutexLock lock(&formation->mu);
  if (formation->communicators != nullptr) {
    formation->communicators->Abort(absl::CancelledError(reason));
  }
}

void Session::Fail(Formation& formation, const absl::Status& status) {
  if (formation.failed.exchange(true)) return;
  if (!formation.cancelled.load())
    output_->SendEpochFailed(formation.order.epoch, std::string(status.message()));
}

void Session::DoForm(const std::shared_ptr<Formation>& formation) {
  if (formation->cancelled.load()) return;
  absl::StatusOr<std::shared_ptr<GroupCommunicators>> connected =
      connect_(formation->order, formation->cancelled);
  if (!connected.ok()) return Fail(*formation, connected.status());
  {
    MutexLock lock(&formation->mu);
    formation->communicators = *connected;
    // Told to abort while connecting: nobody aborts them after this.
    if (formation->cancelled.load()) (*connected)->Abort(absl::CancelledError("the epoch is over"));
  }
  {
    // What an earlier epoch launched fails soon: its communicators were aborted.
    MutexLock lock(&mu_);
    while (!launched_.empty()) launched_or_done_.Wait(&mu_);
  }
  runner_->StartEpoch(*connected, static_cast<int64_t>(formation->order.num_blocks));
  output_->SendReady(formation->order.epoch);
}

void Session::DoExecute(const std::shared_ptr<Formation>& formation, uint64_t plan_id, Plan plan) {
  if (formation->failed.load() || formation->cancelled.load()) return;
  if (plan_id != formation->next_plan) {
    return Fail(*formation, absl::InvalidArgumentError(absl::StrFormat(
                                "plan %d came; expected %d", plan_id, formation->next_plan)));
  }
  ++formation->next_plan;
  const absl::StatusOr<ModelRunner::Ticket> ticket = runner_->Launch(std::move(plan));
  if (!ticket.ok()) return Fail(*formation, ticket.status());
  MutexLock lock(&mu_);
  launched_.push_back({formation, plan_id, *ticket});
  launched_or_done_.SignalAll();
}

void Session::WaitForResults() {
  while (true) {
    Launched next;
    {
      MutexLock lock(&mu_);
      while (launched_.empty() && !all_launched_) launched_or_done_.Wait(&mu_);
      if (launched_.empty()) return;
      next = launched_.front();
    }
    const absl::StatusOr<StepOutput> output = runner_->Wait(next.ticket);
    Formation& formation = *next.formation;
    if (!output.ok()) {
      Fail(formation, output.status());
    } else if (is_sampler_ && !formation.failed.load() && !formation.cancelled.load()) {
      output_->SendResult(formation.order.epoch, next.plan_id, *output);
    }
    MutexLock lock(&mu_);
    launched_.pop_front();
    launched_or_done_.SignalAll();
  }
}

}  // namespace baton
