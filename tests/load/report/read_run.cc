#include "tests/load/report/read_run.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "tests/load/report/json_access.h"
#include "tests/load/report/result_number.h"
#include "tests/load/report/run_arrays.h"
#include "tests/load/report/run_cdfs.h"
#include "tests/load/report/run_facts.h"

namespace baton {
namespace {

using nlohmann::json;

std::vector<RunCount> Counts(const json& object) {
  std::vector<RunCount> counts;
  if (!object.is_object()) return counts;
  for (const auto& member : object.items()) {
    const auto count = JsonNumber(object, member.key());
    if (count && *count > 0) counts.push_back({member.key(), *count});
  }
  return counts;
}

RunRequests ReadRequests(const json& requests) {
  RunRequests columns;
  columns.due_s = JsonNumbers(JsonMember(requests, "due_s"));
  columns.ttft_ms = JsonNumbers(JsonMember(requests, "ttft_ms"));
  columns.e2el_ms = JsonNumbers(JsonMember(requests, "e2el_ms"));
  const std::vector<std::string> outcomes = JsonTexts(JsonMember(requests, "outcome"));
  const size_t size = columns.due_s.size();
  columns.ttft_ms.resize(size, std::nan(""));
  columns.e2el_ms.resize(size, std::nan(""));
  for (size_t i = 0; i < size; ++i) {
    columns.completed.push_back(i >= outcomes.size() || outcomes[i] == "completed");
  }
  return columns;
}

RunTimeline ReadTimeline(const json& timeline) {
  RunTimeline read;
  const auto interval = JsonNumber(timeline, "interval_s");
  if (!interval || *interval <= 0) return read;
  read.interval_s = *interval;
  read.output_tokens = JsonNumbers(JsonMember(timeline, "output_tokens"));
  read.running = JsonNumbers(JsonMember(timeline, "running"));
  return read;
}

std::map<std::string, double> ReadNumbers(const json& result) {
  std::map<std::string, double> numbers;
  const auto add = [&](const std::string& key) {
    if (const auto number = ResultNumber(result, key)) numbers.emplace(key, *number);
  };
  if (result.is_object()) {
    for (const auto& member : result.items()) add(member.key());
  }
  const json& metrics = JsonMember(JsonMember(result, "baton"), "metrics");
  if (metrics.is_object()) {
    for (const auto& metric : metrics.items()) {
      for (const char* statistic : {"mean_", "median_", "p90_", "p99_", "std_"}) {
        add(absl::StrCat(statistic, metric.key()));
      }
    }
  }
  for (const char* key : {"good", "cached_tokens", "moved", "steady.from_s", "steady.to_s",
                          "steady.request_throughput", "steady.output_throughput", "lag_ms.p99",
                          "lag_ms.max", "probe_ms.p99", "cpu.cores_used", "cpu.runqueue_share"}) {
    add(key);
  }
  return numbers;
}

std::vector<RunCount> ReadOutcomes(const json& result) {
  const json& outcomes = JsonMember(JsonMember(result, "baton"), "outcomes");
  const json& source = outcomes.is_object() ? outcomes : result;
  std::vector<RunCount> counts;
  for (const char* name : {"completed", "cancelled", "refused", "deadline", "failed"}) {
    if (const auto count = JsonNumber(source, name)) counts.push_back({name, *count});
  }
  return counts;
}

}  // namespace

RunView ReadRun(const std::string& name, const json& result) {
  const json& baton = JsonMember(result, "baton");
  const json& sweep = JsonMember(baton, "sweep");
  RunView run;
  run.name = name;
  run.server = RunServer(result);
  run.partial = JsonBool(baton, "partial", false);
  run.invalid = JsonTexts(JsonMember(baton, "invalid"));
  run.valid = JsonBool(baton, "valid", true) && run.invalid.empty();
  run.facts = RunFacts(result);
  run.outcomes = ReadOutcomes(result);
  run.ends = Counts(JsonMember(baton, "ends"));
  run.requests = ReadRequests(JsonMember(baton, "requests"));
  if (run.requests.due_s.empty()) run.requests = RequestsOfArrays(result);
  run.timeline = ReadTimeline(JsonMember(baton, "timeline"));
  if (run.timeline.interval_s == 0) run.timeline = TimelineOfArrays(result);
  run.cdfs = ReadCdfs(result);
  run.sweep_variable = JsonText(JsonMember(sweep, "variable"));
  run.sweep_value = JsonNumber(sweep, "value").value_or(std::nan(""));
  run.numbers = ReadNumbers(result);
  return run;
}

}  // namespace baton
