#include "tests/load/report/result_json.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "tests/load/report/vllm_fields.h"

namespace baton {
namespace {

using Json = nlohmann::ordered_json;

std::string Machine() {
  std::string cpu = "unknown CPU";
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!absl::StartsWith(line, "model name")) continue;
    cpu = line.substr(std::min(line.size(), line.find(':') + 2));
    break;
  }
  return absl::StrCat(cpu, ", ", sysconf(_SC_NPROCESSORS_ONLN), " CPUs");
}

// Enough points to draw the distribution.
Json Distribution(const Samples& samples) {
  Json json = {{"count", samples.count()},
               {"mean", samples.mean()},
               {"std", samples.stddev()},
               {"min", samples.min()},
               {"max", samples.max()}};
  Json& percentiles = json["percentiles"];
  for (int p = 0; p < 100; ++p) percentiles[absl::StrCat(p)] = samples.Percentile(p);
  for (const double p : {99.5, 99.9, 99.99, 100.0}) {
    percentiles[PercentileName(p)] = samples.Percentile(p);
  }
  json["histogram"] = samples.is_histogram();
  return json;
}

// Those that have samples.
Json Metrics(const RunSummary& summary, bool open_loop) {
  Json json = Json::object();
  const auto add = [&](const char* name, const Samples& samples) {
    if (samples.count() > 0) json[name] = Distribution(samples);
  };
  add("ttft_ms", summary.ttft);
  if (open_loop) add("ttft_from_schedule_ms", summary.ttft_from_schedule);
  add("tpot_ms", summary.tpot);
  add("itl_ms", summary.gaps.itl);
  add("ict_ms", summary.gaps.ict);
  add("e2el_ms", summary.e2el);
  if (open_loop) add("e2el_from_schedule_ms", summary.e2el_from_schedule);
  add("queued_ms", summary.queued);
  add("prefill_ms", summary.prefill);
  add("decode_ms", summary.decode);
  add("network_ms", summary.network);
  add("refusal_ms", summary.refusal);
  add("retry_after_ms", summary.retry_after);
  return json;
}

Json Lag(const std::vector<uint32_t>& us) {
  Samples samples;
  for (const uint32_t value : us) samples.AddMicros(value);
  return {{"p50", samples.Percentile(50)}, {"p99", samples.Percentile(99)}, {"max", samples.max()}};
}

// Columns, in the order in which requests were due.
Json Requests(const LoadRunResult& run) {
  std::vector<size_t> order(run.records.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return run.records[a].due() < run.records[b].due(); });
  Json due = Json::array(), ttft = Json::array(), e2el = Json::array(), outcome = Json::array(),
       tokens = Json::array();
  for (const size_t i : order) {
    const RequestRecord& record = run.records[i];
    const auto since_due = [&](size_t chunk) {
      return Json(absl::ToDoubleMilliseconds(record.chunk_time(chunk) - record.due()));
    };
    due.push_back(absl::ToDoubleSeconds(record.due() - run.start));
    ttft.push_back(record.chunks.empty() ? Json() : since_due(0));
    e2el.push_back(record.chunks.empty() ? Json() : since_due(record.chunks.size() - 1));
    outcome.push_back(std::string(RequestOutcomeName(record.outcome)));
    tokens.push_back(record.output_tokens);
  }
  Json json;
  json["due_s"] = std::move(due);
  json["ttft_ms"] = std::move(ttft);
  json["e2el_ms"] = std::move(e2el);
  json["outcome"] = std::move(outcome);
  json["output_tokens"] = std::move(tokens);
  return json;
}

Json Steady(const RunSummary& summary) {
  if (!summary.steady) return Json();
  return {{"from_s", absl::ToDoubleSeconds(summary.steady->from)},
          {"to_s", absl::ToDoubleSeconds(summary.steady->to)},
          {"request_throughput", summary.steady->requests},
          {"output_throughput", summary.steady->output_tokens},
          {"total_token_throughput", summary.steady->all_tokens}};
}

Json ObjectivesJson(const Objectives& objectives) {
  Json json = Json::object();
  const auto add = [&](const char* name, const absl::optional<absl::Duration>& limit) {
    if (limit) json[name] = absl::ToDoubleMilliseconds(*limit);
  };
  add("ttft", objectives.ttft);
  add("tpot", objectives.tpot);
  add("e2el", objectives.e2el);
  return json;
}

Json TimelineJson(const Timeline& timeline) {
  return {{"interval_s", absl::ToDoubleSeconds(timeline.interval)},
          {"output_tokens", timeline.output_tokens},
          {"sent", timeline.sent},
          {"ended", timeline.ended},
          {"running", timeline.running}};
}

Json Ours(const RunReport& report) {
  const RunSettings& settings = report.settings;
  const RunSummary& summary = report.summary;
  Json json = {
      {"schema", kResultSchema},
      {"tool", "baton bench"},
      {"mode", LoadMode(report)},
      {"valid", report.invalid.empty()},
      {"invalid", report.invalid},
      {"partial", report.run.partial},
      {"unfinished", report.run.unfinished},
      {"command", settings.command},
      {"machine", Machine()},
      {"started", absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", report.run.start, absl::UTCTimeZone())}};
  json["server"] = {{"address", settings.address},
                    {"backend", settings.backend},
                    {"model", report.server.model},
                    {"numerics_classes", report.server.numerics_classes}};
  json["workload"] = settings.dataset_options;
  json["numerics_classes"] = summary.numerics_classes;
  json["groups"] = summary.groups;
  json["outcomes"] = {{"completed", summary.completed},
                      {"cancelled", summary.cancelled},
                      {"refused", summary.refused},
                      {"deadline", summary.deadline},
                      {"failed", summary.failed}};
  json["ends"] = summary.ends;
  json["tokens_estimated"] = summary.tokens_estimated;
  json["cached_tokens"] = summary.cached_tokens;
  json["all_output_tokens"] = summary.all_output_tokens;
  json["peak_concurrency"] = report.run.peak;
  json["input_tokens_reported"] = summary.input_tokens_reported;
  json["steady"] = Steady(summary);
  json["objectives"] = ObjectivesJson(settings.objectives);
  if (settings.objectives.any()) json["good"] = summary.good;
  json["lag_ms"] = Lag(report.run.lag.send_us);
  json["probe_ms"] = Lag(report.run.lag.timer_us);
  json["cpu"] = {{"cores_used", report.run.lag.cpus_used},
                 {"cores_allowed", report.run.lag.cpus_allowed},
                 {"busiest_thread", report.run.lag.busiest_thread},
                 {"runqueue_share", report.run.lag.runqueue_share}};
  json["metrics"] = Metrics(summary, report.run.open_loop);
  json["timeline"] = TimelineJson(summary.timeline);
  json["requests"] = Requests(report.run);
  if (!settings.sweep_variable.empty()) {
    json["sweep"] = {{"variable", settings.sweep_variable}, {"value", settings.sweep_value}};
  }
  return json;
}

// As Python prints a float.
std::string RateName(double rate) {
  if (std::isinf(rate)) return "inf";
  return rate == std::floor(rate) ? absl::StrFormat("%.1f", rate) : absl::StrCat(rate);
}

}  // namespace

Json ResultJson(const RunReport& report, absl::Time ended) {
  Json json = VllmFields(report, ended);
  const RunSummary& summary = report.summary;
  const std::vector<double>& percentiles = report.settings.metric_percentiles;
  if (report.settings.objectives.any()) {
    json["request_goodput_from_schedule"] = summary.per_second(summary.good);
  }
  if (report.run.open_loop) {
    AddStatistics("ttft_from_schedule", summary.ttft_from_schedule, percentiles, &json);
    AddStatistics("e2el_from_schedule", summary.e2el_from_schedule, percentiles, &json);
  }
  AddStatistics("itl_per_token", summary.gaps.itl, percentiles, &json);
  json["baton"] = Ours(report);
  return json;
}

std::string ResultFileName(const RunReport& report, absl::Time ended) {
  const RunSettings& settings = report.settings;
  std::string name = settings.label.empty() ? settings.backend : settings.label;
  if (settings.ramp_up_strategy) {
    absl::StrAppend(&name, "-ramp-up-", *settings.ramp_up_strategy, "-", settings.ramp_up_start_rps,
                    "qps-", settings.ramp_up_end_rps, "qps");
  } else {
    absl::StrAppend(&name, "-", RateName(settings.request_rate), "qps");
  }
  if (report.run.max_concurrency) {
    absl::StrAppend(&name, "-concurrency", *report.run.max_concurrency);
  }
  const std::vector<std::string> model = absl::StrSplit(report.server.model, '/');
  absl::StrAppend(&name, "-", model.back(), "-",
                  absl::FormatTime("%Y%m%d-%H%M%S", ended, absl::LocalTimeZone()), ".json");
  std::replace(name.begin(), name.end(), '/', '_');
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

}  // namespace baton
