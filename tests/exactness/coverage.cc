#include "tests/exactness/coverage.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace baton {
namespace {

std::vector<std::pair<const char*, uint64_t>> Counts(const Coverage& c) {
  return {
      {"trials", c.trials},
      {"requests compared whole", c.requests},
      {"tokens compared", c.tokens},
      {"log probabilities compared", c.logprobs},
      {"plans", c.plans},
      {"pre-emptions", c.preemptions},
      {"cached tokens", c.cached_tokens},
      {"cached tokens of answers", c.cached_answer_tokens},
      {"samples dropped", c.dropped_samples},
      {"pauses", c.pauses},
      {"cancelled under way", c.cancelled},
      {"requests ended by a stop string", c.stopped_by_string},
      {"requests ended by a stop token", c.stopped_by_token},
      {"most plans in flight", c.most_in_flight},
  };
}

}  // namespace

void Coverage::Add(const Coverage& o) {
  trials += o.trials;
  requests += o.requests;
  tokens += o.tokens;
  logprobs += o.logprobs;
  plans += o.plans;
  preemptions += o.preemptions;
  cached_tokens += o.cached_tokens;
  cached_answer_tokens += o.cached_answer_tokens;
  dropped_samples += o.dropped_samples;
  pauses += o.pauses;
  cancelled += o.cancelled;
  stopped_by_string += o.stopped_by_string;
  stopped_by_token += o.stopped_by_token;
  most_in_flight = std::max(most_in_flight, o.most_in_flight);
}

std::string Coverage::Report() const {
  std::string report;
  for (const auto& [name, count] : Counts(*this))
    absl::StrAppend(&report, absl::StrFormat("%-32s %9d\n", name, count));
  return report;
}

std::string Coverage::Missing() const {
  std::string missing;
  for (const auto& [name, count] : Counts(*this)) {
    if (count == 0) absl::StrAppend(&missing, missing.empty() ? "" : ", ", name);
  }
  if (most_in_flight == 1) absl::StrAppend(&missing, missing.empty() ? "" : ", ", "run-ahead");
  return missing;
}

}  // namespace baton
