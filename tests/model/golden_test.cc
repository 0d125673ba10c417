// The float32 reference, float32 KV cache, against Hugging Face transformers.
#include <cmath>

#include "gtest/gtest.h"
#include "tests/golden/golden_file.h"
#include "tests/golden/golden_models.h"
#include "tests/model/test_group.h"
#include "worker/model/tiny_model.h"

namespace baton {
namespace {

constexpr double kTolerance = 2e-3;

struct Summary {
  double worst = 0;
  int positions = 0;
  int ties = 0;
};

// Teacher-forced logits at every stored position.
void CompareLogits(TestGroup& group, const GoldenCase& c, Summary* summary) {
  std::vector<int32_t> tokens = c.prompt;
  tokens.insert(tokens.end(), c.continuation.begin(), c.continuation.end());
  std::vector<uint32_t> rows;
  for (const auto& p : c.positions) rows.push_back(static_cast<uint32_t>(p.position));
  const uint32_t last = rows.back();
  group.Step(PlanBuilder().Start(0, tokens, 0, tokens.size() + 1).Work(0, 0, last + 1, rows).plan);
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::vector<float> logits = group.Logits(static_cast<int>(i));
    double sum = 0;
    for (float l : logits) sum += std::exp(static_cast<double>(l) - c.positions[i].logsumexp);
    const double log_sum_error = std::fabs(std::log(sum));
    EXPECT_LE(log_sum_error, kTolerance) << "position " << rows[i];
    summary->worst = std::max(summary->worst, log_sum_error);
    for (const auto& [token, logit] : c.positions[i].top) {
      const double error = std::fabs(logits[token] - logit);
      EXPECT_LE(error, kTolerance) << "position " << rows[i] << ", token " << token;
      summary->worst = std::max(summary->worst, error);
    }
    ++summary->positions;
  }
  group.Step(PlanBuilder().End(0).plan);
}

// Greedy decoding of all cases, beside each other because that is quicker (same_bits_test shows
// that it changes nothing). A run ends where the tokens part, which they may at a tie alone.
void CompareGreedy(TestGroup& group, const GoldenFile& golden, Summary* summary) {
  std::vector<size_t> running;
  std::vector<int32_t> tokens(golden.cases.size());
  int32_t next_block = 0;
  for (uint32_t i = 0; i < golden.cases.size(); ++i) {
    const GoldenCase& c = golden.cases[i];
    const uint32_t prompt = static_cast<uint32_t>(c.prompt.size());
    const uint32_t capacity = prompt + static_cast<uint32_t>(c.continuation.size());
    tokens[i] = *group
                     .Step(PlanBuilder()
                               .Start(i, c.prompt, next_block, capacity)
                               .Work(i, 0, prompt, {prompt - 1}, /*sample_last=*/true)
                               .plan)
                     .rows[0]
                     .token;
    next_block += static_cast<int32_t>((capacity + 15) / 16);
    running.push_back(i);
  }
  for (uint32_t step = 0; !running.empty(); ++step) {
    PlanBuilder plan;
    std::vector<size_t> next;
    for (size_t i : running) {
      const GoldenCase& c = golden.cases[i];
      const bool same = tokens[i] == c.continuation[step];
      if (!same) {
        EXPECT_LE(c.margins[step], 2 * kTolerance) << c.name << ", output token " << step;
        ++summary->ties;
      }
      if (!same || step + 1 == c.continuation.size()) {
        plan.End(static_cast<uint32_t>(i));
        continue;
      }
      const uint32_t position = static_cast<uint32_t>(c.prompt.size()) + step;
      plan.Work(static_cast<uint32_t>(i), position, 1, {position}, true);
      next.push_back(i);
    }
    const StepOutput out = group.Step(plan.plan);
    for (size_t i = 0; i < next.size(); ++i) tokens[next[i]] = *out.rows[i].token;
    running = next;
  }
}

void Compare(TestGroup& group, const GoldenFile& golden, Summary* summary) {
  for (const GoldenCase& c : golden.cases) {
    SCOPED_TRACE(c.name);
    CompareLogits(group, c, summary);
  }
  CompareGreedy(group, golden, summary);
}

TestGroupOptions Reference() {
  TestGroupOptions options;
  options.as_f32 = true;
  options.kv = DType::kF32;
  options.threads = 2;
  options.max_step_rows = 128;
  return options;
}

void Report(const std::string& name, const Summary& s) {
  std::printf("%s: %d positions, largest difference %.2g, %d greedy runs ended at a tie\n",
              name.c_str(), s.positions, s.worst, s.ties);
}

TEST(Golden, TinyModelsAgreeWithTransformers) {
  for (const GoldenModel& model : GoldenTinyModels()) {
    SCOPED_TRACE(model.name);
    const std::string path = ::testing::TempDir() + "/" + model.name + ".gguf";
    ASSERT_TRUE(WriteTinyModel(path, model.options).ok());
    const absl::StatusOr<GoldenFile> golden =
        ReadGoldenFile("tests/golden/data/" + model.name + ".txt");
    ASSERT_TRUE(golden.ok()) << golden.status();
    ASSERT_EQ(golden->digest, *(*GgufFile::Open(path))->Digest());
    Summary summary;
    TestGroup group(path, Reference());
    Compare(group, *golden, &summary);
    Report(model.name, summary);
  }
}

TEST(Golden, SmolLm2AgreesWithTransformers) {
  const std::string path = RealModelPath();
  if (path.empty()) GTEST_SKIP() << "the model is not here: scripts/fetch_model.sh brings it";
  const absl::StatusOr<GoldenFile> golden = ReadGoldenFile("tests/golden/data/smollm2.txt");
  ASSERT_TRUE(golden.ok()) << golden.status();
  ASSERT_EQ(golden->digest, *(*GgufFile::Open(path))->Digest());
  ASSERT_GE(golden->cases.size(), 20u);
  Summary summary;
  TestGroup group(path, Reference());
  Compare(group, *golden, &summary);
  Report("SmolLM2", summary);
}

}  // namespace
}  // namespace baton
