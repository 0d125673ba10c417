#include "tests/exactness/shrink.h"

#include "gtest/gtest.h"

namespace baton {
namespace {

Trial Large() {
  Trial t;
  t.pp = 3;
  t.scheduler.num_stages = 3;
  t.scheduler.max_in_flight = 4;
  t.scheduler.num_blocks = 20;
  t.result_percent = 40;
  for (int32_t i = 0; i < 21; ++i) {
    TrialRequest r;
    r.request.prompt.assign(100, i);
    r.request.sampling.temperature = 1.0f;
    r.request.sampling.top_k = 5;
    r.request.n = r.request.best_of = 3;
    r.pause_every = 2;
    r.cancel_after = 9;
    t.requests.push_back(r);
  }
  return t;
}

bool Has(const Trial& t, int32_t token) {
  for (const TrialRequest& r : t.requests) {
    if (r.request.prompt[0] == token && r.request.sampling.top_k == 5) return true;
  }
  return false;
}

TEST(Shrink, LeavesOnlyWhatIsNeededToFail) {
  Trial t = Large();
  Shrink(&t,
         [](const Trial& c) { return Has(c, 4) && Has(c, 17) && c.scheduler.max_in_flight >= 2; });
  ASSERT_EQ(t.requests.size(), 2u);
  EXPECT_EQ(t.pp, 1);
  EXPECT_EQ(t.scheduler.num_stages, 1u);
  EXPECT_EQ(t.scheduler.max_in_flight, 2u);
  EXPECT_EQ(t.result_percent, 100u);
  for (const TrialRequest& r : t.requests) {
    EXPECT_EQ(r.request.prompt.size(), 1u);
    EXPECT_EQ(r.request.sampling.temperature, 0.0f);
    EXPECT_EQ(r.request.sampling.top_k, 5u);
    EXPECT_EQ(r.request.best_of, 1u);
    EXPECT_EQ(r.pause_every, 0u);
    EXPECT_FALSE(r.cancel_after.has_value());
  }
}

TEST(Shrink, TriesNoMoreThanItMay) {
  Trial t = Large();
  int calls = 0;
  EXPECT_EQ(10, Shrink(
                    &t,
                    [&](const Trial&) {
                      ++calls;
                      return false;
                    },
                    10));
  EXPECT_EQ(calls, 10);
  EXPECT_EQ(t.requests.size(), 21u);
}

}  // namespace
}  // namespace baton
