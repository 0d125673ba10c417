// First exchanges of ShareGPT's conversations, as `vllm bench serve --dataset-name sharegpt` takes
// them.
#ifndef BATON_TESTS_LOAD_WORKLOAD_SHAREGPT_WORKLOAD_H_
#define BATON_TESTS_LOAD_WORKLOAD_SHAREGPT_WORKLOAD_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "tests/load/workload/dataset_sample.h"
#include "tests/load/workload/token_counter.h"
#include "tests/load/workload/workload.h"

namespace baton {

struct ShareGptOptions {
  std::string path;  // see sharegpt_file.h
  SampleOptions sample;
  // Prompts are messages of a user; else they are sent as they are.
  bool chat = false;
  absl::optional<uint32_t> output_len;  // instead of the answer's length in the file
};

// The prompt is a conversation's first turn and the most tokens are the length of its second.
// Conversations are left out that have fewer than two turns, a prompt of fewer than 4 or more than
// 1024 tokens, an answer of fewer than 4 (unless output_len is given), or more than 2048 together.
// INVALID_ARGUMENT if none is left; see sharegpt_file.h and `count` for other errors.
absl::StatusOr<std::unique_ptr<Workload>> LoadShareGptWorkload(const ShareGptOptions& options,
                                                               const TokenCounter& count);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_SHAREGPT_WORKLOAD_H_
