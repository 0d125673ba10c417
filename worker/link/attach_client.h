// Keeps a worker attached to its router: dials, says hello, loads while attached, serves epochs,
// and dials again whenever the stream ends.
#ifndef BATON_WORKER_LINK_ATTACH_CLIENT_H_
#define BATON_WORKER_LINK_ATTACH_CLIENT_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "baton/worker/v1/worker.grpc.pb.h"
#include "common/mutex.h"
#include "worker/link/session.h"
#include "worker/runner/model_runner.h"

namespace baton {

struct AttachOptions {
  std::string router;       // HOST:PORT or unix:/PATH
  worker::v1::Hello hello;  // all but the capacity
  Parallelism parallelism;
};

class AttachClient {
 public:
  // Loads the weights; called once, on a thread of its own, while the worker is attached already.
  // Once `cancelled` is true its result has no more use, and Run waits for it to return.
  using LoadFn = std::function<absl::StatusOr<std::unique_ptr<ModelRunner>>(
      const std::function<void(int64_t, int64_t)>& progress, const std::atomic<bool>* cancelled)>;

  AttachClient(AttachOptions options, LoadFn load)
      : options_(std::move(options)), load_(std::move(load)) {}

  // Serves until Stop (OK), until loading fails, or until the router refuses the worker (its
  // status). Loading that still goes on is cancelled first. Called once.
  absl::Status Run();
  // From any thread.
  void Stop();

 private:
  class Stream;

  absl::Status AttachOnce();

  const AttachOptions options_;
  const LoadFn load_;
  std::atomic<bool> stopped_{false};  // by Stop, or because Run is about to return

  Mutex mu_;
  CondVar changed_;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mu_) = nullptr;  // of the stream that is open
  int64_t bytes_done_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t bytes_total_ ABSL_GUARDED_BY(mu_) = 0;
  bool load_ended_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status load_status_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<ModelRunner> runner_
      ABSL_GUARDED_BY(mu_);  // once loaded; used by one session at a time
};

}  // namespace baton

#endif  // BATON_WORKER_LINK_ATTACH_CLIENT_H_
