#include "tests/load/workload/timed_trace_workload.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/types/variant.h"
#include "gtest/gtest.h"
#include "tests/load/workload/request_digest.h"
#include "tests/load/workload/temp_dataset.h"

namespace baton {
namespace {

using Ids = std::vector<uint32_t>;

constexpr char kTrace[] =
    R"({"timestamp": 0, "input_length": 10, "output_length": 5, "hash_ids": [1, 2, 3]}
{"timestamp": 1500, "input_length": 11, "output_length": 6, "hash_ids": [1, 2, 9], "type": "chat"}

{"timestamp": 1500, "input_length": 12, "output_length": 7, "hash_ids": [1]}
{"timestamp": 2000.5, "input_length": 9, "output_length": 8}
)";

TimedTraceOptions Options(const std::string& text) {
  TimedTraceOptions options;
  options.path = WriteDataset("trace.jsonl", text);
  options.chunk_hash_size = 4;
  options.sec_multiplier = 0.001;
  options.style = {LoadPromptKind::kIds, 3, 100000};
  return options;
}

Ids IdsOf(const Workload& workload, size_t i) { return absl::get<Ids>(workload.Request(i).prompt); }

// How many ids two prompts have in common at their beginnings.
size_t Shared(const Ids& a, const Ids& b) {
  const size_t length = std::min(a.size(), b.size());
  return std::mismatch(a.begin(), a.begin() + length, b.begin()).first - a.begin();
}

TEST(TimedTraceWorkload, HasTheTracesTimesAndLengths) {
  const auto workload = TimedTraceWorkload::Load(Options(kTrace)).value();
  ASSERT_EQ(workload->size(), 4u);
  const uint32_t inputs[] = {10, 11, 12, 9};
  for (size_t i = 0; i < 4; ++i) {
    const LoadRequest request = workload->Request(i);
    EXPECT_EQ(request.index, i);
    EXPECT_EQ(request.prompt_tokens, inputs[i]);
    EXPECT_EQ(IdsOf(*workload, i).size(), inputs[i]);
    EXPECT_EQ(request.max_tokens, 5 + i);
  }
  EXPECT_EQ(*workload->Schedule(),
            (std::vector<absl::Duration>{absl::ZeroDuration(), absl::Milliseconds(1500),
                                         absl::Milliseconds(1500), absl::Microseconds(2000500)}));
}

TEST(TimedTraceWorkload, SharesTheBlocksOfEqualHashes) {
  const auto workload = TimedTraceWorkload::Load(Options(kTrace)).value();
  EXPECT_EQ(Shared(IdsOf(*workload, 0), IdsOf(*workload, 1)), 8u);
  EXPECT_EQ(Shared(IdsOf(*workload, 0), IdsOf(*workload, 2)), 4u);
  EXPECT_EQ(Shared(IdsOf(*workload, 0), IdsOf(*workload, 3)), 0u);
  TimedTraceOptions options = Options(kTrace);
  options.point = 1;
  const auto other = TimedTraceWorkload::Load(options).value();
  EXPECT_EQ(Shared(IdsOf(*workload, 0), IdsOf(*other, 0)), 0u);
  EXPECT_EQ(Shared(IdsOf(*other, 0), IdsOf(*other, 1)), 8u);
}

TEST(TimedTraceWorkload, TakesTheFirstLinesAndOtherLabels) {
  TimedTraceOptions options =
      Options("{\"t\": 2, \"in\": 5, \"out\": 1, \"h\": [-7, 8]}\nnonsense");
  options.num_prompts = 1;
  options.sec_multiplier = 1;
  options.self_timed = false;
  options.label_timestamp = "t";
  options.label_input_length = "in";
  options.label_output_length = "out";
  options.label_hash_ids = "h";
  const auto workload = TimedTraceWorkload::Load(options).value();
  EXPECT_EQ(workload->size(), 1u);
  EXPECT_EQ(IdsOf(*workload, 0).size(), 5u);
  EXPECT_EQ(workload->Schedule(), absl::nullopt);
}

TEST(TimedTraceWorkload, NamesTheLineThatIsWrong) {
  const struct {
    const char* line;
    const char* message;
  } cases[] = {
      {R"({"timestamp": 999, "input_length": 1, "output_length": 1})",
       ": line 2: \"timestamp\": found 999ms; expected at least the line before's 1s"},
      {R"({"timestamp": -1, "input_length": 1, "output_length": 1})",
       ": line 2: \"timestamp\": found -1; expected a number of at least 0"},
      {R"({"timestamp": 1e300, "input_length": 1, "output_length": 1})",
       ": line 2: \"timestamp\": found 1e+300 times 0.001; expected a time"},
      {R"({"timestamp": 1000, "input_length": 0, "output_length": 1})",
       ": line 2: \"input_length\": found 0; expected an integer from 1"},
      {R"({"timestamp": 1000, "input_length": 1})",
       ": line 2: \"output_length\": found no such key; expected an integer"},
      {R"({"timestamp": 1000, "input_length": 1, "output_length": 1, "hash_ids": 4})",
       ": line 2: \"hash_ids\": found a number; expected an array of integers"},
      {R"({"timestamp": 1000, "input_length": 1, "output_length": 1, "hash_ids": [4, "x"]})",
       ": line 2: \"hash_ids\"[1]: found a string; expected an integer"},
      {"7", ": line 2: found a number; expected an object"},
  };
  for (const auto& c : cases) {
    const TimedTraceOptions options = Options(absl::StrCat(
        R"({"timestamp": 1000, "input_length": 1, "output_length": 1})", "\n", c.line));
    const auto workload = TimedTraceWorkload::Load(options);
    EXPECT_EQ(workload.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(std::string(workload.status().message()).rfind(options.path + c.message, 0), 0u)
        << workload.status();
  }
}

TEST(TimedTraceWorkload, HasTheSamePromptsEverywhere) {
  const auto workload = TimedTraceWorkload::Load(Options(kTrace)).value();
  EXPECT_EQ(IdsOf(*workload, 0),
            (Ids{76305, 58184, 95648, 24018, 74994, 83215, 41383, 28797, 65391, 83902}));
  EXPECT_EQ(WorkloadDigest(*workload), 14598527601476415116u);
}

}  // namespace
}  // namespace baton
