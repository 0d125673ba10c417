#include "tests/load/overload/overload_report.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"

namespace baton {
namespace {

std::string EndOf(const RequestRecord& record) {
  if (record.code == "OK") return record.finish.empty() ? "OK" : record.finish;
  return absl::StrCat(record.code, record.reason.empty() ? "" : " ", record.reason,
                      record.accepted ? " after it was accepted" : "");
}

std::string ToText(const std::string& name, const Samples& s, const std::string& unit) {
  return absl::StrFormat("%-14s p50 %.2f  p90 %.2f  p99 %.2f  max %.2f %s (%d)\n", name,
                         s.Percentile(50), s.Percentile(90), s.Percentile(99), s.max(), unit,
                         s.count());
}

nlohmann::json ToJson(const Samples& s) {
  return {{"count", s.count()},
          {"p50", s.Percentile(50)},
          {"p90", s.Percentile(90)},
          {"p99", s.Percentile(99)},
          {"max", s.max()}};
}

RetryReport MakeRetryReport(const std::vector<RetryOutcome>& retries, absl::Duration poll) {
  RetryReport report;
  report.probes = retries.size();
  size_t within = 0, within_polled = 0;
  for (const RetryOutcome& r : retries) {
    if (!r.admitted) {
      ++report.never_admitted;
      continue;
    }
    report.told.Add(r.told);
    report.admitted.Add(*r.admitted);
    report.ratio.Add(absl::Milliseconds(absl::FDivDuration(*r.admitted, r.told)));
    const bool not_too_early = *r.admitted >= r.told / 2;
    within += not_too_early && *r.admitted <= r.told * 2;
    within_polled += not_too_early && *r.admitted - poll <= r.told * 2;
  }
  const double probes = static_cast<double>(std::max<size_t>(1, retries.size()));
  report.within_two = within / probes;
  report.within_two_polled = within_polled / probes;
  return report;
}

// Adds one request; returns the tokens that count as goodput.
uint64_t Add(const RequestRecord& record, absl::Duration deadline, OverloadReport* report) {
  const absl::Duration late = record.sent - record.due(), total = record.end - record.due();
  report->late.Add(late);
  ++report->ends[EndOf(record)];
  report->accepted += record.accepted.has_value();
  switch (record.outcome) {
    case RequestOutcome::kRefused:
      ++report->refused;
      report->refusal.Add(record.end - record.due());
      return 0;
    case RequestOutcome::kCompleted:
      if (total > deadline) break;
      ++report->in_time;
      if (record.first_output()) report->first_token.Add(late + *record.first_output());
      report->total.Add(total);
      return record.output_tokens;
    case RequestOutcome::kDeadline:
      break;
    case RequestOutcome::kCancelled:
    case RequestOutcome::kFailed:
      ++report->failed;
      return 0;
  }
  ++report->too_late;
  return 0;
}

}  // namespace

OverloadReport MakeReport(const std::vector<RequestRecord>& records,
                          const std::vector<RetryOutcome>& retries, absl::Duration duration,
                          absl::Duration deadline, absl::Duration poll) {
  OverloadReport report;
  uint64_t tokens = 0, all_tokens = 0;
  for (const RequestRecord& record : records) {
    tokens += Add(record, deadline, &report);
    all_tokens += record.output_tokens;
  }
  const double seconds = absl::ToDoubleSeconds(duration);
  report.offered = records.size();
  report.offered_per_second = static_cast<double>(records.size()) / seconds;
  report.goodput = static_cast<double>(tokens) / seconds;
  report.tokens_per_second = static_cast<double>(all_tokens) / seconds;
  report.retries = MakeRetryReport(retries, poll);
  return report;
}

std::string ToText(const OverloadReport& r) {
  std::string text = absl::StrFormat(
      "offered %d (%.2f/s), accepted %d, refused %d, in time %d, too late %d, failed %d\n"
      "goodput %.1f tokens/s of %.1f\n",
      r.offered, r.offered_per_second, r.accepted, r.refused, r.in_time, r.too_late, r.failed,
      r.goodput, r.tokens_per_second);
  absl::StrAppend(&text, ToText("first token", r.first_token, "ms"), ToText("total", r.total, "ms"),
                  ToText("refusal", r.refusal, "ms"), ToText("sent late", r.late, "ms"));
  for (const auto& [end, count] : r.ends) absl::StrAppendFormat(&text, "  %6d %s\n", count, end);
  if (r.retries.probes == 0) return text;
  absl::StrAppendFormat(&text,
                        "retries: %d, %d never admitted; within a factor of two %.0f %%, with the "
                        "interval of polling %.0f %%; ratio p10 %.2f\n",
                        r.retries.probes, r.retries.never_admitted, r.retries.within_two * 100,
                        r.retries.within_two_polled * 100, r.retries.ratio.Percentile(10));
  absl::StrAppend(&text, ToText("  told", r.retries.told, "ms"),
                  ToText("  admitted", r.retries.admitted, "ms"),
                  ToText("  ratio", r.retries.ratio, ""));
  return text;
}

std::string ToJson(const OverloadReport& r) {
  const nlohmann::json json = {{"offered_per_second", r.offered_per_second},
                               {"offered", r.offered},
                               {"accepted", r.accepted},
                               {"refused", r.refused},
                               {"in_time", r.in_time},
                               {"too_late", r.too_late},
                               {"failed", r.failed},
                               {"goodput", r.goodput},
                               {"tokens_per_second", r.tokens_per_second},
                               {"refusal_ms", ToJson(r.refusal)},
                               {"first_token_ms", ToJson(r.first_token)},
                               {"total_ms", ToJson(r.total)},
                               {"late_ms", ToJson(r.late)},
                               {"ends", r.ends},
                               {"retries",
                                {{"probes", r.retries.probes},
                                 {"never_admitted", r.retries.never_admitted},
                                 {"told_ms", ToJson(r.retries.told)},
                                 {"admitted_ms", ToJson(r.retries.admitted)},
                                 {"ratio", ToJson(r.retries.ratio)},
                                 {"ratio_p10", r.retries.ratio.Percentile(10)},
                                 {"within_two", r.retries.within_two},
                                 {"within_two_polled", r.retries.within_two_polled}}}};
  return json.dump();
}

}  // namespace baton
