// How many tokens a text is, to a client that has no tokenizer of its own.
#ifndef BATON_TESTS_LOAD_WORKLOAD_TOKEN_COUNTER_H_
#define BATON_TESTS_LOAD_WORKLOAD_TOKEN_COUNTER_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace baton {

// More than any model takes: an option or a file that says more is wrong.
constexpr uint32_t kMostTokens = 10'000'000;

// May ask a server. Called from one thread.
using TokenCounter = std::function<absl::StatusOr<uint32_t>(const std::string&)>;

// Bytes / 4, rounded up: about right for English in today's vocabularies, too low for other
// languages and for code.
inline uint32_t EstimateTokens(absl::string_view text) {
  return static_cast<uint32_t>((text.size() + 3) / 4);
}

// Counts by EstimateTokens.
inline TokenCounter EstimatingCounter() {
  return [](const std::string& text) -> absl::StatusOr<uint32_t> { return EstimateTokens(text); };
}

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_TOKEN_COUNTER_H_
