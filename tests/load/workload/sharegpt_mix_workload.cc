#include "tests/load/workload/sharegpt_mix_workload.h"

#include "tests/load/workload/fixed_math.h"

namespace baton {
namespace {

constexpr double kLeast = 4, kMost = 1024, kMostTogether = 2048;

double LogNormal(SeededRandom* random, double median, double sigma) {
  return median * FixedExp(sigma * random->Normal());
}

bool Passes(double length) { return length >= kLeast && length < kMost + 1; }

}  // namespace

LoadRequest ShareGptMixWorkload::Request(size_t i) const {
  SeededRandom lengths({options_.seed, kSeedLengths, i});
  double input, output;
  do {
    input = LogNormal(&lengths, 80, 1.75);
    output = LogNormal(&lengths, 390, 1.3);
  } while (!Passes(input) || !Passes(output) || input + output > kMostTogether);

  SeededRandom body({options_.seed, kSeedBody, options_.point, i});
  LoadRequest request;
  request.index = i;
  PromptBuilder prompt(options_.style);
  prompt.Append(&body, static_cast<uint32_t>(input));
  prompt.MoveTo(&request);
  request.max_tokens = static_cast<uint32_t>(output);
  return request;
}

}  // namespace baton
