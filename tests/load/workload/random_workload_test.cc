#include "tests/load/workload/random_workload.h"

#include <set>
#include <vector>

#include "absl/types/variant.h"
#include "gtest/gtest.h"
#include "tests/load/workload/request_digest.h"

namespace baton {
namespace {

using Ids = std::vector<uint32_t>;

Ids IdsOf(const LoadRequest& request) { return absl::get<Ids>(request.prompt); }

TEST(RangeAround, RoundsOutwardsAndHasALeast) {
  const struct {
    uint32_t length;
    double ratio;
    uint32_t least, low, high;
  } cases[] = {{1024, 0, 0, 1024, 1024}, {10, 0.25, 0, 7, 13}, {1, 0.5, 0, 0, 2},
               {1, 0.5, 1, 1, 2},        {0, 0.5, 1, 1, 1},    {1000, 0.1, 1, 900, 1100}};
  for (const auto& c : cases) {
    const LengthRange range = RangeAround(c.length, c.ratio, c.least);
    EXPECT_EQ(range.low, c.low) << c.length << " " << c.ratio;
    EXPECT_EQ(range.high, c.high) << c.length << " " << c.ratio;
  }
}

TEST(RandomWorkload, DrawsEveryLengthOfTheRangesAndAddsThePrefix) {
  RandomWorkloadOptions options;
  options.num_prompts = 300;
  options.prefix_len = 5;
  options.input = {7, 13};
  options.output = {1, 3};
  const RandomWorkload workload(options);
  ASSERT_EQ(workload.size(), 300u);
  std::set<uint32_t> inputs, outputs;
  for (size_t i = 0; i < workload.size(); ++i) {
    const LoadRequest request = workload.Request(i);
    EXPECT_EQ(request.index, i);
    EXPECT_EQ(request.prompt_tokens, IdsOf(request).size());
    inputs.insert(request.prompt_tokens);
    outputs.insert(request.max_tokens);
  }
  EXPECT_EQ(inputs, (std::set<uint32_t>{12, 13, 14, 15, 16, 17, 18}));
  EXPECT_EQ(outputs, (std::set<uint32_t>{1, 2, 3}));
}

TEST(RandomWorkload, SharesThePrefixAndNothingElse) {
  RandomWorkloadOptions options;
  options.prefix_len = 6;
  options.input = {8, 8};
  const RandomWorkload workload(options);
  std::set<Ids> prefixes, beginnings;
  for (size_t i = 0; i < workload.size(); ++i) {
    const Ids ids = IdsOf(workload.Request(i));
    prefixes.insert(Ids(ids.begin(), ids.begin() + 6));
    beginnings.insert(Ids(ids.begin() + 6, ids.begin() + 12));
  }
  EXPECT_EQ(prefixes.size(), 1u);
  EXPECT_EQ(beginnings.size(), 1000u);
}

TEST(RandomWorkload, HasOtherPromptsOfTheSameLengthsAtAnotherPoint) {
  RandomWorkloadOptions options;
  options.prefix_len = 6;
  options.input = {20, 60};
  options.output = {20, 60};
  const RandomWorkload here(options);
  options.point = 1;
  const RandomWorkload there(options);
  for (size_t i = 0; i < 50; ++i) {
    const LoadRequest a = here.Request(i), b = there.Request(i);
    EXPECT_EQ(a.prompt_tokens, b.prompt_tokens);
    EXPECT_EQ(a.max_tokens, b.max_tokens);
    Ids prefix_a = IdsOf(a), prefix_b = IdsOf(b);
    prefix_a.resize(6);
    prefix_b.resize(6);
    EXPECT_NE(prefix_a, prefix_b);
  }
}

TEST(RandomWorkload, HasTheSamePromptsEverywhere) {
  RandomWorkloadOptions options;
  options.num_prompts = 20;
  options.input = {8, 12};
  options.output = {4, 6};
  options.style = {LoadPromptKind::kIds, 3, 50000};
  EXPECT_EQ(IdsOf(RandomWorkload(options).Request(0)),
            (Ids{47716, 25757, 21269, 38934, 24400, 23205, 945, 46189, 12401, 35930, 12839}));
  EXPECT_EQ(WorkloadDigest(RandomWorkload(options)), 7263524133408380220u);
  options.style.kind = LoadPromptKind::kText;
  EXPECT_EQ(absl::get<std::string>(RandomWorkload(options).Request(0).prompt),
            "right broke dream board join cool learn exact parent fit huge");
  EXPECT_EQ(WorkloadDigest(RandomWorkload(options)), 13833426202624724645u);
  options.seed = 1;
  EXPECT_EQ(WorkloadDigest(RandomWorkload(options)), 3061493963694874401u);
}

}  // namespace
}  // namespace baton
