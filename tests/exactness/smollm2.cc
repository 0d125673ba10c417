// The exactness trials on the quick start's model: fewer and larger ones, and a report.
//   BATON_EXACTNESS_TRIALS=20 BATON_EXACTNESS_SEED=1 bazel run -c opt //tests/exactness:smollm2
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>

#include "common/check.h"
#include "tests/exactness/property.h"
#include "tests/exactness/random_trial.h"
#include "tests/model/test_group.h"
#include "tests/tokenizer/model_tokenizer.h"

namespace baton {
namespace {

constexpr const char* kTexts[] = {
    "The sea was calm that morning, and the fishermen had gone out before the sun came up. Nobody "
    "in the village expected the storm that followed, least of all the old woman who kept the "
    "lighthouse and who had seen more storms than anyone. She lit the lamp at noon, which she had "
    "never done before, and began to count the boats as they came back, one after the other. By "
    "evening there were eleven of them in the harbour; twelve had left.",
    "def merge(left, right):\n    \"\"\"Merges two sorted lists.\"\"\"\n    result = []\n    i = j "
    "= "
    "0\n    while i < len(left) and j < len(right):\n        if left[i] <= right[j]:\n            "
    "result.append(left[i])\n            i += 1\n        else:\n            "
    "result.append(right[j])\n            j += 1\n    return result + left[i:] + "
    "right[j:]\n\n\ndef "
    "sort(items):\n    if len(items) < 2:\n        return items\n    middle = len(items) // 2\n",
    "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging "
    "Face<|im_end|>\n<|im_start|>user\nWhat is the capital of France, and which river flows "
    "through it? Answer in one short sentence, then name three other rivers of that country and "
    "the cities that lie on them, each on a line of its own.<|im_end|>\n<|im_start|>assistant\nThe "
    "capital of France is Paris, and the river that flows through it is the Seine.\n",
};

TrialSpace SmolLm2Space(const std::string& path) {
  TrialModel m;
  m.name = "smollm2";
  m.path = path;
  auto tokenizer = LoadModelTokenizer(path);
  BATON_CHECK(tokenizer.ok());
  m.tokenizer = *std::move(tokenizer);
  EncodeOptions options;
  options.parse_special = true;
  for (const char* text : kTexts) {
    m.texts.emplace_back();
    BATON_CHECK(m.tokenizer->Encode(text, options, &m.texts.back()).ok());
    for (int32_t id : m.texts.back()) {
      if (!m.tokenizer->IsSpecial(id)) m.alphabet.push_back(id);
    }
  }
  std::sort(m.alphabet.begin(), m.alphabet.end());
  m.alphabet.erase(std::unique(m.alphabet.begin(), m.alphabet.end()), m.alphabet.end());
  m.stop_strings = {".", "\n", ", and", " the ", "return", "e", "\n\n", "is"};
  TrialSpace space;
  space.models.push_back(std::move(m));
  space.layouts = {{1, 1}, {1, 2}, {1, 3}, {2, 1}};
  space.max_requests = 20;
  return space;
}

int Run() {
  const std::string path = RealModelPath();
  if (path.empty()) {
    std::printf("skipped: there is no model; scripts/fetch_model.sh fetches it\n");
    return 0;
  }
  const uint64_t trials = NumberFromEnvironment("BATON_EXACTNESS_TRIALS", 20);
  const uint64_t first = NumberFromEnvironment("BATON_EXACTNESS_SEED", 1);
  const auto start = std::chrono::steady_clock::now();
  PropertyOptions options;
  options.threads = static_cast<int>(NumberFromEnvironment("BATON_EXACTNESS_THREADS", 1));
  Property property(SmolLm2Space(path), options);
  for (uint64_t seed = first; seed < first + trials; ++seed) {
    const std::string failure = property.CheckSeed(seed);
    if (!failure.empty()) {
      std::printf("%s\n", failure.c_str());
      return 1;
    }
    std::fprintf(stderr, "seed %d passed\n", static_cast<int>(seed));
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%s%-32s %9.0f\ndifferences                              0\n",
              property.coverage().Report().c_str(), "seconds", took.count());
  return 0;
}

}  // namespace
}  // namespace baton

int main() { return baton::Run(); }
