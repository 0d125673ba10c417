// The answers of a run in a file, which a later run is held against.
#ifndef BATON_TESTS_LOAD_BENCH_GOLDEN_ANSWERS_H_
#define BATON_TESTS_LOAD_BENCH_GOLDEN_ANSWERS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/load/bench/answer_check.h"

namespace baton {

struct GoldenAnswers {
  std::string model;
  uint64_t prompts_digest = 0;  // of all prompts and lengths: the answers to others prove nothing
  KnownAnswers answers;
};

// JSON. Errors name the file: NOT_FOUND where it can not be read, DATA_LOSS where it can not be
// written, INVALID_ARGUMENT where it is no such file.
absl::Status WriteGoldenAnswers(const std::string& path, const GoldenAnswers& golden);
absl::StatusOr<GoldenAnswers> ReadGoldenAnswers(const std::string& path);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BENCH_GOLDEN_ANSWERS_H_
