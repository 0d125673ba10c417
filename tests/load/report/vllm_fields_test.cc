// The oracle is vLLM's own calculate_metrics on the same requests: testdata/make_vllm_result.py.
#include "tests/load/report/vllm_fields.h"

#include <fstream>
#include <limits>
#include <set>
#include <string>

#include "gtest/gtest.h"
#include "tests/load/report/result_json.h"

namespace baton {
namespace {

using Json = nlohmann::ordered_json;

Json LoadOracle() {
  std::ifstream file("tests/load/report/testdata/vllm_result.json");
  return Json::parse(file, nullptr, /*allow_exceptions=*/false);
}

RequestRecord ToRecord(const Json& json, absl::Time start) {
  RequestRecord record;
  record.sent = start + absl::Microseconds(json["sent_us"].get<int64_t>());
  record.prompt_tokens = json["prompt_tokens"].get<uint32_t>();
  for (const Json& chunk : json["chunks"]) {
    record.chunks.push_back({chunk[0].get<uint32_t>(), chunk[1].get<uint32_t>()});
    record.output_tokens += record.chunks.back().tokens;
  }
  // The end of the stream, which vLLM does not look at.
  record.end = record.chunk_time(record.chunks.size() - 1) + absl::Milliseconds(3);
  const bool failed = json["failed"].get<bool>();
  record.outcome = failed ? RequestOutcome::kFailed : RequestOutcome::kCompleted;
  record.code = failed ? "UNAVAILABLE" : "OK";
  return record;
}

RunReport MakeReport(const Json& oracle) {
  RunReport report;
  const absl::Time start = absl::FromUnixSeconds(1000);
  report.run.start = start;
  report.run.end = start + absl::Seconds(oracle["duration"].get<double>());
  for (const Json& request : oracle["requests"]) {
    report.run.records.push_back(ToRecord(request, start));
    report.run.records.back().index = report.run.records.size() - 1;
  }
  report.settings.request_rate = std::numeric_limits<double>::infinity();
  report.settings.objectives.ttft = absl::Milliseconds(oracle["goodput"]["ttft"].get<double>());
  report.settings.objectives.tpot = absl::Milliseconds(oracle["goodput"]["tpot"].get<double>());
  report.settings.percentile_metrics = {"ttft", "tpot", "itl", "e2el"};
  report.settings.metric_percentiles = oracle["percentiles"].get<std::vector<double>>();
  report.settings.save_detailed = true;
  report.settings.backend = "openai";
  report.summary = Summarise(report.run, report.settings.objectives);
  return report;
}

TEST(VllmFieldsTest, FiguresAreVllms) {
  const Json oracle = LoadOracle();
  ASSERT_TRUE(oracle.is_object());
  const Json json = VllmFields(MakeReport(oracle), absl::UnixEpoch());
  for (const auto& [key, expected] : oracle["expected"].items()) {
    ASSERT_TRUE(json.contains(key)) << key;
    if (!expected.is_number()) {
      EXPECT_EQ(json[key], expected) << key;
    } else {
      // We keep microseconds.
      EXPECT_NEAR(json[key].get<double>(), expected.get<double>(), 2e-3) << key;
    }
  }
}

std::set<std::string> Keys(const Json& json) {
  std::set<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.insert(key);
  return keys;
}

// vLLM 0.33's result of a plain run with --save-detailed.
TEST(VllmFieldsTest, KeysAreVllms) {
  RunReport report = MakeReport(LoadOracle());
  report.settings.percentile_metrics = {"ttft", "tpot", "itl"};
  report.settings.metric_percentiles = {99};
  const std::set<std::string> expected = {"date",
                                          "endpoint_type",
                                          "backend",
                                          "label",
                                          "model_id",
                                          "tokenizer_id",
                                          "num_prompts",
                                          "request_rate",
                                          "burstiness",
                                          "max_concurrency",
                                          "duration",
                                          "completed",
                                          "failed",
                                          "total_input_tokens",
                                          "total_output_tokens",
                                          "request_throughput",
                                          "request_goodput",
                                          "output_throughput",
                                          "total_token_throughput",
                                          "input_lens",
                                          "output_lens",
                                          "ttfts",
                                          "itls",
                                          "latencies",
                                          "start_times",
                                          "queue_times",
                                          "generated_texts",
                                          "errors",
                                          "max_output_tokens_per_s",
                                          "max_concurrent_requests",
                                          "rtfx",
                                          "mean_ttft_ms",
                                          "median_ttft_ms",
                                          "std_ttft_ms",
                                          "p99_ttft_ms",
                                          "mean_tpot_ms",
                                          "median_tpot_ms",
                                          "std_tpot_ms",
                                          "p99_tpot_ms",
                                          "mean_itl_ms",
                                          "median_itl_ms",
                                          "std_itl_ms",
                                          "p99_itl_ms"};
  EXPECT_EQ(Keys(VllmFields(report, absl::UnixEpoch())), expected);

  report.settings.save_detailed = false;
  const std::set<std::string> brief = Keys(VllmFields(report, absl::UnixEpoch()));
  for (const char* key :
       {"input_lens", "output_lens", "ttfts", "itls", "start_times", "generated_texts", "errors"}) {
    EXPECT_EQ(brief.count(key), 0u) << key;
  }
  EXPECT_EQ(brief.count("latencies"), 1u);
  EXPECT_EQ(brief.count("queue_times"), 1u);
}

TEST(VllmFieldsTest, WithoutAnyRequestEverythingIsZero) {
  RunReport report;
  report.summary = Summarise(report.run, Objectives());
  const Json json = VllmFields(report, absl::UnixEpoch());
  EXPECT_EQ(json["completed"], 0);
  EXPECT_EQ(json["request_goodput"], Json());
  EXPECT_EQ(json["p99_ttft_ms"], 0.0);
  EXPECT_EQ(json["max_concurrent_requests"], 0);
}

TEST(ResultFileNameTest, IsVllms) {
  RunReport report;
  report.settings.backend = "openai";
  report.settings.request_rate = 10;
  report.server.model = "org/Some-Model";
  report.run.max_concurrency = 8;
  EXPECT_EQ(ResultFileName(report, absl::FromCivil(absl::CivilSecond(2026, 1, 2, 3, 4, 5),
                                                   absl::LocalTimeZone())),
            "openai-10.0qps-concurrency8-Some-Model-20260102-030405.json");
}

TEST(ResultJsonTest, OursStandBesideVllms) {
  RunReport report = MakeReport(LoadOracle());
  for (RequestRecord& record : report.run.records) {
    record.scheduled = record.sent - absl::Milliseconds(100);
  }
  report.run.open_loop = true;
  report.settings.request_rate = 10;
  report.summary = Summarise(report.run, report.settings.objectives);
  const Json json = ResultJson(report, absl::UnixEpoch());
  EXPECT_NEAR(json["median_ttft_from_schedule_ms"].get<double>(),
              json["median_ttft_ms"].get<double>() + 100, 1e-6);
  EXPECT_NEAR(json["p99_e2el_from_schedule_ms"].get<double>(),
              json["p99_e2el_ms"].get<double>() + 100, 1e-6);
  EXPECT_EQ(json["baton"]["mode"], "open loop");
  EXPECT_EQ(json["baton"]["outcomes"]["failed"], 3);
  EXPECT_EQ(json["baton"]["ends"]["UNAVAILABLE"], 3);
  EXPECT_EQ(json["baton"]["requests"]["due_s"].size(), report.run.records.size());
  uint64_t tokens = 0;
  for (const Json& count : json["baton"]["timeline"]["output_tokens"]) {
    tokens += count.get<uint64_t>();
  }
  EXPECT_EQ(tokens, report.summary.all_output_tokens);
}

}  // namespace
}  // namespace baton
