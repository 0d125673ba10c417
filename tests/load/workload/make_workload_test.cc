#include "tests/load/workload/make_workload.h"

#include <functional>
#include <string>
#include <vector>

#include "absl/types/variant.h"
#include "gtest/gtest.h"
#include "tests/load/workload/request_digest.h"
#include "tests/load/workload/temp_dataset.h"

namespace baton {
namespace {

WorkloadOptions Options(const std::string& name) {
  WorkloadOptions options;
  options.dataset_name = name;
  options.num_prompts = 20;
  return options;
}

std::string ShareGpt() {
  return WriteDataset("s.json", R"([{"conversations": [
      {"from": "human", "value": "how do you do, all of you"},
      {"from": "gpt", "value": "very well indeed, thank you"},
      {"from": "human", "value": "and what is new"}]}])");
}

std::unique_ptr<Workload> Make(const WorkloadOptions& options) {
  auto made = MakeWorkload(options, EstimatingCounter());
  EXPECT_TRUE(made.ok()) << made.status();
  return made.ok() ? *std::move(made) : nullptr;
}

TEST(MakeWorkload, MakesEachWithTheDefaultsOfItsKind) {
  const std::string trace = WriteDataset(
      "t.jsonl", R"({"timestamp": 3, "input_length": 4, "output_length": 5, "hash_ids": [1]})");
  const std::string custom = WriteDataset("c.jsonl", R"({"prompt": "hi"})");
  const struct {
    const char* name;
    std::string path;
    size_t size, kind;  // the prompt's index in LoadPrompt
    bool ignore_eos;
  } cases[] = {{"random", "", 20, 0, true},
               {"prefix_repetition", "", 20, 0, false},
               {"sharegpt", ShareGpt(), 20, 1, false},
               {"custom", custom, 20, 1, false},
               {"timed_trace", trace, 1, 0, true},
               {"multi_turn", "", 20, 2, false},
               {"multi-turn", ShareGpt(), 20, 2, false},
               {"sharegpt-mix", "", 20, 0, true}};
  for (const auto& c : cases) {
    WorkloadOptions options = Options(c.name);
    options.dataset_path = c.path;
    const auto workload = Make(options);
    EXPECT_EQ(workload->size(), c.size) << c.name;
    const LoadRequest request = workload->Request(0);
    EXPECT_EQ(request.prompt.index(), c.kind) << c.name;
    EXPECT_EQ(request.ignore_eos, c.ignore_eos) << c.name;
    EXPECT_GT(request.prompt_tokens, 0u) << c.name;
    EXPECT_GT(request.max_tokens, 0u) << c.name;
    EXPECT_EQ(workload->has_follow_ups(), c.kind == 2) << c.name;
    EXPECT_EQ(workload->Schedule().has_value(), options.dataset_name == "timed_trace");
  }
}

TEST(MakeWorkload, HasVllmsLengthsUnlessTold) {
  WorkloadOptions options = Options("random");
  LoadRequest request = Make(options)->Request(0);
  EXPECT_EQ(request.prompt_tokens, 1024u);
  EXPECT_EQ(request.max_tokens, 128u);
  options.random_prefix_len = 3;
  options.input_len = 10;
  options.output_len = 7;
  options.random_range_ratio = R"({"input": 0.5})";
  request = Make(options)->Request(0);
  EXPECT_GE(request.prompt_tokens, 8u);
  EXPECT_LE(request.prompt_tokens, 18u);
  EXPECT_EQ(request.max_tokens, 7u);
}

TEST(MakeWorkload, PassesOnSamplingAndBehaviour) {
  WorkloadOptions options = Options("multi_turn");
  options.ignore_eos = true;
  options.sampling.temperature = 0.5;
  options.cancel_fraction = 1;
  options.slow_reader_fraction = 1;
  options.read_pause_ms = 30;
  options.deadline = "500";
  const auto workload = Make(options);
  const LoadRequest first = workload->Request(1);
  const auto next = workload->Next(first, "yes");
  ASSERT_TRUE(next.has_value());
  for (const LoadRequest& request : {first, next->request}) {
    EXPECT_TRUE(request.ignore_eos);
    EXPECT_EQ(*request.sampling.temperature, 0.5);
    EXPECT_TRUE(request.behaviour.cancel_after.has_value());
    EXPECT_EQ(request.behaviour.read_pause, absl::Milliseconds(30));
    EXPECT_EQ(request.behaviour.deadline, absl::Milliseconds(500));
  }
  EXPECT_NE(*first.behaviour.cancel_after, *next->request.behaviour.cancel_after);
}

TEST(MakeWorkload, TakesEveryKindOfPromptThatAWorkloadHas) {
  for (const char* name : {"random", "prefix_repetition", "sharegpt_mix"}) {
    WorkloadOptions options = Options(name);
    size_t index = 0;
    for (const char* kind : {"ids", "text", "chat"}) {
      options.prompt_kind = kind;
      EXPECT_EQ(Make(options)->Request(0).prompt.index(), index++) << name;
    }
  }
}

TEST(MakeWorkload, CountsTextsByTheGivenCounter) {
  WorkloadOptions options = Options("sharegpt");
  options.dataset_path = ShareGpt();
  const auto workload =
      MakeWorkload(options, [](const std::string&) -> absl::StatusOr<uint32_t> { return 77; });
  EXPECT_EQ((*workload)->Request(0).prompt_tokens, 77u);
}

TEST(MakeWorkload, NamesTheOptionItsValueAndTheLimit) {
  const struct {
    const char* name;
    std::function<void(WorkloadOptions*)> set;
    std::string message;
  } cases[] = {
      {"sonnet", [](WorkloadOptions*) {},
       "--dataset-name: found \"sonnet\"; expected one of random, prefix_repetition, sharegpt, "
       "custom, timed_trace, multi_turn, sharegpt_mix"},
      {"random", [](WorkloadOptions* o) { o->random_range_ratio = "1.5"; },
       "--random-range-ratio: 1.5 is out of range; expected 0 to below 1"},
      {"random", [](WorkloadOptions* o) { o->random_output_len = 0; },
       "--random-output-len: 0 is out of range; expected 1 to 10000000"},
      {"random", [](WorkloadOptions* o) { o->output_len = 0; },
       "--output-len: 0 is out of range; expected 1 to 10000000"},
      {"random", [](WorkloadOptions* o) { o->random_input_len = 0; },
       "--random-input-len: 0 with --random-range-ratio 0 allows an empty prompt; expected 1 token "
       "or more, or a prefix"},
      {"random", [](WorkloadOptions* o) { o->dataset_path = "f"; },
       "--dataset-path: found \"f\"; expected none with --dataset-name random"},
      {"random", [](WorkloadOptions* o) { o->num_prompts = 0; },
       "--num-prompts: 0 is out of range; expected 1 to 10000000"},
      {"random", [](WorkloadOptions* o) { o->first_id = 300; },
       "--token-ids: 258 is out of range; expected 300 to 4294967295"},
      {"random", [](WorkloadOptions* o) { o->prompt_kind = "words"; },
       "--prompt-kind: found \"words\"; expected ids or text or chat with --dataset-name random"},
      {"random", [](WorkloadOptions* o) { o->cancel_fraction = 2; },
       "--cancel-fraction: 2 is out of range; expected 0 to 1"},
      {"random", [](WorkloadOptions* o) { o->slow_reader_fraction = -1; },
       "--slow-reader-fraction: -1 is out of range; expected 0 to 1"},
      {"random", [](WorkloadOptions* o) { o->deadline = "exp:x"; },
       "--deadline-ms: found \"x\"; expected a finite number above 0"},
      {"prefix_repetition", [](WorkloadOptions* o) { o->prefix_repetition_num_prefixes = 21; },
       "--prefix-repetition-num-prefixes: 21 is out of range; expected 1 to 20"},
      {"prefix_repetition", [](WorkloadOptions* o) { o->prefix_repetition_prefix_len = 0; },
       "--prefix-repetition-prefix-len: 0 is out of range; expected 1 to 10000000"},
      {"sharegpt", [](WorkloadOptions*) {},
       "--dataset-path: found \"\"; expected a file with --dataset-name sharegpt"},
      {"custom", [](WorkloadOptions* o) { o->dataset_path = "f", o->custom_output_len = 0; },
       "--custom-output-len: 0 is out of range; expected 1 to 10000000, or -1 for each line's own"},
      {"custom", [](WorkloadOptions* o) { o->dataset_path = "f", o->prompt_kind = "ids"; },
       "--prompt-kind: found \"ids\"; expected text or chat with --dataset-name custom"},
      {"custom", [](WorkloadOptions* o) { o->dataset_path = "/no/file"; },
       "/no/file: cannot be read: No such file or directory"},
      {"timed_trace",
       [](WorkloadOptions* o) { o->dataset_path = "f", o->timed_trace_sec_multiplier = 0; },
       "--timed-trace-sec-multiplier: 0 is out of range; expected 1e-09 to 1e+09"},
      {"multi_turn", [](WorkloadOptions* o) { o->multi_turn_max_turns = 1; },
       "--multi-turn-turns: 1 is out of range; expected 2 to 10000"},
      {"multi_turn", [](WorkloadOptions* o) { o->prompt_kind = "text"; },
       "--prompt-kind: found \"text\"; expected chat with --dataset-name multi_turn"},
  };
  for (const auto& c : cases) {
    WorkloadOptions options = Options(c.name);
    c.set(&options);
    const auto made = MakeWorkload(options, EstimatingCounter());
    EXPECT_FALSE(made.ok()) << c.message;
    EXPECT_EQ(std::string(made.status().message()), c.message);
  }
}

TEST(MakeWorkload, HasTheSameRequestsEverywhere) {
  EXPECT_EQ(WorkloadDigest(*Make(Options("random"))), 6638277036712664857u);
  EXPECT_EQ(WorkloadDigest(*Make(Options("sharegpt_mix"))), 8723525335584361955u);
}

}  // namespace
}  // namespace baton
