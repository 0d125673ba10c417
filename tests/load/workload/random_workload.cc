#include "tests/load/workload/random_workload.h"

namespace baton {

RandomWorkload::RandomWorkload(const RandomWorkloadOptions& options)
    : options_(options), prefix_(options.style) {
  SeededRandom random({options.seed, kSeedPrefix, options.point});
  prefix_.Append(&random, options.prefix_len);
}

LoadRequest RandomWorkload::Request(size_t i) const {
  SeededRandom lengths({options_.seed, kSeedLengths, i});
  SeededRandom body({options_.seed, kSeedBody, options_.point, i});
  LoadRequest request;
  request.index = i;
  PromptBuilder prompt = prefix_;
  prompt.Append(&body, options_.input.Draw(&lengths));
  prompt.MoveTo(&request);
  request.max_tokens = options_.output.Draw(&lengths);
  return request;
}

}  // namespace baton
