// A trace of when requests came and which blocks of tokens their prompts shared, as `vllm bench
// serve --dataset-name timed_trace` takes it. A line for each request:
//   {"timestamp": 27482, "input_length": 6955, "output_length": 52, "hash_ids": [46, 47, 2353]}
// Mooncake's traces have 512 tokens to a hash and times in milliseconds; Qwen's have 16 and
// seconds.
#ifndef BATON_TESTS_LOAD_WORKLOAD_TIMED_TRACE_WORKLOAD_H_
#define BATON_TESTS_LOAD_WORKLOAD_TIMED_TRACE_WORKLOAD_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/load/workload/prompt_builder.h"
#include "tests/load/workload/workload.h"

namespace baton {

struct TimedTraceOptions {
  std::string path;
  size_t num_prompts = 1000;      // the first lines of the file; 0: all. Never more than it has.
  uint32_t chunk_hash_size = 16;  // tokens to a hash
  double sec_multiplier = 1;      // timestamps times this are seconds
  std::string label_timestamp = "timestamp";
  std::string label_input_length = "input_length";
  std::string label_output_length = "output_length";
  std::string label_hash_ids = "hash_ids";
  bool self_timed = true;  // Schedule() gives the trace's times
  PromptStyle style;
  uint64_t seed = 0;
  uint64_t point = 0;  // another point of a sweep has other tokens, shared alike
};

// One line of a trace.
struct TimedTraceRow {
  absl::Duration at;
  uint32_t input_length;
  uint32_t output_length;
  std::vector<uint64_t> hash_ids;
};

// A prompt is its hashes' blocks, one after the other, cut to input_length; equal hashes are equal
// tokens. Where the hashes end before input_length, tokens follow that no other prompt has (vLLM's
// prompt is then shorter). Without hash_ids the whole prompt is such.
class TimedTraceWorkload : public Workload {
 public:
  // Errors name the file and the line, from 1; timestamps must not descend.
  static absl::StatusOr<std::unique_ptr<TimedTraceWorkload>> Load(const TimedTraceOptions& options);

  size_t size() const override { return rows_.size(); }
  LoadRequest Request(size_t i) const override;
  // Times as they stand, not shifted to begin at 0.
  absl::optional<std::vector<absl::Duration>> Schedule() const override;

 private:
  TimedTraceWorkload(const TimedTraceOptions& options, std::vector<TimedTraceRow> rows);

  const TimedTraceOptions options_;
  const std::vector<TimedTraceRow> rows_;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_TIMED_TRACE_WORKLOAD_H_
