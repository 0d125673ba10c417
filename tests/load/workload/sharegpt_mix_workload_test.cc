#include "tests/load/workload/sharegpt_mix_workload.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "gtest/gtest.h"
#include "tests/load/workload/request_digest.h"

namespace baton {
namespace {

double Mean(const std::vector<uint32_t>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / values.size();
}

uint32_t Median(std::vector<uint32_t> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

TEST(ShareGptMixWorkload, HasThePublishedMeansWithinTheFilter) {
  ShareGptMixOptions options;
  options.num_prompts = 20000;
  const ShareGptMixWorkload workload(options);
  std::vector<uint32_t> inputs, outputs;
  for (size_t i = 0; i < workload.size(); ++i) {
    const LoadRequest request = workload.Request(i);
    inputs.push_back(request.prompt_tokens);
    outputs.push_back(request.max_tokens);
    ASSERT_LE(request.prompt_tokens + request.max_tokens, 2048u);
  }
  EXPECT_NEAR(Mean(inputs), 161.31, 4);
  EXPECT_NEAR(Mean(outputs), 337.99, 4);
  EXPECT_NEAR(Median(inputs), 77, 5);
  EXPECT_NEAR(Median(outputs), 264, 10);
  for (const auto& lengths : {inputs, outputs}) {
    EXPECT_NEAR(*std::min_element(lengths.begin(), lengths.end()), 5, 1);
    EXPECT_GT(*std::max_element(lengths.begin(), lengths.end()), 1000u);
    EXPECT_LE(*std::max_element(lengths.begin(), lengths.end()), 1024u);
  }
}

TEST(ShareGptMixWorkload, HasOtherPromptsOfTheSameLengthsAtAnotherPoint) {
  ShareGptMixOptions options;
  const LoadRequest here = ShareGptMixWorkload(options).Request(3);
  options.point = 1;
  const LoadRequest there = ShareGptMixWorkload(options).Request(3);
  EXPECT_EQ(here.prompt_tokens, there.prompt_tokens);
  EXPECT_EQ(here.max_tokens, there.max_tokens);
  EXPECT_NE(RequestDigest(here), RequestDigest(there));
}

TEST(ShareGptMixWorkload, HasTheSamePromptsEverywhere) {
  ShareGptMixOptions options;
  options.num_prompts = 20;
  const ShareGptMixWorkload workload(options);
  EXPECT_EQ(workload.Request(0).prompt_tokens, 19u);
  EXPECT_EQ(workload.Request(0).max_tokens, 387u);
  EXPECT_EQ(WorkloadDigest(workload), 8723525335584361955u);
}

}  // namespace
}  // namespace baton
