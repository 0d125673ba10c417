// Reader of sampling cases: what independent implementations (Hugging Face transformers, vLLM) make
// of logits under a rule.
#ifndef BATON_TESTS_GOLDEN_SAMPLING_CASES_H_
#define BATON_TESTS_GOLDEN_SAMPLING_CASES_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "kernels/sampling_rule.h"

namespace baton {

struct SamplingCase {
  std::string name;
  std::vector<float> logits;
  std::vector<int32_t> prompt;  // at least one token
  std::vector<int32_t> output;
  SamplingRule rule;
  // The tokens that may be drawn, ascending, and the natural logarithms of their probabilities, to
  // six decimals.
  std::vector<std::pair<int32_t, float>> expect;

  std::vector<int32_t> Journal() const;  // prompt and output
};

// Parses the format that make_sampling_cases.py writes and describes. InvalidArgument, naming
// `name` and the line or case, when the text is malformed or holds an id outside its case's logits.
absl::StatusOr<std::vector<SamplingCase>> ParseSamplingCases(absl::string_view text,
                                                             const std::string& name);

// Reads and parses `path`; NotFound when it cannot be opened.
absl::StatusOr<std::vector<SamplingCase>> ReadSamplingCases(const std::string& path);

}  // namespace baton

#endif  // BATON_TESTS_GOLDEN_SAMPLING_CASES_H_
