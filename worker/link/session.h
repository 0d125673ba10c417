// A worker's side of the step protocol: which epoch it is in, connecting to its peers, running
// plans, answering. It knows no socket: orders come in as values, answers go out through
// SessionOutput.
#ifndef BATON_WORKER_LINK_SESSION_H_
#define BATON_WORKER_LINK_SESSION_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "common/mutex.h"
#include "worker/runner/model_runner.h"
#include "worker/runner/plan.h"

namespace baton {

struct EpochId {
  uint64_t router_incarnation = 0;
  uint64_t number = 0;
  bool operator==(const EpochId& o) const {
    return router_incarnation == o.router_incarnation && number == o.number;
  }
};

struct FormOrder {
  EpochId epoch;
  std::string rendezvous;
  uint64_t num_blocks = 0;
  std::vector<uint64_t> incarnations;  // by rank
};

// Where a session's answers go. Called on the session's two threads; may block for a moment.
class SessionOutput {
 public:
  virtual ~SessionOutput() = default;
  virtual void SendReady(const EpochId& epoch) = 0;
  virtual void SendResult(const EpochId& epoch, uint64_t plan_id, const StepOutput& output) = 0;
  virtual void SendEpochFailed(const EpochId& epoch, const std::string& reason) = 0;
};

// Makes the communicators of an epoch; blocks until the peers are there, the time is up or
// `cancelled` turns true.
using ConnectFn = std::function<absl::StatusOr<std::shared_ptr<GroupCommunicators>>(
    const FormOrder& order, const std::atomic<bool>& cancelled)>;

// Communicators over shared memory for this rank: the group's, its stage's and its pipeline's.
ConnectFn ShmConnect(const Parallelism& parallelism);

// Form, Execute and Abort are for one thread (the reader) and return at once. Of the session's own
// threads one forms and launches, so that the runner always has the next plan, and one waits for
// results and sends them. Abort takes effect even while they wait for a peer.
class Session {
 public:
  // `runner` and `output` must outlive the session; nobody else may use the runner.
  Session(ModelRunner* runner, bool is_sampler, ConnectFn connect, SessionOutput* output);
  ~Session();

  void Form(FormOrder order);
  void Execute(const EpochId& epoch, uint64_t plan_id, Plan plan);
  void Abort(const EpochId& epoch, const std::string& reason);
  // The router is gone: whatever epoch there is, is over.
  void Disconnected();

 private:
  struct Formation;  // one epoch's life here

  // A plan that was launched.
  struct Launched {
    std::shared_ptr<Formation> formation;
    uint64_t plan_id;
    ModelRunner::Ticket ticket;
  };

  void Post(std::function<void()> work);
  void Run();
  void WaitForResults();
  void DoForm(const std::shared_ptr<Formation>& formation);
  void DoExecute(const std::shared_ptr<Formation>& formation, uint64_t plan_id, Plan plan);
  void Fail(Formation& formation, const absl::Status& status);
  void AbortFormation(const std::string& reason);

  ModelRunner* const runner_;
  const bool is_sampler_;
  const ConnectFn connect_;
  SessionOutput* const output_;

  std::shared_ptr<Formation> current_;  // of the reader

  Mutex mu_;
  CondVar posted_;
  std::deque<std::function<void()>> inbox_ ABSL_GUARDED_BY(mu_);
  CondVar launched_or_done_;
  std::deque<Launched> launched_ ABSL_GUARDED_BY(mu_);  // stay until their result was dealt with
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  bool all_launched_ ABSL_GUARDED_BY(mu_) = false;  // the launching thread has ended
  std::thread thread_, waiter_;
};

}  // namespace baton

#endif  // BATON_WORKER_LINK_SESSION_H_
