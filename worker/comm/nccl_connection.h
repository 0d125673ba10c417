// One rank's end of an NCCL communicator, with a bound on everything: it is made without blocking,
// every call is watched against a deadline of ours, and it ends in one of two ways. A clean end
// finalises and destroys; after any failure, and by Abort, it is aborted, once, on a thread of its
// own, because an abort may hang, and never destroyed.
#ifndef BATON_WORKER_COMM_NCCL_CONNECTION_H_
#define BATON_WORKER_COMM_NCCL_CONNECTION_H_

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/mutex.h"
#include "kernels/device.h"
#include "worker/comm/bounded_work.h"
#include "worker/comm/comm_device.h"
#include "worker/comm/nccl_api.h"
#include "worker/comm/nccl_library.h"
#include "worker/comm/nccl_options.h"

namespace baton {

// One thread computes; Abort, error and BeforeAbort may be called from any other.
class NcclConnection {
 public:
  // Blocks up to connect_limit. DEADLINE_EXCEEDED when not all ranks have come by then, UNAVAILABLE
  // with NCCL's words when it fails, CANCELLED when told so; FAILED_PRECONDITION when the
  // environment makes NCCL block (NCCL_COMM_BLOCKING). `device` outlives the connection.
  static absl::StatusOr<std::unique_ptr<NcclConnection>> Connect(
      std::shared_ptr<const NcclLibrary> library, CommDevice* device, const NcclOptions& options);

  // The clean end, within finalize_limit; or waits for the abort, within abort_limit. Nothing that
  // was enqueued runs any more.
  ~NcclConnection();

  // Makes one call of the communicator: runs `steps`, which Enqueue and use the device, under the
  // operation's limit, and waits for the stream, if the options say so. Whatever fails in it is the
  // end of the connection; it returns when nothing of it touches anybody's memory any more. `what`
  // is for errors: "an all-reduce".
  absl::Status Call(Stream& stream, const char* what, absl::FunctionRef<absl::Status()> steps);

  // Only in Call's steps: makes `calls` to NCCL as one group, and waits until they are on the
  // stream.
  using Calls = absl::FunctionRef<nccl::Result(nccl::Comm comm, nccl::CudaStream stream)>;
  absl::Status Enqueue(Calls calls);

  // Waits, within operation_limit, until what was enqueued on the stream has run.
  absl::Status Wait(Stream& stream);

  // Fails everything under way and to come with `reason`. Returns at once. The first reason counts.
  void Abort(const absl::Status& reason);
  // OK until something failed.
  absl::Status error() const;

  // `callback` will be called, on another thread, after a failure and before NCCL is told to abort;
  // it counts for abort_limit. Not OK, and not kept, when something has failed already.
  absl::Status BeforeAbort(std::function<void()> callback);

  const NcclLibrary& library() const { return *handle_->library; }
  std::chrono::nanoseconds waited() const { return waited_; }

 private:
  using TimePoint = std::chrono::steady_clock::time_point;
  // What an abort needs; it may outlive the connection.
  struct Handle {
    std::shared_ptr<const NcclLibrary> library;
    Mutex mu;                                       // held in every call to NCCL but the last one
    nccl::Comm comm ABSL_GUARDED_BY(mu) = nullptr;  // null before the first and after the last one
    nccl::Comm Take();
  };

  NcclConnection(std::shared_ptr<const NcclLibrary> library, CommDevice* device,
                 const NcclOptions& options);
  absl::Status Initialise();
  // Runs `calls`, unless the connection has failed.
  absl::Status Tell(absl::FunctionRef<nccl::Result(nccl::Comm& comm)> calls);
  // Sets the deadline of all polls until the next Begin.
  void Begin(const char* what, std::chrono::nanoseconds limit);
  // Looks again and again until NCCL is through with what it was told and `done` says true.
  absl::Status Poll(absl::FunctionRef<absl::StatusOr<bool>()> done);
  absl::Status PollNccl();
  absl::Status PollStream();
  absl::StatusOr<bool> IsThrough();
  // The clean end.
  absl::Status Finish();
  // After a failure: waits until nothing of ours runs on the stream.
  void Drain();
  std::function<void()> HangReporter(const std::string& what, const absl::Status& reason) const;

  const std::shared_ptr<Handle> handle_;
  CommDevice* const device_;
  const NcclOptions options_;

  // Of the computing thread.
  const char* what_ = "";  // it is doing, since Begin, and until when
  std::chrono::nanoseconds limit_{0};
  TimePoint deadline_;
  Stream* stream_ = nullptr;  // null: nothing is enqueued
  bool connecting_ = true;
  std::chrono::nanoseconds waited_{0};

  std::atomic<bool> failed_{false};
  mutable Mutex mu_;
  absl::Status error_ ABSL_GUARDED_BY(mu_);
  std::vector<std::function<void()>> before_abort_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<BoundedWork> abort_ ABSL_GUARDED_BY(mu_);  // set once, with error_
};

}  // namespace baton

#endif  // BATON_WORKER_COMM_NCCL_CONNECTION_H_
