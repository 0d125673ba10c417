// Whether two runs of the same requests gave the same answers. Pure.
#ifndef BATON_TESTS_LOAD_BENCH_ANSWER_CHECK_H_
#define BATON_TESTS_LOAD_BENCH_ANSWER_CHECK_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/load/request/request_record.h"

namespace baton {

// What is known of one answer.
struct KnownAnswer {
  uint64_t digest = 0;
  uint32_t tokens = 0;
  std::string numerics_class;  // "" if the server has none
};
using KnownAnswers = std::map<uint64_t, KnownAnswer>;  // by the request's index

struct AnswerComparison {
  size_t equal = 0;
  std::vector<uint64_t> different;    // indices, ascending
  std::vector<uint64_t> other_class;  // computed by another arithmetic: not compared
  std::vector<uint64_t> missing;      // did not complete, now or then
  // Answers of another arithmetic prove nothing, but some must have been compared.
  bool all_equal() const { return equal > 0 && different.empty() && missing.empty(); }
};

// Those that completed.
KnownAnswers AnswersOf(const std::vector<RequestRecord>& records);

AnswerComparison CompareAnswers(const KnownAnswers& known,
                                const std::vector<RequestRecord>& records);

// "200 of 200 answers equal", and what is not, the first few indices of each kind.
std::string ToText(const AnswerComparison& comparison);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BENCH_ANSWER_CHECK_H_
