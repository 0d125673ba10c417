// The back end that a target asks for.
#ifndef BATON_TESTS_LOAD_BENCH_MAKE_BACKEND_H_
#define BATON_TESTS_LOAD_BENCH_MAKE_BACKEND_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tests/load/backend/backend.h"
#include "tests/load/bench/bench_options.h"

namespace baton {

// INVALID_ARGUMENT names the option that is missing, wrong, or means nothing to this back end.
// `keep_text`: records hold the answers.
absl::StatusOr<std::unique_ptr<Backend>> MakeBackend(const TargetOptions& target, bool keep_text);

// As people would write it: "127.0.0.1:50051" or "http://127.0.0.1:8000/v1/completions".
std::string TargetAddress(const TargetOptions& target);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BENCH_MAKE_BACKEND_H_
