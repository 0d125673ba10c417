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

// Teacher-forced logits at every stored position, and greedy decoding step by step.
void Compare(TestGroup& group, const GoldenFile& golden, Summary* summary) {
  for (const GoldenCase& c : golden.cases) {
    SCOPED_TRACE(c.name);
    std::vector<int32_t> tokens = c.prompt;
    tokens.insert(tokens.end(), c.continuation.begin(), c.continuation.end());
    std::vector<uint32_t> rows;
    for (const auto& p : c.positions) rows.push_back(static_cast<uint32_t>(p.position));
    const uint32_t last = rows.back();
    group.Step(
        PlanBuilder().Start(0, tokens, 0, tokens.size() + 1).Work(0, 0, last + 1, rows).plan);
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
    // Greedy.
    group.Step(PlanBuilder().End(0).plan);
    const uint32_t prompt = static_cast<uint32_t>(c.prompt.size());
    StepOutput out = group.Step(PlanBuilder()
                                    .Start(0, c.prompt, 0, prompt + 65)
                                    .Work(0, 0, prompt, {prompt - 1}, /*sample_last=*/true)
                                    .plan);
    for (size_t i = 0;; ++i) {
      const int32_t token = *out.rows[0].token;
      if (token != c.continuation[i]) {
        EXPECT_LE(c.margins[i], 2 * kTolerance) << "output token " << i;
        ++summary->ties;
        break;
      }
      if (i + 1 == c.continuation.size()) break;
      const uint32_t p = prompt + static_cast<uint32_t>(i);
      out = group.Step(PlanBuilder().Work(0, p, 1, {p}, true).plan);
    }
    group.Step(PlanBuilder().End(0).plan);
  }
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
