// Which model of a server is measured: reads the answer of GET /v1/models. Pure.
#ifndef BATON_TESTS_LOAD_BACKEND_OPENAI_MODELS_H_
#define BATON_TESTS_LOAD_BACKEND_OPENAI_MODELS_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/load/backend/backend.h"

namespace baton {

// The facts of the model named `wanted`, or of the first one if that is "": its max_model_len where
// vLLM tells it, and its vocab_size where llama.cpp's server does (meta.n_vocab).
//
// NOT_FOUND, naming what is served, when `wanted` is not among it, even if the server would take
// any name; INVALID_ARGUMENT when `body` is not a list of models.
absl::StatusOr<ServerFacts> ChooseOpenAiModel(absl::string_view body, absl::string_view wanted);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_OPENAI_MODELS_H_
