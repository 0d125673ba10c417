#include "router/api/output_validation.h"

#include <string>

#include "absl/types/optional.h"
#include "common/error_details.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

// "FIELD: DESCRIPTION" of the one violation, or what was taken as "N of BEST_OF".
std::string Choices(absl::optional<uint32_t> n, absl::optional<uint32_t> best_of) {
  v1::GenerateRequest request;
  if (n) request.set_n(*n);
  if (best_of) request.set_best_of(*best_of);
  EngineRequest engine;
  const absl::Status status = ValidateOutput(request, &engine);
  if (status.ok()) return std::to_string(engine.n) + " of " + std::to_string(engine.best_of);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(FieldViolations(status).size(), 1u) << status;
  return std::string(status.message());
}

TEST(OutputValidationTest, CountsChoices) {
  EXPECT_EQ(Choices({}, {}), "1 of 1");
  EXPECT_EQ(Choices(3, {}), "3 of 3");
  EXPECT_EQ(Choices({}, 4), "1 of 4");
  EXPECT_EQ(Choices(3, 3), "3 of 3");
  EXPECT_EQ(Choices(64, 64), "64 of 64");
  EXPECT_EQ(Choices(0, {}), "n: must be 1 to 64, is 0");
  EXPECT_EQ(Choices(65, {}), "n: must be 1 to 64, is 65");
  EXPECT_EQ(Choices(3, 2), "best_of: must be at least n, which is 3, and at most 64, is 2");
  EXPECT_EQ(Choices({}, 0), "best_of: must be at least n, which is 1, and at most 64, is 0");
  EXPECT_EQ(Choices(3, 65), "best_of: must be at least n, which is 3, and at most 64, is 65");
}

TEST(OutputValidationTest, TellsUnsetLogprobsFromZero) {
  v1::GenerateRequest request;
  EngineRequest engine;
  ASSERT_TRUE(ValidateOutput(request, &engine).ok());
  EXPECT_EQ(engine.num_logprobs, absl::nullopt);
  EXPECT_EQ(engine.num_prompt_logprobs, absl::nullopt);
  request.set_logprobs(0);
  request.set_prompt_logprobs(20);
  ASSERT_TRUE(ValidateOutput(request, &engine).ok());
  EXPECT_EQ(engine.num_logprobs, absl::optional<uint32_t>(0));
  EXPECT_EQ(engine.num_prompt_logprobs, absl::optional<uint32_t>(20));
  request.set_prompt_logprobs(21);
  EXPECT_EQ(ValidateOutput(request, &engine).message(),
            "prompt_logprobs: must be at most 20, is 21");
  request.set_logprobs(21);
  EXPECT_EQ(ValidateOutput(request, &engine).message(), "logprobs: must be at most 20, is 21");
}

TEST(OutputValidationTest, KeepsEcho) {
  v1::GenerateRequest request;
  EngineRequest engine;
  request.set_echo(true);
  ASSERT_TRUE(ValidateOutput(request, &engine).ok());
  EXPECT_TRUE(engine.echo);
}

TEST(OutputValidationTest, BoundsThePriority) {
  v1::GenerateRequest request;
  EngineRequest engine;
  request.set_priority(-1000);
  ASSERT_TRUE(ValidateOutput(request, &engine).ok());
  EXPECT_EQ(engine.priority, -1000);
  request.set_priority(1001);
  const absl::Status status = ValidateOutput(request, &engine);
  ASSERT_EQ(FieldViolations(status).size(), 1u) << status;
  EXPECT_EQ(FieldViolations(status)[0].field, "priority");
}

TEST(OutputValidationTest, BoundsWhatIsToldAtTheEnd) {
  EngineRequest engine;
  engine.n = 16;
  engine.best_of = 16;
  engine.stop.max_tokens = 5000;
  EXPECT_TRUE(CheckRankedOutput(engine).ok()) << "streamed as it comes";
  engine.best_of = 17;
  const absl::Status status = CheckRankedOutput(engine);
  ASSERT_EQ(FieldViolations(status).size(), 1u) << status;
  EXPECT_EQ(FieldViolations(status)[0].field, "best_of");
  engine.stop.max_tokens = 2048;
  EXPECT_TRUE(CheckRankedOutput(engine).ok());
  engine.num_logprobs = 1;
  EXPECT_FALSE(CheckRankedOutput(engine).ok());
}

}  // namespace
}  // namespace baton
