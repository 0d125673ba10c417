#include "tests/load/report/vllm_fields.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace baton {
namespace {

using Json = nlohmann::ordered_json;

bool Completed(const RequestRecord& record) { return record.outcome == RequestOutcome::kCompleted; }

double Seconds(absl::Duration d) { return absl::ToDoubleSeconds(d); }

absl::Duration Latency(const RequestRecord& record) {
  if (!Completed(record) || record.chunks.empty()) return absl::ZeroDuration();
  return absl::Microseconds(record.chunks.back().at_us);
}

std::vector<double> Gaps(const RequestRecord& record) {
  std::vector<double> gaps;
  for (size_t i = 1; i < record.chunks.size(); ++i) {
    gaps.push_back(1e-6 * (record.chunks[i].at_us - record.chunks[i - 1].at_us));
  }
  return gaps;
}

// The largest number of chunks, and of requests under way, in a second of the run. vLLM counts the
// seconds from the first sending, and a request in every second that it touches.
struct Peaks {
  double chunks = 0;
  int64_t requests = 0;
};

Peaks FindPeaks(const std::vector<RequestRecord>& records) {
  absl::Time first = absl::InfiniteFuture(), last = absl::InfinitePast();
  for (const RequestRecord& record : records) {
    if (!Completed(record)) continue;
    first = std::min(first, record.sent);
    last = std::max(last, record.sent + Latency(record));
  }
  Peaks peaks;
  if (last < first) return peaks;
  const auto second = [&](absl::Time at) { return static_cast<size_t>(Seconds(at - first)); };
  std::vector<double> chunks(second(last) + 1);
  std::vector<int64_t> requests(second(last) + 1);
  for (const RequestRecord& record : records) {
    if (!Completed(record)) continue;
    for (size_t i = 0; i < record.chunks.size(); ++i) ++chunks[second(record.chunk_time(i))];
    const size_t end = second(record.sent + Latency(record));
    for (size_t s = second(record.sent); s <= end; ++s) ++requests[s];
  }
  return {*absl::c_max_element(chunks), *absl::c_max_element(requests)};
}

void AddSettings(const RunReport& report, absl::Time ended, Json* json) {
  const RunSettings& settings = report.settings;
  (*json)["date"] = absl::FormatTime("%Y%m%d-%H%M%S", ended, absl::LocalTimeZone());
  (*json)["endpoint_type"] = settings.backend;
  (*json)["backend"] = settings.backend;
  (*json)["label"] = settings.label.empty() ? Json() : Json(settings.label);
  (*json)["model_id"] = report.server.model;
  (*json)["tokenizer_id"] = Json();  // the server counts the tokens
  (*json)["num_prompts"] = settings.num_prompts;
  for (const auto& [key, value] : settings.metadata) (*json)[key] = value;
  (*json)["request_rate"] =
      std::isinf(settings.request_rate) ? Json("inf") : Json(settings.request_rate);
  (*json)["burstiness"] = std::isinf(settings.burstiness) ? Json("inf") : Json(settings.burstiness);
  (*json)["max_concurrency"] =
      report.run.max_concurrency ? Json(*report.run.max_concurrency) : Json();
  if (!settings.ramp_up_strategy) return;
  (*json)["ramp_up_strategy"] = *settings.ramp_up_strategy;
  (*json)["ramp_up_start_rps"] = settings.ramp_up_start_rps;
  (*json)["ramp_up_end_rps"] = settings.ramp_up_end_rps;
}

void AddTotals(const RunReport& report, Json* json) {
  const RunSummary& summary = report.summary;
  (*json)["duration"] = Seconds(summary.duration);
  (*json)["completed"] = summary.completed;
  (*json)["failed"] = summary.refused + summary.deadline + summary.failed;
  (*json)["total_input_tokens"] = summary.input_tokens;
  (*json)["total_output_tokens"] = summary.output_tokens;
  (*json)["request_throughput"] = summary.per_second(summary.completed);
  (*json)["request_goodput"] = report.settings.objectives.any()
                                   ? Json(summary.per_second(summary.good_from_sending))
                                   : Json();
  (*json)["output_throughput"] = summary.per_second(summary.output_tokens);
  (*json)["total_token_throughput"] =
      summary.per_second(summary.input_tokens + summary.output_tokens);
}

// Closed loop has no schedule: vLLM then counts from the start of the run.
absl::Duration ClientQueueTime(const RequestRecord& record, const RunReport& report) {
  return record.sent - record.scheduled.value_or(report.run.start);
}

// One entry for each request, those that failed included, in the order of sending.
void AddArrays(const RunReport& report, Json* json) {
  const bool detailed = report.settings.save_detailed;
  Json input_lens = Json::array(), output_lens = Json::array(), ttfts = Json::array(),
       itls = Json::array(), latencies = Json::array(), start_times = Json::array(),
       queue_times = Json::array(), texts = Json::array(), errors = Json::array();
  for (const RequestRecord& record : report.run.records) {
    latencies.push_back(Seconds(Latency(record)));
    queue_times.push_back(Seconds(ClientQueueTime(record, report)));
    if (!detailed) continue;
    input_lens.push_back(record.prompt_tokens);
    output_lens.push_back(Completed(record) ? record.output_tokens : 0);
    ttfts.push_back(Seconds(record.first_output().value_or(absl::ZeroDuration())));
    itls.push_back(Gaps(record));
    start_times.push_back(Seconds(record.sent - absl::UnixEpoch()));
    texts.push_back(record.text);
    errors.push_back(Completed(record) ? "" : absl::StrCat(record.code, ": ", record.message));
  }
  if (detailed) {
    (*json)["input_lens"] = std::move(input_lens);
    (*json)["output_lens"] = std::move(output_lens);
    (*json)["ttfts"] = std::move(ttfts);
    (*json)["itls"] = std::move(itls);
  }
  (*json)["latencies"] = std::move(latencies);
  if (detailed) (*json)["start_times"] = std::move(start_times);
  (*json)["queue_times"] = std::move(queue_times);
  if (!detailed) return;
  (*json)["generated_texts"] = std::move(texts);
  (*json)["errors"] = std::move(errors);
}

Samples ClientQueueTimes(const RunReport& report) {
  Samples samples;
  for (const RequestRecord& record : report.run.records) {
    if (Completed(record)) samples.Add(ClientQueueTime(record, report));
  }
  return samples;
}

void AddMetrics(const RunReport& report, Json* json) {
  const RunSummary& summary = report.summary;
  const auto add = [&](const std::string& name, const Samples& samples) {
    if (absl::c_linear_search(report.settings.percentile_metrics, name)) {
      AddStatistics(name, samples, report.settings.metric_percentiles, json);
    }
  };
  add("ttft", summary.ttft);
  add("tpot", summary.tpot);
  add("itl", summary.gaps.ict);
  add("e2el", summary.e2el);
  if (!report.run.max_concurrency) return;
  add("client_queue_time", ClientQueueTimes(report));
  if (report.run.open_loop) add("e2el_including_client_queue", summary.e2el_from_schedule);
}

}  // namespace

std::string PercentileName(double percentile) {
  return percentile == std::floor(percentile) ? absl::StrFormat("%.0f", percentile)
                                              : absl::StrCat(percentile);
}

void AddStatistics(const std::string& name, const Samples& samples,
                   const std::vector<double>& percentiles, Json* json) {
  (*json)["mean_" + name + "_ms"] = samples.mean();
  (*json)["median_" + name + "_ms"] = samples.Percentile(50);
  (*json)["std_" + name + "_ms"] = samples.stddev();
  for (const double p : percentiles) {
    (*json)["p" + PercentileName(p) + "_" + name + "_ms"] = samples.Percentile(p);
  }
}

Json VllmFields(const RunReport& report, absl::Time ended) {
  Json json;
  AddSettings(report, ended, &json);
  AddTotals(report, &json);
  AddArrays(report, &json);
  const Peaks peaks = FindPeaks(report.run.records);
  json["max_output_tokens_per_s"] = peaks.chunks;
  json["max_concurrent_requests"] = peaks.requests;
  json["rtfx"] = 0.0;  // of audio
  AddMetrics(report, &json);
  return json;
}

}  // namespace baton
