#include "tests/load/workload/sharegpt_workload.h"

#include <set>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/variant.h"
#include "gtest/gtest.h"
#include "tests/load/workload/request_digest.h"
#include "tests/load/workload/temp_dataset.h"

namespace baton {
namespace {

std::string Entry(const std::string& prompt, const std::string& answer) {
  return absl::StrCat(R"({"id": "x", "conversations": [{"from": "human", "value": ")", prompt,
                      R"("}, {"from": "gpt", "value": ")", answer, R"("}]})");
}

// `count` conversations, whose prompts begin with their number.
std::string File(int count) {
  std::string text = "[";
  for (int i = 0; i < count; ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ",",
                    Entry(absl::StrCat(i, " ", std::string(40, 'p')), std::string(80 + i, 'a')));
  }
  return text + "]";
}

ShareGptOptions Options(const std::string& text, size_t num_prompts) {
  ShareGptOptions options;
  options.path = WriteDataset("sharegpt.json", text);
  options.sample.num_prompts = num_prompts;
  return options;
}

std::set<std::string> Prompts(const Workload& workload) {
  std::set<std::string> prompts;
  for (size_t i = 0; i < workload.size(); ++i) {
    prompts.insert(absl::get<std::string>(workload.Request(i).prompt));
  }
  return prompts;
}

TEST(ShareGptWorkload, TakesTheFirstExchange) {
  ShareGptOptions options = Options(File(3), 3);
  options.sample.shuffle = false;
  const auto workload = LoadShareGptWorkload(options, EstimatingCounter()).value();
  ASSERT_EQ(workload->size(), 3u);
  const LoadRequest request = workload->Request(1);
  EXPECT_EQ(absl::get<std::string>(request.prompt), "1 " + std::string(40, 'p'));
  EXPECT_EQ(request.index, 1u);
  EXPECT_EQ(request.prompt_tokens, 11u);
  EXPECT_EQ(request.max_tokens, 21u);
}

TEST(ShareGptWorkload, TakesMessagesAndAnOutputLength) {
  ShareGptOptions options = Options(File(1), 1);
  options.chat = true;
  options.output_len = 7;
  const LoadRequest request =
      LoadShareGptWorkload(options, EstimatingCounter()).value()->Request(0);
  const auto& turns = absl::get<std::vector<ChatTurn>>(request.prompt);
  ASSERT_EQ(turns.size(), 1u);
  EXPECT_EQ(turns[0].role, "user");
  EXPECT_EQ(request.max_tokens, 7u);
}

TEST(ShareGptWorkload, LeavesOutWhatTheFilterDoes) {
  const auto text = [](int tokens) { return std::string(4 * tokens, 'x'); };
  const struct {
    int prompt, answer;
    bool kept, kept_with_output_len;
  } cases[] = {{3, 50, false, false},   {4, 50, true, true},      {50, 3, false, true},
               {50, 4, true, true},     {1024, 1024, true, true}, {1025, 50, false, false},
               {50, 2000, false, true}, {1024, 1025, false, true}};
  for (const auto& c : cases) {
    ShareGptOptions options = Options("[" + Entry(text(c.prompt), text(c.answer)) + "]", 1);
    EXPECT_EQ(LoadShareGptWorkload(options, EstimatingCounter()).ok(), c.kept)
        << c.prompt << " " << c.answer;
    options.output_len = 2;
    EXPECT_EQ(LoadShareGptWorkload(options, EstimatingCounter()).ok(), c.kept_with_output_len)
        << c.prompt << " " << c.answer;
  }
  const std::string one_turn =
      R"([{"conversations": [{"from": "human", "value": "0123456789abcdef"}]}])";
  EXPECT_FALSE(LoadShareGptWorkload(Options(one_turn, 1), EstimatingCounter()).ok());
}

TEST(ShareGptWorkload, HasOtherPromptsAtAnotherPointWhileTheFileLasts) {
  ShareGptOptions options = Options(File(30), 10);
  std::set<std::string> all;
  for (options.sample.point = 0; options.sample.point < 3; ++options.sample.point) {
    const auto prompts = Prompts(*LoadShareGptWorkload(options, EstimatingCounter()).value());
    EXPECT_EQ(prompts.size(), 10u);
    all.insert(prompts.begin(), prompts.end());
  }
  EXPECT_EQ(all.size(), 30u);
}

TEST(ShareGptWorkload, TopsUpASmallFile) {
  const auto workload = LoadShareGptWorkload(Options(File(4), 25), EstimatingCounter()).value();
  EXPECT_EQ(workload->size(), 25u);
  EXPECT_EQ(Prompts(*workload).size(), 4u);
}

TEST(ShareGptWorkload, CountsNoMoreThanItNeeds) {
  int calls = 0;
  const auto count = [&](const std::string&) -> absl::StatusOr<uint32_t> { return ++calls, 9; };
  EXPECT_TRUE(LoadShareGptWorkload(Options(File(30), 5), count).ok());
  EXPECT_EQ(calls, 10);
  const auto fails = [](const std::string&) -> absl::StatusOr<uint32_t> {
    return absl::UnavailableError("gone");
  };
  EXPECT_EQ(LoadShareGptWorkload(Options(File(3), 5), fails).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST(ShareGptWorkload, NamesWhatIsWrongWithAFile) {
  const std::string good = Entry("p", "a");
  const struct {
    std::string text, message;
  } cases[] = {
      {"[1", ": not JSON at byte 3"},
      {"{}", ": found an object; expected an array of conversations"},
      {"[" + good + ", 7]",
       ": entry 1: found a number; expected an object with an array \"conversations\""},
      {"[{}]", ": entry 0: found an object without it; expected an object with an array"},
      {R"([{"conversations": {}}])", ": entry 0: found an object without it"},
      {R"([{"conversations": [{"from": "human", "value": "x"}, "y"]}])",
       ": entry 0, turn 1: found a string; expected an object with \"from\" and \"value\""},
      {R"([{"conversations": [{"from": "human", "value": 3}]}])",
       ": entry 0, turn 0: \"value\": found 3; expected a string"},
      {"[]", ": none of its 0 conversations is of use; expected two turns"},
  };
  for (const auto& c : cases) {
    const ShareGptOptions options = Options(c.text, 1);
    const auto workload = LoadShareGptWorkload(options, EstimatingCounter());
    EXPECT_EQ(workload.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(std::string(workload.status().message()).rfind(options.path + c.message, 0), 0u)
        << workload.status();
  }
}

TEST(ShareGptWorkload, HasTheSamePromptsEverywhere) {
  const auto workload = LoadShareGptWorkload(Options(File(30), 40), EstimatingCounter()).value();
  EXPECT_EQ(WorkloadDigest(*workload), 4031362784131532899u);
}

}  // namespace
}  // namespace baton
