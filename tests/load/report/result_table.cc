#include "tests/load/report/result_table.h"

#include <cmath>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/load/report/vllm_fields.h"

namespace baton {
namespace {

constexpr int kWidth = 56;

std::string Title(absl::string_view title, char fill) {
  const size_t rest = kWidth - title.size() - 2;
  return absl::StrCat(std::string(rest / 2, fill), " ", title, " ",
                      std::string(rest - rest / 2, fill), "\n");
}

void Row(absl::string_view name, uint64_t value, std::string* text) {
  absl::StrAppendFormat(text, "%-44s %-11d\n", absl::StrCat(name, ":"), value);
}

void Row(absl::string_view name, double value, std::string* text) {
  absl::StrAppendFormat(text, "%-44s %-11.2f\n", absl::StrCat(name, ":"), value);
}

void Statistics(absl::string_view title, absl::string_view name, const Samples& samples,
                const std::vector<double>& percentiles, std::string* text) {
  if (samples.count() == 0) return;
  absl::StrAppend(text, Title(title, '-'));
  Row(absl::StrCat("Mean ", name, " (ms)"), samples.mean(), text);
  Row(absl::StrCat("Median ", name, " (ms)"), samples.Percentile(50), text);
  for (const double p : percentiles) {
    Row(absl::StrCat("P", PercentileName(p), " ", name, " (ms)"), samples.Percentile(p), text);
  }
}

void Counts(const RunReport& report, std::string* text) {
  const RunSummary& summary = report.summary;
  Row("Successful requests", summary.completed, text);
  Row("Failed requests", summary.failed, text);
  const auto if_any = [&](absl::string_view name, uint64_t count) {
    if (count > 0) Row(name, count, text);
  };
  if_any("Refused requests", summary.refused);
  if_any("Requests ended by their deadline", summary.deadline);
  if_any("Requests cancelled on purpose", summary.cancelled);
  if_any("Requests under way when it was stopped", report.run.unfinished);
  if (report.run.max_concurrency) {
    Row("Maximum request concurrency", uint64_t{*report.run.max_concurrency}, text);
  }
  if (!std::isinf(report.settings.request_rate)) {
    Row("Request rate configured (RPS)", report.settings.request_rate, text);
  }
}

void Throughput(const RunReport& report, std::string* text) {
  const RunSummary& summary = report.summary;
  Row("Benchmark duration (s)", absl::ToDoubleSeconds(summary.duration), text);
  // Of servers that tell no count, as many as were asked for, or as an estimate says.
  Row(summary.input_tokens_reported ? "Total input tokens" : "Total input tokens (estimated)",
      summary.input_tokens, text);
  if (summary.cached_tokens > 0) Row("Cached input tokens", summary.cached_tokens, text);
  Row("Total generated tokens", summary.output_tokens, text);
  Row("Request throughput (req/s)", summary.per_second(summary.completed), text);
  if (report.settings.objectives.any()) {
    Row(report.run.open_loop ? "Request goodput, from schedule (req/s)" : "Request goodput (req/s)",
        summary.per_second(summary.good), text);
  }
  Row("Output token throughput (tok/s)", summary.per_second(summary.output_tokens), text);
  Row("Total token throughput (tok/s)",
      summary.per_second(summary.input_tokens + summary.output_tokens), text);
  Row("Peak concurrent requests", uint64_t{report.run.peak}, text);
  if (!summary.steady) return;
  absl::StrAppend(text, Title(absl::StrFormat("Steady state, %.1f to %.1f s",
                                              absl::ToDoubleSeconds(summary.steady->from),
                                              absl::ToDoubleSeconds(summary.steady->to)),
                              '-'));
  Row("Request throughput (req/s)", summary.steady->requests, text);
  Row("Output token throughput (tok/s)", summary.steady->output_tokens, text);
}

void Latencies(const RunReport& report, std::string* text) {
  const RunSummary& summary = report.summary;
  const auto add = [&](absl::string_view key, absl::string_view title, absl::string_view name,
                       const Samples& samples) {
    if (absl::c_linear_search(report.settings.percentile_metrics, key)) {
      Statistics(title, name, samples, report.settings.metric_percentiles, text);
    }
  };
  // In open loop people wait from when they asked; in closed loop there is no such moment.
  const bool open = report.run.open_loop;
  add("ttft", open ? "Time to First Token, from schedule" : "Time to First Token", "TTFT",
      open ? summary.ttft_from_schedule : summary.ttft);
  add("tpot", "Time per Output Token (excl. 1st token)", "TPOT", summary.tpot);
  add("itl", summary.tokens_estimated ? "Inter-token Latency (estimated)" : "Inter-token Latency",
      "ITL", summary.gaps.itl);
  add("e2el", open ? "End-to-end Latency, from schedule" : "End-to-end Latency", "E2EL",
      open ? summary.e2el_from_schedule : summary.e2el);
  if (summary.prefill.count() == 0) return;
  absl::StrAppend(text, Title("By the server's own account", '-'));
  const auto median = [&](absl::string_view name, const Samples& samples) {
    if (samples.count() > 0) Row(name, samples.Percentile(50), text);
  };
  median("Median queueing (ms)", summary.queued);
  median("Median prefill (ms)", summary.prefill);
  median("Median decode (ms)", summary.decode);
  median("Median TTFT at the client less server's (ms)", summary.network);
}

void Ends(const RunSummary& summary, std::string* text) {
  if (summary.ends.size() < 2 && summary.completed == summary.total()) return;
  absl::StrAppend(text, Title("How requests ended", '-'));
  for (const auto& [end, count] : summary.ends) Row(end, count, text);
}

}  // namespace

std::string ResultTable(const RunReport& report) {
  std::string text = Title(absl::StrCat("Serving Benchmark Result (", LoadMode(report), ")"), '=');
  Counts(report, &text);
  Throughput(report, &text);
  Latencies(report, &text);
  Ends(report.summary, &text);
  absl::StrAppend(&text, std::string(kWidth, '='), "\n");
  if (report.run.gave_up) {
    absl::StrAppend(&text, "PARTIAL: too many requests in a row failed\n");
  } else if (report.run.partial) {
    absl::StrAppend(&text, "PARTIAL: the run was stopped\n");
  }
  for (const std::string& reason : report.invalid) {
    absl::StrAppend(&text, "NOT A VALID MEASUREMENT: ", reason, "\n");
  }
  return text;
}

}  // namespace baton
