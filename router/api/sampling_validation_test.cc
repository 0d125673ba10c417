#include "router/api/sampling_validation.h"

#include <cmath>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/error_details.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

uint64_t FortyTwo() { return 42; }

TEST(SamplingValidationTest, UnsetIsGreedyWithADrawnSeed) {
  const auto params = ValidateSampling({}, FortyTwo);
  ASSERT_TRUE(params.ok());
  EXPECT_EQ(params->temperature, 0.0f);
  EXPECT_EQ(params->top_k, 0u);
  EXPECT_EQ(params->top_p, 1.0f);
  EXPECT_EQ(params->min_p, 0.0f);
  EXPECT_EQ(params->repetition_penalty, 1.0f);
  EXPECT_EQ(params->presence_penalty, 0.0f);
  EXPECT_EQ(params->frequency_penalty, 0.0f);
  EXPECT_EQ(params->seed, 42u);
}

TEST(SamplingValidationTest, KeepsWhatIsGiven) {
  v1::SamplingParameters sampling;
  sampling.set_temperature(100.0f);
  sampling.set_top_k(4000000000u);
  sampling.set_top_p(1e-30f);
  sampling.set_min_p(1.0f);
  sampling.set_repetition_penalty(100.0f);
  sampling.set_presence_penalty(-2.0f);
  sampling.set_frequency_penalty(2.0f);
  sampling.set_seed(0);
  const auto params = ValidateSampling(sampling, FortyTwo);
  ASSERT_TRUE(params.ok());
  EXPECT_EQ(params->temperature, 100.0f);
  EXPECT_EQ(params->top_k, 4000000000u);
  EXPECT_EQ(params->top_p, 1e-30f);
  EXPECT_EQ(params->min_p, 1.0f);
  EXPECT_EQ(params->repetition_penalty, 100.0f);
  EXPECT_EQ(params->presence_penalty, -2.0f);
  EXPECT_EQ(params->frequency_penalty, 2.0f);
  EXPECT_EQ(params->seed, 0u);
}

TEST(SamplingValidationTest, MinusZeroIsZero) {
  v1::SamplingParameters sampling;
  sampling.set_temperature(-0.0f);
  EXPECT_FALSE(std::signbit(ValidateSampling(sampling, FortyTwo)->temperature));
}

TEST(SamplingValidationTest, RefusesEveryBadValue) {
  using Sampling = v1::SamplingParameters;
  const struct {
    const char* field;
    void (Sampling::*set)(float);
    std::vector<float> bad;
    const char* limit;
  } cases[] = {
      {"sampling.temperature", &Sampling::set_temperature, {-0.5f, 100.5f}, "from 0 to 100"},
      {"sampling.top_p", &Sampling::set_top_p, {0.0f, -1.0f, 1.5f}, "above 0 and at most 1"},
      {"sampling.min_p", &Sampling::set_min_p, {-0.1f, 1.1f}, "from 0 to 1"},
      {"sampling.repetition_penalty",
       &Sampling::set_repetition_penalty,
       {0.0f, 0.009f, -1.0f, 100.5f},
       "from 0.01 to 100"},
      {"sampling.presence_penalty", &Sampling::set_presence_penalty, {-2.5f, 2.5f}, "from -2 to 2"},
      {"sampling.frequency_penalty",
       &Sampling::set_frequency_penalty,
       {-2.5f, 2.5f},
       "from -2 to 2"},
  };
  for (const auto& test : cases) {
    std::vector<float> values = test.bad;
    values.insert(values.end(), {kNan, kInf, -kInf});
    for (const float value : values) {
      v1::SamplingParameters sampling;
      (sampling.*test.set)(value);
      const absl::Status status = ValidateSampling(sampling, FortyTwo).status();
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
      ASSERT_EQ(FieldViolations(status).size(), 1u) << status;
      EXPECT_EQ(FieldViolations(status)[0].field, test.field);
      EXPECT_THAT(FieldViolations(status)[0].description,
                  testing::AllOf(testing::HasSubstr(test.limit),
                                 testing::EndsWith(absl::StrCat("is ", value))));
    }
  }
}

TEST(SystemRandomTest, Varies) { EXPECT_NE(SystemRandom(), SystemRandom()); }

}  // namespace
}  // namespace baton
