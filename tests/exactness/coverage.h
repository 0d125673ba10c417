// What trials exercised, so that a test which no longer tests anything is found out.
#ifndef BATON_TESTS_EXACTNESS_COVERAGE_H_
#define BATON_TESTS_EXACTNESS_COVERAGE_H_

#include <cstdint>
#include <string>

namespace baton {

struct Coverage {
  uint64_t trials = 0;
  uint64_t requests = 0;  // that were compared whole
  uint64_t tokens = 0;    // of answers, that were compared
  uint64_t logprobs = 0;  // likewise, prompts' and alternatives' included
  uint64_t plans = 0;
  uint64_t preemptions = 0;
  uint64_t cached_tokens = 0;         // of prompts, not computed again
  uint64_t cached_answer_tokens = 0;  // of answers to earlier requests, not computed again
  uint64_t dropped_samples = 0;       // of sequences that had ended or left their slots meanwhile
  uint64_t pauses = 0;
  uint64_t cancelled = 0;  // that had begun to answer
  uint64_t stopped_by_string = 0;
  uint64_t stopped_by_token = 0;
  uint64_t most_in_flight = 0;  // plans

  void Add(const Coverage& other);
  std::string Report() const;
  // Names what was never exercised; "" if everything was.
  std::string Missing() const;
};

}  // namespace baton

#endif  // BATON_TESTS_EXACTNESS_COVERAGE_H_
