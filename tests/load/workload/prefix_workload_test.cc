#include "tests/load/workload/prefix_workload.h"

#include <map>
#include <set>

#include "absl/types/variant.h"
#include "gtest/gtest.h"
#include "tests/load/workload/request_digest.h"

namespace baton {
namespace {

using Ids = std::vector<uint32_t>;

PrefixWorkloadOptions Small() {
  PrefixWorkloadOptions options;
  options.num_prompts = 47;
  options.num_prefixes = 4;
  options.prefix_len = 12;
  options.suffix_len = 9;
  options.output_len = 5;
  return options;
}

// In order of the requests.
std::vector<Ids> Prefixes(const PrefixWorkloadOptions& options) {
  const PrefixWorkload workload(options);
  std::vector<Ids> prefixes;
  for (size_t i = 0; i < workload.size(); ++i) {
    const Ids ids = absl::get<Ids>(workload.Request(i).prompt);
    prefixes.emplace_back(ids.begin(), ids.begin() + options.prefix_len);
  }
  return prefixes;
}

TEST(PrefixWorkload, RepeatsEachPrefixAsOftenAndNoSuffix) {
  const PrefixWorkload workload(Small());
  ASSERT_EQ(workload.size(), 44u);
  std::map<Ids, int> prefixes;
  std::set<Ids> suffixes;
  for (size_t i = 0; i < workload.size(); ++i) {
    const LoadRequest request = workload.Request(i);
    const Ids ids = absl::get<Ids>(request.prompt);
    ASSERT_EQ(ids.size(), 21u);
    EXPECT_EQ(request.prompt_tokens, 21u);
    EXPECT_EQ(request.max_tokens, 5u);
    EXPECT_EQ(request.index, i);
    ++prefixes[Ids(ids.begin(), ids.begin() + 12)];
    suffixes.insert(Ids(ids.begin() + 12, ids.end()));
  }
  EXPECT_EQ(prefixes.size(), 4u);
  for (const auto& prefix : prefixes) EXPECT_EQ(prefix.second, 11);
  EXPECT_EQ(suffixes.size(), 44u);
}

TEST(PrefixWorkload, ShufflesUnlessToldNotTo) {
  PrefixWorkloadOptions options = Small();
  const auto changes = [](const std::vector<Ids>& prefixes) {
    int count = 0;
    for (size_t i = 1; i < prefixes.size(); ++i) count += prefixes[i] != prefixes[i - 1];
    return count;
  };
  EXPECT_GT(changes(Prefixes(options)), 20);
  options.shuffle = false;
  EXPECT_EQ(changes(Prefixes(options)), 3);
}

TEST(PrefixWorkload, HasOtherPrefixesAtAnotherPoint) {
  PrefixWorkloadOptions options = Small();
  const auto here = Prefixes(options);
  std::set<Ids> both(here.begin(), here.end());
  options.point = 1;
  for (const Ids& prefix : Prefixes(options)) both.insert(prefix);
  EXPECT_EQ(both.size(), 8u);
}

TEST(PrefixWorkload, HasTheSamePromptsEverywhere) {
  EXPECT_EQ(WorkloadDigest(PrefixWorkload(Small())), 3794675203796324782u);
}

}  // namespace
}  // namespace baton
