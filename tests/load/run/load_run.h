// One run of load: requests are sent when it is their time, and what becomes of them is recorded.
#ifndef BATON_TESTS_LOAD_RUN_LOAD_RUN_H_
#define BATON_TESTS_LOAD_RUN_LOAD_RUN_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "tests/load/backend/backend.h"
#include "tests/load/request/request_record.h"
#include "tests/load/run/own_lag.h"
#include "tests/load/stats/gap_samples.h"
#include "tests/load/workload/workload.h"

namespace baton {

// How far a run is, for a progress line.
struct LoadProgress {
  absl::Duration elapsed;
  size_t sent = 0, ended = 0, failed = 0;  // failed: neither completed nor cancelled
  size_t running = 0;
  size_t waiting = 0;  // due, and kept back by the cap
  uint64_t output_tokens = 0;
};

struct LoadRunOptions {
  // Open loop: when each of the workload's requests is to be sent, ascending, since the start of
  // the run. Closed loop (unset): one is sent whenever another has ended.
  absl::optional<std::vector<absl::Duration>> arrivals;
  // The most requests under way; those that are due wait. Needed in closed loop.
  absl::optional<size_t> max_concurrency;
  // Set by somebody else: no more are sent, and those under way get `grace` to end. Then the back
  // end is to be destroyed, to end them.
  const std::atomic<bool>* stop = nullptr;
  absl::Duration grace = absl::Seconds(1);
  // Stops as if told to when so many requests in a row have failed; 0: never.
  size_t give_up_after = 0;
  // So many chunks are kept in the records, 8 bytes each. Of requests that end later only the first
  // and the last are, the latter with all the other tokens.
  size_t most_chunks = size_t{1} << 25;
  // Called for each request that has ended, from the calling thread.
  std::function<void(const RequestRecord&)> ended;
  // Called about every `progress_interval` from the calling thread.
  std::function<void(const LoadProgress&)> progress;
  absl::Duration progress_interval = absl::Milliseconds(500);
};

struct LoadRunResult {
  absl::Time start, end;  // of the run; the end is that of the last request
  bool open_loop = false;
  absl::optional<size_t> max_concurrency;
  bool partial = false;                // it was stopped, and not all were sent or have ended
  bool gave_up = false;                // it was stopped by failures
  size_t unfinished = 0;               // requests that were under way when it was stopped
  size_t peak = 0;                     // the most requests under way at one moment
  std::vector<RequestRecord> records;  // of those that have ended, in the order of sending
  GapSamples thinned_gaps;             // of the completed records that were thinned
  OwnLag lag;
};

// Sends the workload's requests and returns when the last has ended. The caller has checked that
// the back end takes them. `backend` may not be used by another run at the same time. Blocks.
LoadRunResult RunLoad(Backend* backend, const Workload& workload, const LoadRunOptions& options);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_RUN_LOAD_RUN_H_
