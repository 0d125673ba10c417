// How a rank takes part in an NCCL communicator.
#ifndef BATON_WORKER_COMM_NCCL_OPTIONS_H_
#define BATON_WORKER_COMM_NCCL_OPTIONS_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include "worker/comm/nccl_api.h"

namespace baton {

// Writes the story to stderr and ends the process with code 1, running nothing more of it.
void ExitBecauseOfHang(const std::string& story);

// All but `rank`, the limits and the functions must be the same on all ranks.
struct NcclOptions {
  // Rank 0 makes it (NcclLibrary::NewUniqueId), a new one for every epoch and every communicator of
  // it. How it gets to the others is the caller's: FormGroup of the step protocol is its way, like
  // the rendezvous of shared memory, since the router is all that the ranks have in common then.
  nccl::UniqueId id = {};
  int rank = 0;
  int size = 1;

  // Room for what is received and not yet where it belongs, taken once; a message for which it is
  // too small goes in pieces. At least 16 bytes for each rank.
  int64_t workspace_bytes = 16 << 20;
  // All-reduces from this size on go in segments: 2 (size − 1) / size of the message comes in at
  // each rank instead of size − 1 of it, for one exchange more. The sums are the same. A guess, not
  // measured.
  int64_t large_message_bytes = 1 << 20;

  // True: a call ends when what it enqueued has run. False: when NCCL has put it on the stream, and
  // NcclCommunicator::Wait must be called before anything is read on the host or the stream is
  // synchronised.
  bool wait_in_calls = true;

  std::chrono::nanoseconds connect_limit = std::chrono::seconds(10);
  std::chrono::nanoseconds operation_limit = std::chrono::seconds(30);  // of each call
  std::chrono::nanoseconds finalize_limit = std::chrono::seconds(2);
  std::chrono::nanoseconds abort_limit = std::chrono::seconds(5);
  const std::atomic<bool>* cancelled = nullptr;  // true: give up connecting

  // Called when NCCL does not come back from an abort, or the device from what was aborted. Nothing
  // can be done in this process then but to end it, and so it should not return. Any thread.
  std::function<void(const std::string& story)> on_abort_hangs = ExitBecauseOfHang;

  // The clock of the first three limits, and how to pass time between two looks at NCCL.
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
  std::function<void(std::chrono::nanoseconds)> sleep = [](std::chrono::nanoseconds duration) {
    std::this_thread::sleep_for(duration);
  };
};

}  // namespace baton

#endif  // BATON_WORKER_COMM_NCCL_OPTIONS_H_
