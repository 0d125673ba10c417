// A fake worker behind the WorkerLink interface, in the router's own process: no message is built
// and no socket used. It answers from a thread of its own, as a stream's results come from one.
#ifndef BATON_TESTS_BUDGETS_LINK_WORKER_H_
#define BATON_TESTS_BUDGETS_LINK_WORKER_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/mutex.h"
#include "router/fleet/fleet.h"
#include "router/fleet/worker_link.h"
#include "tests/budgets/fake_model.h"
#include "tests/budgets/step_times.h"

namespace baton {

class LinkWorker : public WorkerLink {
 public:
  // Attaches to the fleet as group "g0"; returns when the group is ready. `fleet` must outlive
  // Stop(), `times`, which may be null, the worker.
  static std::shared_ptr<LinkWorker> Start(const FakeWorkerOptions& options, Fleet* fleet,
                                           StepTimes* times);
  ~LinkWorker() override;
  // No result from now on.
  void Stop();
  // The CPU time that the worker's own thread has taken, but for what the router's code took on it.
  absl::Duration CpuTime();

  void SendFormGroup(const FormGroupOrder& order) override;
  void SendPlan(uint64_t epoch, const StepPlan& plan) override;
  void SendAbort(uint64_t, const std::string&) override {}
  void Close(const std::string&) override {}

 private:
  struct Slot {
    uint64_t seed = 0;
    uint32_t choice = 0;
  };
  struct Planned {
    uint64_t epoch;
    StepPlan plan;
    absl::Time came;
  };

  LinkWorker(const FakeWorkerOptions& options, Fleet* fleet, StepTimes* times)
      : options_(options), fleet_(fleet), times_(times), slots_(options.capacity.max_slots) {}
  void Run();
  StepResult Answer(const StepPlan& plan);

  const FakeWorkerOptions options_;
  Fleet* const fleet_;
  StepTimes* const times_;
  AttachmentId id_ = 0;
  std::vector<Slot> slots_;  // of the thread
  std::atomic<int64_t> router_cpu_nanos_{0};

  Mutex mu_;
  CondVar changed_;
  uint64_t epoch_ ABSL_GUARDED_BY(mu_) = 0;
  std::deque<Planned> plans_ ABSL_GUARDED_BY(mu_);
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace baton

#endif  // BATON_TESTS_BUDGETS_LINK_WORKER_H_
