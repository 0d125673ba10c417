// The tokenizer of a real model file, for tests and benchmarks.
#ifndef BATON_TESTS_TOKENIZER_MODEL_TOKENIZER_H_
#define BATON_TESTS_TOKENIZER_MODEL_TOKENIZER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "router/tokenizer/tokenizer.h"

namespace baton {

// $BATON_MODEL, or the quick start's copy of SmolLM2-135M-Instruct. The file may not exist.
std::string ModelPath();

// Reads the vocabulary of the GGUF file `path`.
absl::StatusOr<std::unique_ptr<Tokenizer>> LoadModelTokenizer(const std::string& path);

}  // namespace baton

#endif  // BATON_TESTS_TOKENIZER_MODEL_TOKENIZER_H_
