#include "tests/load/bench/answer_check.h"

#include "gtest/gtest.h"

namespace baton {
namespace {

RequestRecord Completed(uint64_t index, uint64_t digest, const char* numerics = "class-1") {
  RequestRecord record;
  record.index = index;
  record.outcome = RequestOutcome::kCompleted;
  record.answer_digest = digest;
  record.numerics_class = numerics;
  return record;
}

TEST(AnswerCheckTest, EqualAnswersAreEqual) {
  const std::vector<RequestRecord> records = {Completed(0, 7), Completed(1, 8)};
  const AnswerComparison comparison = CompareAnswers(AnswersOf(records), records);
  EXPECT_EQ(comparison.equal, 2u);
  EXPECT_TRUE(comparison.all_equal());
  EXPECT_EQ(ToText(comparison), "2 of 2 answers equal");
}

TEST(AnswerCheckTest, EveryKindOfDifferenceIsTold) {
  const KnownAnswers known =
      AnswersOf({Completed(0, 7), Completed(1, 8), Completed(2, 9), Completed(3, 1)});
  RequestRecord failed = Completed(2, 9);
  failed.outcome = RequestOutcome::kFailed;
  const AnswerComparison comparison = CompareAnswers(
      known,
      {Completed(0, 7), Completed(1, 80), failed, Completed(3, 2, "other"), Completed(4, 5)});
  EXPECT_EQ(comparison.equal, 1u);
  EXPECT_EQ(comparison.different, std::vector<uint64_t>{1});
  EXPECT_EQ(comparison.other_class, std::vector<uint64_t>{3});
  EXPECT_EQ(comparison.missing, (std::vector<uint64_t>{2, 4}));
  EXPECT_FALSE(comparison.all_equal());
  EXPECT_EQ(ToText(comparison),
            "1 of 5 answers equal\n  1 differ: request 1\n"
            "  1 not compared, as another arithmetic computed them: request 3\n"
            "  2 did not complete in both runs: request 2, 4");
}

}  // namespace
}  // namespace baton
