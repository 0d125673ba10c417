// Open-loop load on a Baton server, with retries of what it refuses.
#ifndef BATON_TESTS_LOAD_OVERLOAD_OPEN_LOOP_H_
#define BATON_TESTS_LOAD_OVERLOAD_OPEN_LOOP_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/load/overload/overload_report.h"

namespace baton {

struct LoadOptions {
  std::string server = "127.0.0.1:50051";
  double rate = 1;  // requests a second
  absl::Duration duration = absl::Seconds(20);
  uint64_t seed = 1;
  uint32_t prompt_tokens = 64;
  uint32_t output_tokens = 64;  // no end token ends it earlier
  absl::Duration deadline = absl::Seconds(10);
  int channels = 4;              // connections
  uint32_t first_token_id = 3;   // prompts are of ids from here ...
  uint32_t last_token_id = 258;  // ... to here
  bool retry_probe = false;
  absl::Duration retry_poll = absl::Milliseconds(20);
};

// Sends requests for options.duration and waits until the last one has ended. UNAVAILABLE when no
// server answers. Blocks.
absl::StatusOr<OverloadReport> RunOpenLoop(const LoadOptions& options);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_OVERLOAD_OPEN_LOOP_H_
