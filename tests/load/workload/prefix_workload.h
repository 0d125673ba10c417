// A few prefixes, each shared by as many requests, as `vllm bench serve --dataset-name
// prefix_repetition` has them: what a cache of prefixes is for.
#ifndef BATON_TESTS_LOAD_WORKLOAD_PREFIX_WORKLOAD_H_
#define BATON_TESTS_LOAD_WORKLOAD_PREFIX_WORKLOAD_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/load/workload/prompt_builder.h"
#include "tests/load/workload/workload.h"

namespace baton {

struct PrefixWorkloadOptions {
  size_t num_prompts = 1000;
  size_t num_prefixes = 10;  // 1 to num_prompts
  uint32_t prefix_len = 256;
  uint32_t suffix_len = 256;
  uint32_t output_len = 128;
  bool shuffle = true;  // else all requests of the first prefix come first, and so on
  PromptStyle style;
  uint64_t seed = 0;
  uint64_t point = 0;  // another point of a sweep has other prefixes, suffixes and order
};

// As vLLM's, it has floor(num_prompts / num_prefixes) requests of each prefix, so maybe fewer than
// were asked for.
class PrefixWorkload : public Workload {
 public:
  explicit PrefixWorkload(const PrefixWorkloadOptions& options);

  size_t size() const override { return prefix_of_.size(); }
  LoadRequest Request(size_t i) const override;

 private:
  const PrefixWorkloadOptions options_;
  std::vector<size_t> prefix_of_;  // by request
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_PREFIX_WORKLOAD_H_
