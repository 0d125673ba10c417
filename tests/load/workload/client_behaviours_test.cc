#include "tests/load/workload/client_behaviours.h"

#include <map>
#include <vector>

#include "gtest/gtest.h"

namespace baton {
namespace {

TEST(ClientBehaviours, AreThoseOfAPatientClientUnlessAsked) {
  const ClientBehaviour behaviour = PickBehaviour({}, 1, 2, 0, 10);
  EXPECT_FALSE(behaviour.cancel_after.has_value());
  EXPECT_EQ(behaviour.read_pause, absl::ZeroDuration());
  EXPECT_EQ(behaviour.deadline, absl::InfiniteDuration());
}

TEST(ClientBehaviours, HaveTheAskedSharesIndependently) {
  BehaviourOptions options;
  options.cancel_fraction = 0.3;
  options.slow_reader_fraction = 0.1;
  options.read_pause = absl::Milliseconds(7);
  int cancels = 0, slow = 0, both = 0;
  std::map<uint32_t, int> after;
  for (uint64_t i = 0; i < 10000; ++i) {
    const ClientBehaviour behaviour = PickBehaviour(options, 1, i, 0, 5);
    if (behaviour.cancel_after.has_value()) ++cancels, ++after[*behaviour.cancel_after];
    if (behaviour.read_pause == absl::Milliseconds(7)) {
      ++slow;
      both += behaviour.cancel_after.has_value();
    }
  }
  EXPECT_NEAR(cancels, 3000, 150);
  EXPECT_NEAR(slow, 1000, 100);
  EXPECT_NEAR(both, 300, 60);
  EXPECT_EQ(after.size(), 5u);
  for (const auto& count : after) {
    EXPECT_LT(count.first, 5u);
    EXPECT_NEAR(count.second, 600, 90);
  }
}

TEST(ClientBehaviours, AreOfAllAtOneAndNeverTooLate) {
  BehaviourOptions options;
  options.cancel_fraction = 1;
  for (uint64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(*PickBehaviour(options, 1, i, 0, 1).cancel_after, 0u);
    EXPECT_EQ(*PickBehaviour(options, 1, i, 0, 0).cancel_after, 0u);
  }
}

TEST(ClientBehaviours, OfOneKindDoNotChangeWithAnother) {
  BehaviourOptions cancels, all;
  cancels.cancel_fraction = all.cancel_fraction = 0.5;
  all.slow_reader_fraction = 0.5;
  all.deadline = ParseDeadlineSpec("exp:100").value();
  int turns_differ = 0;
  for (uint64_t i = 0; i < 100; ++i) {
    const auto first = PickBehaviour(cancels, 1, i, 0, 50).cancel_after;
    EXPECT_EQ(first, PickBehaviour(all, 1, i, 0, 50).cancel_after);
    turns_differ += first != PickBehaviour(cancels, 1, i, 1, 50).cancel_after;
  }
  EXPECT_GT(turns_differ, 50);
}

TEST(ClientBehaviours, AreTheSameEverywhere) {
  BehaviourOptions options;
  options.cancel_fraction = 0.5;
  options.deadline = ParseDeadlineSpec("lognormal:500:0.8").value();
  std::vector<int> after;
  for (uint64_t i = 0; i < 6; ++i) {
    const auto cancel = PickBehaviour(options, 3, i, 0, 100).cancel_after;
    after.push_back(cancel.has_value() ? static_cast<int>(*cancel) : -1);
  }
  EXPECT_EQ(after, (std::vector<int>{-1, 54, -1, 10, -1, 44}));
  EXPECT_EQ(absl::ToInt64Nanoseconds(PickBehaviour(options, 3, 0, 0, 9).deadline), 321007687);
}

}  // namespace
}  // namespace baton
