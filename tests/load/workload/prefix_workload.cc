#include "tests/load/workload/prefix_workload.h"

namespace baton {

PrefixWorkload::PrefixWorkload(const PrefixWorkloadOptions& options) : options_(options) {
  const size_t each = options.num_prompts / options.num_prefixes;
  for (size_t i = 0; i < each * options.num_prefixes; ++i) prefix_of_.push_back(i / each);
  SeededRandom order({options.seed, kSeedOrder, options.point});
  if (options.shuffle) order.Shuffle(&prefix_of_);
}

LoadRequest PrefixWorkload::Request(size_t i) const {
  SeededRandom prefix({options_.seed, kSeedPrefix, options_.point, prefix_of_[i]});
  SeededRandom suffix({options_.seed, kSeedBody, options_.point, i});
  LoadRequest request;
  request.index = i;
  PromptBuilder prompt(options_.style);
  prompt.Append(&prefix, options_.prefix_len);
  prompt.Append(&suffix, options_.suffix_len);
  prompt.MoveTo(&request);
  request.max_tokens = options_.output_len;
  return request;
}

}  // namespace baton
