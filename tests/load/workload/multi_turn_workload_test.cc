#include "tests/load/workload/multi_turn_workload.h"

#include <cmath>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/types/variant.h"
#include "gtest/gtest.h"
#include "tests/load/workload/kolmogorov_smirnov.h"
#include "tests/load/workload/request_digest.h"
#include "tests/load/workload/temp_dataset.h"

namespace baton {
namespace {

using Turns = std::vector<ChatTurn>;

const Turns& TurnsOf(const LoadRequest& request) { return absl::get<Turns>(request.prompt); }

size_t Words(const std::string& text) {
  const std::vector<std::string> words = absl::StrSplit(text, ' ');
  return words.size();
}

MultiTurnOptions Options() {
  MultiTurnOptions options;
  options.sample.num_prompts = 40;
  options.num_turns = {2, 4};
  options.first_message = {9, 12};
  options.later_messages = {3, 5};
  options.output = {6, 8};
  return options;
}

TEST(MultiTurnWorkload, GrowsAConversationTurnByTurn) {
  const auto workload = MultiTurnWorkload::Create(Options()).value();
  ASSERT_EQ(workload->size(), 40u);
  EXPECT_TRUE(workload->has_follow_ups());
  std::map<uint32_t, int> turns;
  for (size_t i = 0; i < workload->size(); ++i) {
    LoadRequest request = workload->Request(i);
    EXPECT_EQ(request.index, i);
    EXPECT_EQ(request.prompt_tokens, Words(TurnsOf(request)[0].content));
    while (const auto next = workload->Next(request, "an answer of 20 byt")) {
      const Turns& before = TurnsOf(request);
      const Turns& after = TurnsOf(next->request);
      ASSERT_EQ(after.size(), before.size() + 2);
      for (size_t k = 0; k < before.size(); ++k) EXPECT_EQ(after[k].content, before[k].content);
      EXPECT_EQ(after[before.size()].role, "assistant");
      EXPECT_EQ(after[before.size()].content, "an answer of 20 byt");
      EXPECT_EQ(after.back().role, "user");
      const size_t words = Words(after.back().content);
      EXPECT_TRUE(words >= 3 && words <= 5) << words;
      EXPECT_EQ(next->request.prompt_tokens, request.prompt_tokens + 5 + words);
      EXPECT_TRUE(next->request.max_tokens >= 6 && next->request.max_tokens <= 8);
      EXPECT_EQ(next->request.conversation, i);
      EXPECT_EQ(next->request.turn, request.turn + 1);
      request = next->request;
    }
    ++turns[request.turn + 1];
  }
  EXPECT_EQ(turns.size(), 3u);
  EXPECT_GT(turns[2], 0);
  EXPECT_GT(turns[4], 0);
}

TEST(MultiTurnWorkload, ThinksForExponentialTimes) {
  MultiTurnOptions options = Options();
  options.think_time = absl::Seconds(3);
  options.sample.num_prompts = 3000;
  const auto workload = MultiTurnWorkload::Create(options).value();
  std::vector<double> times;
  for (size_t i = 0; i < workload->size(); ++i) {
    times.push_back(absl::ToDoubleSeconds(workload->Next(workload->Request(i), "")->think_time));
  }
  EXPECT_LT(KolmogorovStatistic(times, [](double x) { return 1 - std::exp(-x / 3); }),
            kKolmogorovOnePercent);
}

TEST(MultiTurnWorkload, EndsAtItsContext) {
  MultiTurnOptions options = Options();
  options.max_context = 40;
  const auto workload = MultiTurnWorkload::Create(options).value();
  EXPECT_TRUE(workload->Next(workload->Request(0), "short").has_value());
  EXPECT_FALSE(workload->Next(workload->Request(0), std::string(200, 'x')).has_value());
}

TEST(MultiTurnWorkload, HasOtherWordsAtAnotherPointAndTheSameLengths) {
  MultiTurnOptions options = Options();
  const auto here = MultiTurnWorkload::Create(options).value();
  options.sample.point = 1;
  const auto there = MultiTurnWorkload::Create(options).value();
  const LoadRequest a = here->Request(3), b = there->Request(3);
  EXPECT_NE(TurnsOf(a)[0].content, TurnsOf(b)[0].content);
  EXPECT_EQ(a.prompt_tokens, b.prompt_tokens);
  EXPECT_EQ(here->Next(a, "")->think_time, there->Next(b, "")->think_time);
}

MultiTurnOptions FileOptions(const std::string& text) {
  MultiTurnOptions options = Options();
  options.path = WriteDataset("conversations.json", text);
  options.sample.shuffle = false;
  options.sample.num_prompts = 3;
  options.num_turns = {2, 2};
  return options;
}

TEST(MultiTurnWorkload, TakesTheUsersMessagesOfAFile) {
  const std::string one = R"({"conversations": [{"from": "human", "value": "alone"}]})";
  const std::string three = R"({"conversations": [
      {"from": "system", "value": "be kind"}, {"from": "human", "value": "first message"},
      {"from": "gpt", "value": "not used"}, {"from": "user", "value": "second"},
      {"from": "human", "value": "third"}]})";
  const auto workload =
      MultiTurnWorkload::Create(FileOptions("[" + one + "," + three + "]")).value();
  ASSERT_EQ(workload->size(), 3u);  // topped up
  const LoadRequest request = workload->Request(0);
  EXPECT_EQ(TurnsOf(request)[0].content, "first message");
  EXPECT_EQ(request.prompt_tokens, 4u);
  const auto next = workload->Next(request, "yes");
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(TurnsOf(next->request)[1].content, "yes");
  EXPECT_EQ(TurnsOf(next->request)[2].content, "second");
  EXPECT_FALSE(workload->Next(next->request, "yes").has_value());  // num_turns is 2

  const MultiTurnOptions options = FileOptions("[" + one + "]");
  EXPECT_EQ(MultiTurnWorkload::Create(options).status().message(),
            options.path +
                ": none of its 1 conversations is of use; expected 2 messages or more "
                "from \"human\" or \"user\"");
}

TEST(MultiTurnWorkload, HasTheSameConversationsEverywhere) {
  const auto workload = MultiTurnWorkload::Create(Options()).value();
  EXPECT_EQ(TurnsOf(workload->Request(0))[0].content,
            "go less fine corner held egg half allow differ hole horse class");
  EXPECT_EQ(WorkloadDigest(*workload), 17401194558566851021u);
  const auto next = workload->Next(workload->Request(0), "well");
  EXPECT_EQ(RequestDigest(next->request), 8957865831288240578u);
  EXPECT_EQ(absl::ToInt64Nanoseconds(next->think_time), 943872242);
}

}  // namespace
}  // namespace baton
