#include "router/api/sampling_validation.h"

#include <cmath>
#include <limits>

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
  EXPECT_EQ(params->seed, 42u);
}

TEST(SamplingValidationTest, KeepsWhatIsGiven) {
  v1::SamplingParameters sampling;
  sampling.set_temperature(100.0f);
  sampling.set_top_k(4000000000u);
  sampling.set_top_p(1e-30f);
  sampling.set_seed(0);
  const auto params = ValidateSampling(sampling, FortyTwo);
  ASSERT_TRUE(params.ok());
  EXPECT_EQ(params->temperature, 100.0f);
  EXPECT_EQ(params->top_k, 4000000000u);
  EXPECT_EQ(params->top_p, 1e-30f);
  EXPECT_EQ(params->seed, 0u);
}

TEST(SamplingValidationTest, MinusZeroIsZero) {
  v1::SamplingParameters sampling;
  sampling.set_temperature(-0.0f);
  EXPECT_FALSE(std::signbit(ValidateSampling(sampling, FortyTwo)->temperature));
}

TEST(SamplingValidationTest, RefusesEveryBadValue) {
  const struct {
    absl::optional<float> temperature, top_p;
    const char* field;
    const char* value;
  } cases[] = {
      {kNan, {}, "sampling.temperature", "nan"},     {kInf, {}, "sampling.temperature", "inf"},
      {-kInf, {}, "sampling.temperature", "-inf"},   {-0.5f, {}, "sampling.temperature", "-0.5"},
      {100.5f, {}, "sampling.temperature", "100.5"}, {{}, 0.0f, "sampling.top_p", "0"},
      {{}, -1.0f, "sampling.top_p", "-1"},           {{}, 1.5f, "sampling.top_p", "1.5"},
      {{}, kNan, "sampling.top_p", "nan"},           {{}, kInf, "sampling.top_p", "inf"},
  };
  for (const auto& test : cases) {
    v1::SamplingParameters sampling;
    if (test.temperature) sampling.set_temperature(*test.temperature);
    if (test.top_p) sampling.set_top_p(*test.top_p);
    const absl::Status status = ValidateSampling(sampling, FortyTwo).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    ASSERT_EQ(FieldViolations(status).size(), 1u) << status;
    EXPECT_EQ(FieldViolations(status)[0].field, test.field);
    EXPECT_THAT(FieldViolations(status)[0].description,
                testing::EndsWith(std::string("is ") + test.value));
  }
}

TEST(LogprobsValidationTest, TellsUnsetFromZero) {
  v1::GenerateRequest request;
  EXPECT_EQ(*ValidateLogprobs(request), absl::nullopt);
  request.set_logprobs(0);
  EXPECT_EQ(*ValidateLogprobs(request), absl::optional<uint32_t>(0));
  request.set_logprobs(20);
  EXPECT_EQ(*ValidateLogprobs(request), absl::optional<uint32_t>(20));
  request.set_logprobs(21);
  const absl::Status status = ValidateLogprobs(request).status();
  ASSERT_EQ(FieldViolations(status).size(), 1u) << status;
  EXPECT_EQ(FieldViolations(status)[0].field, "logprobs");
}

TEST(SystemRandomTest, Varies) { EXPECT_NE(SystemRandom(), SystemRandom()); }

}  // namespace
}  // namespace baton
