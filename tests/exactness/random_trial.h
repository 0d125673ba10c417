// Trials made of seeds.
#ifndef BATON_TESTS_EXACTNESS_RANDOM_TRIAL_H_
#define BATON_TESTS_EXACTNESS_RANDOM_TRIAL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "router/tokenizer/tokenizer.h"
#include "tests/exactness/trial.h"

namespace baton {

// A model, and what requests to it are made of.
struct TrialModel {
  std::string name;
  std::string path;
  std::shared_ptr<const Tokenizer> tokenizer;
  // Prompts are pieces of these, with few different beginnings, so that many share some.
  std::vector<std::vector<int32_t>> texts;
  // Tokens that are biased, banned, allowed or stopped at.
  std::vector<int32_t> alphabet;
  std::vector<std::string> stop_strings;
};

// What trials may be like.
struct TrialSpace {
  std::vector<TrialModel> models;
  std::vector<std::pair<int, int>> layouts;  // tp, pp
  uint32_t max_requests = 33;
  uint32_t max_prompt = 150;
  uint32_t max_tokens = 24;
};

// Tiny models of every shape and type (tests/model/bit_models.h), tp 1 and 2, pp 1 to 3.
TrialSpace TinySpace();

// The same seed gives the same trial everywhere.
Trial RandomTrial(const TrialSpace& space, uint64_t seed);

}  // namespace baton

#endif  // BATON_TESTS_EXACTNESS_RANDOM_TRIAL_H_
