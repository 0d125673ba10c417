#include "tests/load/report.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"

namespace baton {
namespace {

double Ms(absl::Duration d) { return absl::ToDoubleMilliseconds(d); }

std::string EndOf(const Outcome& o) {
  if (o.code == absl::StatusCode::kOk) return o.finish.empty() ? "OK" : o.finish;
  return absl::StrCat(absl::StatusCodeToString(o.code), o.reason.empty() ? "" : " ", o.reason,
                      o.started ? " after it was accepted" : "");
}

std::string ToText(const std::string& name, const Quantiles& q, const std::string& unit) {
  return absl::StrFormat("%-14s p50 %.2f  p90 %.2f  p99 %.2f  max %.2f %s (%d)\n", name, q.p50,
                         q.p90, q.p99, q.max, unit, q.count);
}

nlohmann::json ToJson(const Quantiles& q) {
  return {{"count", q.count}, {"p50", q.p50}, {"p90", q.p90}, {"p99", q.p99}, {"max", q.max}};
}

RetryReport MakeRetryReport(const std::vector<RetryOutcome>& retries, absl::Duration poll) {
  RetryReport report;
  report.probes = retries.size();
  std::vector<double> told, admitted, ratio;
  size_t within = 0, within_polled = 0;
  for (const RetryOutcome& r : retries) {
    if (!r.admitted) {
      ++report.never_admitted;
      continue;
    }
    told.push_back(Ms(r.told));
    admitted.push_back(Ms(*r.admitted));
    ratio.push_back(absl::FDivDuration(*r.admitted, r.told));
    const bool not_too_early = *r.admitted >= r.told / 2;
    within += not_too_early && *r.admitted <= r.told * 2;
    within_polled += not_too_early && *r.admitted - poll <= r.told * 2;
  }
  report.told_ms = MakeQuantiles(told);
  report.admitted_ms = MakeQuantiles(admitted);
  report.ratio = MakeQuantiles(ratio);
  report.ratio_p10 = Quantile(ratio, 0.1);
  const double probes = static_cast<double>(std::max<size_t>(1, retries.size()));
  report.within_two = within / probes;
  report.within_two_polled = within_polled / probes;
  return report;
}

}  // namespace

double Quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const double rank = std::ceil(q * static_cast<double>(values.size())) - 1;
  return values[std::min(values.size() - 1, static_cast<size_t>(std::max(0.0, rank)))];
}

Quantiles MakeQuantiles(const std::vector<double>& values) {
  return {values.size(), Quantile(values, 0.5), Quantile(values, 0.9), Quantile(values, 0.99),
          Quantile(values, 1)};
}

LoadReport MakeReport(const std::vector<Outcome>& outcomes,
                      const std::vector<RetryOutcome>& retries, absl::Duration duration,
                      absl::Duration deadline, absl::Duration poll) {
  LoadReport report;
  std::vector<double> refusal, first_token, total, late;
  uint64_t tokens = 0, all_tokens = 0;
  for (const Outcome& o : outcomes) {
    late.push_back(Ms(o.late));
    ++report.ends[EndOf(o)];
    all_tokens += o.tokens;
    report.accepted += o.started.has_value();
    if (o.refused()) {
      ++report.refused;
      refusal.push_back(Ms(o.end));
    } else if (o.complete && o.end <= deadline) {
      ++report.in_time;
      tokens += o.tokens;
      if (o.first_token) first_token.push_back(Ms(*o.first_token));
      total.push_back(Ms(o.end));
    } else if (o.code == absl::StatusCode::kOk || o.code == absl::StatusCode::kDeadlineExceeded) {
      ++report.too_late;
    } else {
      ++report.failed;
    }
  }
  report.offered = outcomes.size();
  report.offered_per_second = outcomes.size() / absl::ToDoubleSeconds(duration);
  report.goodput = static_cast<double>(tokens) / absl::ToDoubleSeconds(duration);
  report.tokens_per_second = static_cast<double>(all_tokens) / absl::ToDoubleSeconds(duration);
  report.refusal_ms = MakeQuantiles(refusal);
  report.first_token_ms = MakeQuantiles(first_token);
  report.total_ms = MakeQuantiles(total);
  report.late_ms = MakeQuantiles(late);
  report.retries = MakeRetryReport(retries, poll);
  return report;
}

std::string ToText(const LoadReport& r) {
  std::string text = absl::StrFormat(
      "offered %d (%.2f/s), accepted %d, refused %d, in time %d, too late %d, failed %d\n"
      "goodput %.1f tokens/s of %.1f\n",
      r.offered, r.offered_per_second, r.accepted, r.refused, r.in_time, r.too_late, r.failed,
      r.goodput, r.tokens_per_second);
  absl::StrAppend(&text, ToText("first token", r.first_token_ms, "ms"),
                  ToText("total", r.total_ms, "ms"), ToText("refusal", r.refusal_ms, "ms"),
                  ToText("sent late", r.late_ms, "ms"));
  for (const auto& [end, count] : r.ends) absl::StrAppendFormat(&text, "  %6d %s\n", count, end);
  if (r.retries.probes == 0) return text;
  absl::StrAppendFormat(&text,
                        "retries: %d, %d never admitted; within a factor of two %.0f %%, with the "
                        "interval of polling %.0f %%; ratio p10 %.2f\n",
                        r.retries.probes, r.retries.never_admitted, r.retries.within_two * 100,
                        r.retries.within_two_polled * 100, r.retries.ratio_p10);
  absl::StrAppend(&text, ToText("  told", r.retries.told_ms, "ms"),
                  ToText("  admitted", r.retries.admitted_ms, "ms"),
                  ToText("  ratio", r.retries.ratio, ""));
  return text;
}

std::string ToJson(const LoadReport& r) {
  const nlohmann::json json = {{"offered_per_second", r.offered_per_second},
                               {"offered", r.offered},
                               {"accepted", r.accepted},
                               {"refused", r.refused},
                               {"in_time", r.in_time},
                               {"too_late", r.too_late},
                               {"failed", r.failed},
                               {"goodput", r.goodput},
                               {"tokens_per_second", r.tokens_per_second},
                               {"refusal_ms", ToJson(r.refusal_ms)},
                               {"first_token_ms", ToJson(r.first_token_ms)},
                               {"total_ms", ToJson(r.total_ms)},
                               {"late_ms", ToJson(r.late_ms)},
                               {"ends", r.ends},
                               {"retries",
                                {{"probes", r.retries.probes},
                                 {"never_admitted", r.retries.never_admitted},
                                 {"told_ms", ToJson(r.retries.told_ms)},
                                 {"admitted_ms", ToJson(r.retries.admitted_ms)},
                                 {"ratio", ToJson(r.retries.ratio)},
                                 {"ratio_p10", r.retries.ratio_p10},
                                 {"within_two", r.retries.within_two},
                                 {"within_two_polled", r.retries.within_two_polled}}}};
  return json.dump();
}

}  // namespace baton
