// Prompts of a file of one's own, as `vllm bench serve --dataset-name custom` takes them: a line
//   {"prompt": "...", "output_tokens": 100}
// for each.
#ifndef BATON_TESTS_LOAD_WORKLOAD_CUSTOM_WORKLOAD_H_
#define BATON_TESTS_LOAD_WORKLOAD_CUSTOM_WORKLOAD_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "tests/load/workload/dataset_sample.h"
#include "tests/load/workload/token_counter.h"
#include "tests/load/workload/workload.h"

namespace baton {

struct CustomOptions {
  std::string path;
  SampleOptions sample;
  // Prompts are messages of a user; else they are sent as they are.
  bool chat = false;
  absl::optional<uint32_t> output_len = 256;  // of all; unset: each line's output_tokens
};

// Lines are read whole, needed or not. Other keys, and output_tokens where output_len is given, are
// left alone. Errors name the file and the line, from 1; see also `count`.
absl::StatusOr<std::unique_ptr<Workload>> LoadCustomWorkload(const CustomOptions& options,
                                                             const TokenCounter& count);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_CUSTOM_WORKLOAD_H_
