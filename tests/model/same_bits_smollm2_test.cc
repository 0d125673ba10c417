// The same bits on the quick start's model: a short version of same_bits_test and
// same_bits_parallel_test.
#include "gtest/gtest.h"
#include "tests/model/schedule.h"
#include "tests/model/test_group.h"
#include "tests/model/trace.h"

namespace baton {
namespace {

constexpr uint32_t kStepTokens = 192;

TestGroupOptions Options() {
  TestGroupOptions options;
  options.num_blocks = 64;
  options.max_step_tokens = kStepTokens;
  options.max_step_rows = kStepTokens;
  return options;
}

class SameBitsSmolLm2 : public ::testing::Test {
 protected:
  void SetUp() override {
    if (RealModelPath().empty())
      GTEST_SKIP() << "the model is not here: scripts/fetch_model.sh brings it";
    Random random(1);
    sequences_.push_back({RandomTokens(random, 134, 49152), {}});  // across a split of attention
    while (sequences_.size() < 33) {
      const int64_t length = Draw(random, 1, 5);
      sequences_.push_back({RandomTokens(random, length, 49152), {}});
    }
    AssignBlocks(sequences_, 64);
  }

  Trace Compute(const TestGroupOptions& options, const Schedule& schedule) {
    TestGroup group(RealModelPath(), options);
    return RunSchedule(group, sequences_, schedule);
  }

  std::vector<TestSequence> sequences_;
};

TEST_F(SameBitsSmolLm2, InCompanyChunkedThreadedAndStaged) {
  const Trace expected = Compute(Options(), Alone(sequences_));
  Random random(2);
  TestGroupOptions options = Options();
  options.threads = 2;
  EXPECT_EQ("", FirstDifference(expected, Compute(options, Mixed(sequences_, 160, random))));
  EXPECT_EQ("", FirstDifference(expected, Compute(options, Alone(sequences_, 7))));
  options.threads = 1;
  options.pp = 3;
  options.stage_ends = {1, 17, 30};
  options.shm = true;
  AssignBlocks(sequences_, 64, &random);
  EXPECT_EQ("", FirstDifference(expected, Compute(options, Mixed(sequences_, 100, random))));
}

TEST_F(SameBitsSmolLm2, DecodedOneByOne) {
  sequences_.resize(1);
  const Trace expected = Compute(Options(), Alone(sequences_));
  EXPECT_EQ("", FirstDifference(expected, Compute(Options(), Alone(sequences_, 1))));
}

TEST_F(SameBitsSmolLm2, ScalarSpecification) {
  sequences_.resize(2);
  sequences_[0].tokens.resize(5);
  TestGroupOptions options = Options();
  options.threads = 2;
  const Trace expected = Compute(options, Alone(sequences_));
  options.kernels = &ScalarKernels();
  EXPECT_EQ("", FirstDifference(expected, Compute(options, Alone(sequences_, 3))));
}

TEST_F(SameBitsSmolLm2, LocalAndShmAtTwoAndThreeRanks) {
  sequences_.resize(8);
  Random random(3);
  for (int tp : {2, 3}) {
    TestGroupOptions options = Options();
    options.tp = tp;
    const Trace expected = Compute(options, Alone(sequences_));
    options.shm = true;
    options.pp = 2;
    EXPECT_EQ("", FirstDifference(expected, Compute(options, Mixed(sequences_, 100, random))))
        << tp;
  }
}

}  // namespace
}  // namespace baton
