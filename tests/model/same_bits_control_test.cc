// The comparison of same_bits_test can fail: operations whose results depend, by one unit in the
// last place of one number, on their company are found out, and the message says where.
#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/model/bit_models.h"
#include "tests/model/schedule.h"
#include "tests/model/test_group.h"
#include "tests/model/trace.h"

namespace baton {
namespace {

using ::testing::HasSubstr;

void Nudge(float* x) { *x = std::nextafter(*x, 1e30f); }

// As a library does that has another algorithm for more than 8 rows.
void MatmulByRows(const PackedWeight& w, int64_t panel_begin, int64_t panel_end,
                  const Activations& x, int64_t t_begin, int64_t t_end, float* y, int64_t ldy) {
  BestKernels().matmul(w, panel_begin, panel_end, x, t_begin, t_end, y, ldy);
  if (t_end - t_begin > 8) Nudge(y + t_begin * ldy + panel_begin * kPanelRows);
}

// As an attention does whose splits lie relative to the chunk.
void AttentionByChunk(const AttentionArgs& args, int64_t kv_head, int64_t row_begin,
                      int64_t row_end) {
  BestKernels().attention(args, kv_head, row_begin, row_end);
  const int64_t token = row_begin / args.q_per_kv;
  if (args.first_position % 16 != 0)
    Nudge(args.out + token * args.out_stride + kv_head * args.q_per_kv * args.head_dim);
}

class SameBitsControl : public ::testing::Test {
 protected:
  SameBitsControl() {
    Random random(1);
    for (int64_t length : {40, 9, 20})
      sequences_.push_back({RandomTokens(random, length, model_.options.vocab), {}});
    AssignBlocks(sequences_, 256);
  }

  // Alone by the true kernels, and `schedule` by those in hand.
  std::string Compare(const Schedule& schedule) {
    TestGroupOptions options;
    TestGroup truth(ModelFile(model_), options);
    options.kernels = &kernels_;
    options.threads = 2;
    TestGroup group(ModelFile(model_), options);
    return FirstDifference(RunSchedule(truth, sequences_, Alone(sequences_, 8)),
                           RunSchedule(group, sequences_, schedule));
  }

  Schedule InCompany() {
    Random random(2);
    return Mixed(sequences_, 64, random);
  }

  BitModel model_ = BitModels()[0];  // float32: nothing is rounded away
  CpuKernels kernels_ = BestKernels();
  std::vector<TestSequence> sequences_;
};

TEST_F(SameBitsControl, TrueKernelsPass) { EXPECT_EQ("", Compare(InCompany())); }

TEST_F(SameBitsControl, AProductThatDependsOnTheNumberOfTokensIsFound) {
  kernels_.matmul = MatmulByRows;
  EXPECT_EQ("", Compare(Alone(sequences_, 8))) << "without company nothing is wrong with it";
  EXPECT_THAT(Compare(InCompany()), HasSubstr("logits differ"));
  EXPECT_THAT(Compare(Alone(sequences_)), HasSubstr("logits differ"));
}

TEST_F(SameBitsControl, AttentionThatDependsOnTheChunkIsFound) {
  kernels_.attention = AttentionByChunk;
  EXPECT_EQ("", Compare(Alone(sequences_, 16)));
  EXPECT_THAT(Compare(Alone(sequences_, 8)), HasSubstr("sequence 0, position 8 of 40: "));
}

TEST_F(SameBitsControl, TheMessageNamesRowAndValues) {
  const Trace a = {{{1.0f, 2.0f}}, {{0.0f, 1.0f}, {1.0f, 2.0f}}};
  Trace b = a;
  EXPECT_EQ("", FirstDifference(a, b));
  b[1][0][0] = -0.0f;
  b[1][1][1] = 3.0f;
  EXPECT_EQ(
      "sequence 1, position 0 of 2: 1 of 2 logits differ, first id 0: -0 (80000000), expected 0 "
      "(00000000)",
      FirstDifference(a, b));
  b[1].pop_back();
  EXPECT_EQ("sequence 1: 1 positions, expected 2", FirstDifference(a, b));
}

}  // namespace
}  // namespace baton
