// Random prompts of about the asked length, as `vllm bench serve --dataset-name random` has them:
// none begins like another, but for a prefix that all may share.
#ifndef BATON_TESTS_LOAD_WORKLOAD_RANDOM_WORKLOAD_H_
#define BATON_TESTS_LOAD_WORKLOAD_RANDOM_WORKLOAD_H_

#include <cstddef>
#include <cstdint>

#include "tests/load/workload/length_range.h"
#include "tests/load/workload/prompt_builder.h"
#include "tests/load/workload/workload.h"

namespace baton {

struct RandomWorkloadOptions {
  size_t num_prompts = 1000;
  uint32_t prefix_len = 0;  // shared by all, and added to the drawn length
  LengthRange input = {1024, 1024};
  LengthRange output = {128, 128};
  PromptStyle style;
  uint64_t seed = 0;
  // Another point of a sweep has other prompts, prefix included, of the same lengths.
  uint64_t point = 0;
};

// Lengths are drawn for input and output independently. vLLM numbers a prompt's ids upwards from a
// random one; here each id is drawn, so that prompts have no part in common.
class RandomWorkload : public Workload {
 public:
  explicit RandomWorkload(const RandomWorkloadOptions& options);

  size_t size() const override { return options_.num_prompts; }
  LoadRequest Request(size_t i) const override;

 private:
  const RandomWorkloadOptions options_;
  PromptBuilder prefix_;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_RANDOM_WORKLOAD_H_
