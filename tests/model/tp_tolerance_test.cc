// Different tp need not agree to the bit, but no further apart than arithmetic explains.
//
// Where they may differ. A rank's rows of the q, k, v, gate, up and output matrices are computed
// from whole inputs, as at tp 1; the embedding is summed from one row and zeros. Groups of 32
// activations are never cut, so integer dots and scales are the same too. What differs is only how
// the terms of the attention's output and of the down projection are summed: one accumulator at tp
// 1; one for each rank, added in rank order, at others.
//
// 1. Without rounding in between (float32 or float16 weights, float32 KV). A sum of n terms of
// deviation s has partial sums of deviation s·√k after k terms, each rounded with an error of at
// most u = 2^-24 of it, deviation u/√3: in all s·u·n/√6, against a result of deviation s·√n, so
// √n·u/√6 of the result; two orders differ by √2 of that, 0.58·√n·u. How far a relative change η of
// these products moves the logits is measured, not assumed: a run at tp 1 in which every product's
// every element is multiplied by 1 ± η, with η = 2^-12, far above u and small enough to be linear.
// The root mean square of the logits' differences must then be at most
//     0.58·√n·u / η · (that of the measurement),
// with n the longer sum. It is an upper bound: the measurement disturbs all seven products of a
// layer and the head where tp disturbs two, and a row of sums that cancel is no worse in one than
// in the other. It is doubled, since the sums' terms are not exactly independent.
//
// 2. With rounding to a grid in between (int8 or bfloat16 activations, float16 KV). A difference δ
// far below the grid's step s still flips a rounding with probability δ/s, and then is s: δ grows
// to √(δ·s) on average at each of them, and after some layers is as large as the rounding itself.
// Then the two runs are two roundings of the same values, each as far from the unrounded result as
// the other, and independent at worst: the root mean square of their difference is at most √2 times
// that between the rounded path and float32 (same weights, no rounding), which is measured.
#include <cmath>
#include <cstdio>

#include "gtest/gtest.h"
#include "tests/model/bit_models.h"
#include "tests/model/schedule.h"
#include "tests/model/test_group.h"
#include "tests/model/trace.h"

namespace baton {
namespace {

constexpr double kUnit = 0x1p-24;
constexpr float kDisturbance = 0x1p-12f;

// Products, each element off by a relative ±kDisturbance of which the sign is as good as random.
void DisturbedMatmul(const PackedWeight& w, int64_t panel_begin, int64_t panel_end,
                     const Activations& x, int64_t t_begin, int64_t t_end, float* y, int64_t ldy) {
  BestKernels().matmul(w, panel_begin, panel_end, x, t_begin, t_end, y, ldy);
  for (int64_t t = t_begin; t < t_end; ++t) {
    for (int64_t r = panel_begin * kPanelRows; r < std::min(panel_end * kPanelRows, w.rows); ++r) {
      const uint64_t hash =
          static_cast<uint64_t>(t * 100003 + r * 1009 + w.cols + w.rows) * 0x9e3779b97f4a7c15u;
      y[t * ldy + r] *= 1.0f + (hash >> 63 != 0 ? kDisturbance : -kDisturbance);
    }
  }
}

Trace Compute(const std::string& path, const std::vector<TestSequence>& sequences,
              TestGroupOptions options) {
  options.num_blocks = 64;
  options.max_step_tokens = options.max_step_rows = 160;
  TestGroup group(path, options);
  return RunSchedule(group, sequences, Alone(sequences));
}

TEST(TpTolerance, WithoutRoundingOnlyTheOrderOfSumsMatters) {
  CpuKernels disturbed = BestKernels();
  disturbed.matmul = DisturbedMatmul;
  for (const BitModel& model : BitModels()) {
    const auto sequences =
        RandomSequences(model.options.seed, {140, 30, 3}, model.options.vocab, 64);
    TestGroupOptions options;
    options.as_f32 = true;
    options.kv = DType::kF32;
    const Trace one = Compute(ModelFile(model), sequences, options);
    options.kernels = &disturbed;
    const double moved =
        RootMeanSquareDifference(one, Compute(ModelFile(model), sequences, options)) / kDisturbance;
    const double terms = static_cast<double>(
        std::max(model.options.heads * model.options.head_dim, model.options.ffn));
    const double bound = 2 * 0.58 * std::sqrt(terms) * kUnit * moved;
    options.kernels = &BestKernels();
    for (int tp : {2, 3}) {
      options.tp = tp;
      const double difference =
          RootMeanSquareDifference(one, Compute(ModelFile(model), sequences, options));
      std::printf("%-18s tp %d float32: %.2g of %.2g\n", model.name.c_str(), tp, difference, bound);
      EXPECT_LE(difference, bound) << model.name << ", tp " << tp;
      EXPECT_GT(difference, 0) << model.name << ", tp " << tp << ": nothing was compared";
    }
    EXPECT_LT(bound, 1e-4 * RootMeanSquare(one)) << "too wide to notice anything";
  }
}

void CheckRounded(const std::string& name, const std::string& path,
                  const std::vector<TestSequence>& sequences) {
  TestGroupOptions options;
  const Trace one = Compute(path, sequences, options);
  TestGroupOptions unrounded;
  unrounded.as_f32 = true;
  unrounded.kv = DType::kF32;
  const double noise = RootMeanSquareDifference(one, Compute(path, sequences, unrounded));
  const double bound = std::sqrt(2.0) * noise;
  for (int tp : {2, 3}) {
    options.tp = tp;
    const Trace other = Compute(path, sequences, options);
    const double difference = RootMeanSquareDifference(one, other);
    std::printf("%-18s tp %d as shipped: %.2g of %.2g; largest %.2g; the logits' own %.2g\n",
                name.c_str(), tp, difference, bound, LargestDifference(one, other),
                RootMeanSquare(one));
    EXPECT_LE(difference, bound) << name << ", tp " << tp;
  }
  EXPECT_LT(bound, 0.1 * RootMeanSquare(one)) << "too wide to notice anything";
}

TEST(TpTolerance, WithRoundingNoFurtherApartThanRoundingItself) {
  for (const BitModel& model : BitModels()) {
    CheckRounded(model.name, ModelFile(model),
                 RandomSequences(model.options.seed, {140, 30, 3}, model.options.vocab, 64));
  }
}

TEST(TpTolerance, SmolLm2) {
  const std::string path = RealModelPath();
  if (path.empty()) GTEST_SKIP() << "the model is not here: scripts/fetch_model.sh brings it";
  CheckRounded("SmolLM2", path, RandomSequences(7, {40}, 49152, 64));
}

}  // namespace
}  // namespace baton
