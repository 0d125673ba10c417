// That exactness_test would notice: the same trials fail when an operation depends on its company,
// when a plan's journal, cache or seed is not what it should be; and what is printed then is small.
#include <cmath>
#include <iostream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/exactness/property.h"
#include "tests/exactness/random_trial.h"

namespace baton {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kTrials = 40;

// The first failure among the trials, "" if all pass.
std::string FirstFailure(const PropertyOptions& options) {
  Property property(TinySpace(), options);
  for (uint64_t seed = 1; seed <= kTrials; ++seed) {
    std::string failure = property.CheckSeed(seed);
    if (!failure.empty()) return failure;
  }
  return "";
}

// As a library does that has another algorithm for more than 8 rows.
void MatmulByRows(const PackedWeight& w, int64_t panel_begin, int64_t panel_end,
                  const Activations& x, int64_t t_begin, int64_t t_end, float* y, int64_t ldy) {
  BestKernels().matmul(w, panel_begin, panel_end, x, t_begin, t_end, y, ldy);
  if (t_end - t_begin <= 8) return;
  for (int64_t t = t_begin; t < t_end; ++t) {
    float* first = y + t * ldy + panel_begin * kPanelRows;
    *first = std::nextafter(*first, 1e30f);
  }
}

TEST(ExactnessControl, AProductThatDependsOnTheNumberOfRowsIsFound) {
  CpuKernels kernels = BestKernels();
  kernels.matmul = MatmulByRows;
  PropertyOptions options;
  options.kernels = &kernels;
  const std::string failure = FirstFailure(options);
  std::cout << failure;
  EXPECT_THAT(failure, HasSubstr("expected"));
  EXPECT_THAT(failure, HasSubstr("to repeat: BATON_EXACTNESS_SEED="));
  EXPECT_THAT(failure, Not(HasSubstr("request 3 at"))) << "it was not made small";
}

TEST(ExactnessControl, AJournalThatForgetsWhereThePromptEndedIsFound) {
  PropertyOptions options;
  options.tamper = [](Plan* plan) {
    for (SlotStart& start : plan->starts)
      start.prompt_length = static_cast<uint32_t>(start.tokens.size());
  };
  EXPECT_THAT(FirstFailure(options), HasSubstr("expected"));
}

TEST(ExactnessControl, ACachedBlockThatHoldsSomethingElseIsFound) {
  PropertyOptions options;
  options.tamper = [](Plan* plan) {
    for (SlotStart& start : plan->starts) {
      if (start.num_computed >= 32) std::swap(start.blocks[0], start.blocks[1]);
    }
  };
  EXPECT_THAT(FirstFailure(options), HasSubstr("expected"));
}

TEST(ExactnessControl, AnotherSeedAfterAPreemptionIsFound) {
  PropertyOptions options;
  options.tamper = [](Plan* plan) {
    for (SlotStart& start : plan->starts)
      start.sampling.seed += start.tokens.size() > start.prompt_length;
  };
  EXPECT_THAT(FirstFailure(options), HasSubstr("expected"));
}

TEST(ExactnessControl, ARefusedPlanIsFound) {
  PropertyOptions options;
  options.tamper = [](Plan* plan) {
    if (plan->work.size() == 3) plan->work[1].slot = plan->work[0].slot;
  };
  EXPECT_THAT(FirstFailure(options), HasSubstr("plan refused"));
}

}  // namespace
}  // namespace baton
