#include "router/fleet/group.h"

#include "baton/worker/v1/protocol_version.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

RankHello Hello(uint32_t rank, uint32_t tp = 2) {
  RankHello h;
  h.protocol_version = kWorkerProtocolVersion;
  h.incarnation = 100 + rank;
  h.rank = rank;
  h.tp = tp;
  h.model_digest = "d1";
  h.numerics_class = "c1";
  h.shared_memory_domain = "host1";
  h.pid = 10 + rank;
  h.host = "box";
  return h;
}

RankCapacity Capacity(uint64_t blocks) {
  RankCapacity c;
  c.num_blocks = blocks;
  c.block_size = 16;
  return c;
}

class GroupTest : public ::testing::Test {
 protected:
  // Attaches, loads and readies both ranks: ids 1 and 2.
  void Form() {
    Group::Actions a;
    ASSERT_TRUE(group_.Attach(1, Hello(0), now_, &a).ok());
    EXPECT_EQ(group_.WhatIsMissing(), "group g lacks rank 1");
    ASSERT_TRUE(group_.Attach(2, Hello(1), now_, &a).ok());
    ASSERT_TRUE(group_.Loaded(1, Capacity(10), &epochs_, now_, &a).ok());
    EXPECT_TRUE(a.form.empty());
    ASSERT_TRUE(group_.Loaded(2, Capacity(7), &epochs_, now_, &a).ok());
    EXPECT_EQ(a.form, (std::vector<AttachmentId>{1, 2}));
    EXPECT_EQ(a.incarnations, (std::vector<uint64_t>{100, 101}));
    EXPECT_EQ(a.num_blocks, 7u);
    group_.Ready(2, a.epoch, &a);
    EXPECT_FALSE(a.start_epoch);
    group_.Ready(1, a.epoch, &a);
    EXPECT_TRUE(a.start_epoch);
    EXPECT_EQ(group_.state(), GroupState::kReady);
  }
  Group group_{"g"};
  uint64_t epochs_ = 0;
  absl::Time now_ = absl::UnixEpoch();
};

TEST_F(GroupTest, FormsWhenAllRanksAreLoaded) { Form(); }

TEST_F(GroupTest, ALostRankEndsTheEpochAndItsReturnFormsTheNext) {
  Form();
  Group::Actions a;
  group_.Detach(1, "rank 0 is gone", &epochs_, now_, &a);
  EXPECT_EQ(*a.end_epoch, "rank 0 is gone");
  EXPECT_EQ(a.abort, (std::vector<AttachmentId>{2}));
  EXPECT_EQ(a.aborted_epoch, 1u);
  EXPECT_EQ(group_.state(), GroupState::kIncomplete);
  a = {};
  RankHello back = Hello(0);
  back.incarnation = 500;
  ASSERT_TRUE(group_.Attach(3, back, now_, &a).ok());
  now_ += absl::Seconds(1);
  ASSERT_TRUE(group_.Loaded(3, Capacity(10), &epochs_, now_, &a).ok());
  EXPECT_EQ(a.form, (std::vector<AttachmentId>{3, 2}))
      << "the survivor was not asked to load again";
  EXPECT_EQ(a.epoch, 2u);
  EXPECT_EQ(a.incarnations[0], 500u);
}

TEST_F(GroupTest, MessagesOfAnEarlierEpochChangeNothing) {
  Form();
  Group::Actions a;
  group_.Fail(0, "stale", &epochs_, now_, &a);
  EXPECT_EQ(group_.state(), GroupState::kReady);
  group_.Fail(1, "comm timeout", &epochs_, now_, &a);
  EXPECT_EQ(*a.end_epoch, "comm timeout");
  EXPECT_EQ(group_.state(), GroupState::kLoading);
  a = {};
  group_.Tick(&epochs_, now_, &a);
  EXPECT_TRUE(a.form.empty()) << "formed again without a pause";
  now_ += absl::Seconds(1);
  group_.Tick(&epochs_, now_, &a);
  EXPECT_EQ(a.epoch, 2u);
  group_.Ready(1, 1, &a);
  group_.Ready(2, 1, &a);
  EXPECT_EQ(group_.state(), GroupState::kForming);
}

TEST_F(GroupTest, GivesUpAFormationThatTakesTooLong) {
  Group::Actions a;
  ASSERT_TRUE(group_.Attach(1, Hello(0, 1), now_, &a).ok());
  ASSERT_TRUE(group_.Loaded(1, Capacity(10), &epochs_, now_, &a).ok());
  now_ += absl::Seconds(20);
  a = {};
  group_.Tick(&epochs_, now_, &a);
  EXPECT_EQ(a.abort, (std::vector<AttachmentId>{1}));
  EXPECT_FALSE(a.end_epoch.has_value());
  EXPECT_EQ(a.abort_reason, "not ready within 15s: rank 0 (process 10 on box)");
  EXPECT_EQ(group_.WhatIsMissing(), "group g will form again; it was lost: " + a.abort_reason);
}

// Ranks that never answer, or fail at once, are asked ever less often; one that comes back is asked
// soon.
TEST_F(GroupTest, FormationsThatFailComeEverSlower) {
  Group::Actions a;
  ASSERT_TRUE(group_.Attach(1, Hello(0, 1), now_, &a).ok());
  ASSERT_TRUE(group_.Loaded(1, Capacity(10), &epochs_, now_, &a).ok());
  int formations = 0;
  for (const absl::Time start = now_; now_ < start + absl::Minutes(1);) {
    now_ += absl::Milliseconds(50);
    a = {};
    group_.Tick(&epochs_, now_, &a);
    if (a.form.empty()) continue;
    ++formations;
    group_.Fail(a.epoch, "no memory", &epochs_, now_, &a);
    EXPECT_EQ(a.abort_reason, "no memory");
  }
  // 15 s for the first, then 0.2, 0.4, 0.8, 1.6, 3.2 and 5 s.
  EXPECT_GE(formations, 10);
  EXPECT_LE(formations, 14);
  RankHello again = Hello(0, 1);
  a = {};
  ASSERT_TRUE(group_.Attach(2, again, now_, &a).ok());
  now_ += absl::Milliseconds(200);
  ASSERT_TRUE(group_.Loaded(2, Capacity(10), &epochs_, now_, &a).ok());
  EXPECT_EQ(a.form, (std::vector<AttachmentId>{2}));
}

TEST_F(GroupTest, TheSameProcessTakesItsOwnPlaceOnANewStream) {
  Form();
  Group::Actions a;
  ASSERT_TRUE(group_.Attach(3, Hello(0), now_, &a).ok());
  EXPECT_EQ(a.superseded, absl::make_optional<AttachmentId>(1));
  EXPECT_EQ(*a.end_epoch, "rank 0 (process 10 on box) dialled again");
  EXPECT_EQ(a.abort, (std::vector<AttachmentId>{2}));
  EXPECT_EQ(group_.Attachments(), (std::vector<AttachmentId>{3, 2}));
  // What the old stream still says, its end included, is nobody's.
  a = {};
  group_.Detach(1, "is gone", &epochs_, now_, &a);
  EXPECT_EQ(group_.Attachments().size(), 2u);
  now_ += absl::Seconds(1);
  ASSERT_TRUE(group_.Loaded(1, Capacity(9), &epochs_, now_, &a).ok());
  EXPECT_TRUE(a.form.empty());
  EXPECT_EQ(group_.WhatIsMissing(), "group g is loading weights: rank 0 (process 10 on box)");
  ASSERT_TRUE(group_.Loaded(3, Capacity(9), &epochs_, now_, &a).ok());
  EXPECT_EQ(a.form, (std::vector<AttachmentId>{3, 2}));
}

TEST_F(GroupTest, AnotherProcessOfAnAttachedRankIsToComeAgain) {
  Form();
  Group::Actions a;
  RankHello h = Hello(0);
  h.incarnation = 500;
  h.pid = 11;
  const absl::Status status = group_.Attach(3, h, now_, &a);
  EXPECT_EQ(status, absl::UnavailableError("group g, rank 0: process 10 on box is attached; "
                                           "process 11 on box may attach when it is gone"));
  EXPECT_FALSE(a.end_epoch.has_value());
  EXPECT_EQ(group_.state(), GroupState::kReady);
  EXPECT_EQ(group_.Attachments(), (std::vector<AttachmentId>{1, 2}));
  h.model_digest = "d2";  // would not fit even then
  EXPECT_EQ(group_.Attach(3, h, now_, &a).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(GroupTest, AnEmptyGroupTakesWhateverComes) {
  Group::Actions a;
  EXPECT_EQ(group_.empty_since(), absl::InfiniteFuture());
  ASSERT_TRUE(group_.Attach(1, Hello(0), now_, &a).ok());
  EXPECT_EQ(group_.empty_since(), absl::InfiniteFuture());
  now_ += absl::Seconds(1);
  group_.Detach(1, "is gone", &epochs_, now_, &a);
  EXPECT_EQ(group_.empty_since(), now_);
  RankHello h = Hello(0, 1);
  h.incarnation = 500;
  h.model_digest = "d2";
  ASSERT_TRUE(group_.Attach(2, h, now_, &a).ok());
  EXPECT_EQ(group_.empty_since(), absl::InfiniteFuture());
  EXPECT_EQ(group_.model_digest(), "d2");
  EXPECT_EQ(group_.tp(), 1u);
}

TEST(CheckGroupName, SaysWhatANameIs) {
  for (const char* good : {"g0", "a", "eu-west.1_B",
                           "000000000000000000000000000000000000000000000"
                           "000000000000000000"}) {
    EXPECT_TRUE(CheckGroupName(good).ok()) << good;
  }
  for (const char* bad : {"a b", "a/b", "g\n", "\xc3\xa9"}) {
    EXPECT_EQ(CheckGroupName(bad).code(), absl::StatusCode::kInvalidArgument) << bad;
  }
  EXPECT_EQ(CheckGroupName("").message(),
            "group is \"\" (0 bytes); expected 1 to 63 of the characters A-Z a-z 0-9 . _ -");
  EXPECT_EQ(CheckGroupName(std::string(64, 'x')).message(),
            "group is \"" + std::string(63, 'x') +
                "...\" (64 bytes); expected 1 to 63 of the characters A-Z a-z 0-9 . _ -");
}

TEST_F(GroupTest, RefusesBlocksOfAnotherSize) {
  Group::Actions a;
  ASSERT_TRUE(group_.Attach(1, Hello(0), now_, &a).ok());
  ASSERT_TRUE(group_.Attach(2, Hello(1), now_, &a).ok());
  ASSERT_TRUE(group_.Loaded(1, Capacity(10), &epochs_, now_, &a).ok());
  RankCapacity other = Capacity(10);
  other.block_size *= 2;
  const absl::Status refused = group_.Loaded(2, other, &epochs_, now_, &a);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(refused.message().find("--kv-block-size"), absl::string_view::npos) << refused;
  EXPECT_TRUE(a.form.empty());
}

TEST_F(GroupTest, RefusesWhatDoesNotFitAndSaysWhy) {
  Group::Actions a;
  ASSERT_TRUE(group_.Attach(1, Hello(0), now_, &a).ok());
  const auto refused = [&](const RankHello& h, absl::string_view part) {
    const absl::Status s = group_.Attach(9, h, now_, &a);
    EXPECT_EQ(s.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_NE(s.message().find(part), absl::string_view::npos) << s;
  };
  RankHello h = Hello(1);
  h.protocol_version = 7;
  refused(h, "protocol version is 7; expected 2");
  h = Hello(1);
  h.model_digest = "d2";
  refused(h, "model's digest is d2; expected d1");
  h = Hello(1);
  h.numerics_class = "c2";
  refused(h, "numerics class is c2; expected c1");
  h = Hello(1);
  h.shared_memory_domain = "host2";
  refused(h, "share memory");
  refused(Hello(2), "--rank is 2");
  refused(Hello(1, 3), "--tp is 3; expected 2");
  EXPECT_EQ(group_.Attachments().size(), 1u);
}

}  // namespace
}  // namespace baton
