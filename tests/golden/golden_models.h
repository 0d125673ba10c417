// The tiny random models that golden values were computed for.
#ifndef BATON_TESTS_GOLDEN_GOLDEN_MODELS_H_
#define BATON_TESTS_GOLDEN_GOLDEN_MODELS_H_

#include <string>
#include <vector>

#include "worker/model/tiny_model.h"

namespace baton {

// A model that WriteTinyModel(path, options) makes, to the byte; its values are in
// tests/golden/data/<name>.txt, which also holds the model's digest.
struct GoldenModel {
  std::string name;
  TinyModelOptions options;
};

// One of each: grouped, multi-head and multi-query attention with float32 weights (the last
// untied); quantised weights; halves with linear rope scaling.
std::vector<GoldenModel> GoldenTinyModels();

}  // namespace baton

#endif  // BATON_TESTS_GOLDEN_GOLDEN_MODELS_H_
