#include "tests/load/workload/custom_workload.h"

#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/variant.h"
#include "gtest/gtest.h"
#include "tests/load/workload/request_digest.h"
#include "tests/load/workload/temp_dataset.h"

namespace baton {
namespace {

CustomOptions Options(const std::string& text, size_t num_prompts) {
  CustomOptions options;
  options.path = WriteDataset("custom.jsonl", text);
  options.sample.num_prompts = num_prompts;
  return options;
}

std::string File(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    absl::StrAppend(&text, "{\"prompt\": \"prompt ", i, "\", \"output_tokens\": ", 10 + i, "}\n");
  }
  return text;
}

TEST(CustomWorkload, TakesPromptsAndOneOutputLength) {
  CustomOptions options = Options(File(3), 2);
  options.sample.shuffle = false;
  auto workload = LoadCustomWorkload(options, EstimatingCounter()).value();
  ASSERT_EQ(workload->size(), 2u);
  LoadRequest request = workload->Request(1);
  EXPECT_EQ(absl::get<std::string>(request.prompt), "prompt 1");
  EXPECT_EQ(request.prompt_tokens, 2u);
  EXPECT_EQ(request.max_tokens, 256u);
  EXPECT_EQ(request.index, 1u);
}

TEST(CustomWorkload, TakesTheLinesOutputLengthsAndMessages) {
  CustomOptions options = Options(File(3), 0);
  options.sample.shuffle = false;
  options.output_len = absl::nullopt;
  options.chat = true;
  const auto workload = LoadCustomWorkload(options, EstimatingCounter()).value();
  ASSERT_EQ(workload->size(), 3u);
  const LoadRequest request = workload->Request(2);
  EXPECT_EQ(request.max_tokens, 12u);
  EXPECT_EQ(absl::get<std::vector<ChatTurn>>(request.prompt).at(0).content, "prompt 2");
}

TEST(CustomWorkload, HasOtherPromptsAtAnotherPointWhileTheFileLasts) {
  CustomOptions options = Options(File(20), 10);
  std::set<std::string> prompts;
  for (options.sample.point = 0; options.sample.point < 2; ++options.sample.point) {
    const auto workload = LoadCustomWorkload(options, EstimatingCounter()).value();
    for (size_t i = 0; i < workload->size(); ++i) {
      prompts.insert(absl::get<std::string>(workload->Request(i).prompt));
    }
  }
  EXPECT_EQ(prompts.size(), 20u);
}

TEST(CustomWorkload, NamesTheLineThatIsWrong) {
  const struct {
    const char* line;
    const char* message;
  } cases[] = {
      {"{\"prompt\": 3}", ": line 2: \"prompt\": found 3; expected a string"},
      {"{\"prompt\": \"\"}", ": line 2: \"prompt\": found an empty string; expected some text"},
      {"{\"text\": \"x\"}", ": line 2: \"prompt\": found no such key; expected a string"},
      {"{\"prompt\": \"x\"}",
       ": line 2: \"output_tokens\": found no such key; expected an integer"},
      {"{\"prompt\": \"x\", \"output_tokens\": 0}", ": line 2: \"output_tokens\": found 0"},
      {"prompt", ": line 2: not JSON at byte 1"},
  };
  for (const auto& c : cases) {
    CustomOptions options = Options(absl::StrCat(File(1), c.line, "\n", File(1)), 1);
    options.output_len = absl::nullopt;
    const auto workload = LoadCustomWorkload(options, EstimatingCounter());
    EXPECT_EQ(workload.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(std::string(workload.status().message()).rfind(options.path + c.message, 0), 0u)
        << workload.status();
  }
}

TEST(CustomWorkload, HasTheSamePromptsEverywhere) {
  const auto workload = LoadCustomWorkload(Options(File(30), 40), EstimatingCounter()).value();
  EXPECT_EQ(WorkloadDigest(*workload), 4558157726275894351u);
}

}  // namespace
}  // namespace baton
