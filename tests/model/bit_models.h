// Tiny models that between them have every shape and weight type the kernels know.
#ifndef BATON_TESTS_MODEL_BIT_MODELS_H_
#define BATON_TESTS_MODEL_BIT_MODELS_H_

#include <string>
#include <vector>

#include "worker/model/tiny_model.h"

namespace baton {

struct BitModel {
  std::string name;
  TinyModelOptions options;
};

// Grouped-query, multi-head and multi-query attention; heads of 16 to 64, one that is no multiple
// of a vector; every weight type, mixed; tied and untied; sizes that are no multiple of anything
// convenient. Each can be cut for tp 1, 2 and 3, and has 4 layers.
std::vector<BitModel> BitModels();

// One model for each weight type, which all its matrices have; and the quick start's mix.
std::vector<BitModel> OneTypeModels();

// Writes the model into the test's folder, once; its path.
std::string ModelFile(const BitModel& model);

}  // namespace baton

#endif  // BATON_TESTS_MODEL_BIT_MODELS_H_
