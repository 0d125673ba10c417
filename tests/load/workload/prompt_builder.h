// Builds a prompt of random tokens piece by piece, in whichever form the server takes.
#ifndef BATON_TESTS_LOAD_WORKLOAD_PROMPT_BUILDER_H_
#define BATON_TESTS_LOAD_WORKLOAD_PROMPT_BUILDER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tests/load/request/load_request.h"
#include "tests/load/workload/seeded_random.h"

namespace baton {

enum class LoadPromptKind {
  kIds,   // token ids: exactly as many as asked for
  kText,  // words, taken for a token each
  kChat,  // the same as one message of a user
};

struct PromptStyle {
  LoadPromptKind kind = LoadPromptKind::kIds;
  uint32_t first_id = 3;   // ids are drawn from here ...
  uint32_t last_id = 258;  // ... to here; not below `first_id`
};

// A value: a builder that holds a prefix is copied for each prompt that begins with it.
class PromptBuilder {
 public:
  explicit PromptBuilder(const PromptStyle& style) : style_(style) {}

  void Append(SeededRandom* random, uint32_t tokens);
  uint32_t tokens() const { return tokens_; }

  // The prompt and its length; the builder is done with.
  void MoveTo(LoadRequest* request);

 private:
  const PromptStyle style_;
  uint32_t tokens_ = 0;
  std::vector<uint32_t> ids_;
  std::string text_;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_PROMPT_BUILDER_H_
