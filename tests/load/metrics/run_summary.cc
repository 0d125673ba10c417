#include "tests/load/metrics/run_summary.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace baton {
namespace {

std::string EndOf(const RequestRecord& record) {
  std::string end = record.code;
  if (record.code == "OK" && !record.finish.empty()) absl::StrAppend(&end, " ", record.finish);
  if (!record.reason.empty()) absl::StrAppend(&end, " ", record.reason);
  return end;
}

// The time from the first output to the last.
absl::Duration OutputSpan(const RequestRecord& record) {
  return absl::Microseconds(record.chunks.back().at_us - record.chunks.front().at_us);
}

void AddServerTimes(const RequestRecord& record, RunSummary* summary) {
  const ServerTimes& server = record.server;
  if (server.queued) summary->queued.Add(*server.queued);
  if (server.prefill) summary->prefill.Add(*server.prefill);
  if (server.decode) summary->decode.Add(*server.decode);
  if (server.first_token && record.first_output()) {
    summary->network.Add(*record.first_output() - *server.first_token);
  }
}

// `late`: what the latencies count from, before it was sent.
bool IsGood(const RequestRecord& record, const Objectives& objectives, absl::Duration late) {
  const auto met = [](absl::optional<absl::Duration> limit, absl::optional<absl::Duration> value) {
    return !limit || value.value_or(absl::ZeroDuration()) <= *limit;
  };
  if (record.chunks.empty()) return false;
  return met(objectives.ttft, late + *record.first_output()) &&
         met(objectives.tpot, TimePerOutputToken(record)) &&
         met(objectives.e2el, late + absl::Microseconds(record.chunks.back().at_us));
}

void AddCompleted(const RequestRecord& record, const Objectives& objectives, RunSummary* summary) {
  ++summary->completed;
  summary->input_tokens += record.prompt_tokens;
  summary->output_tokens += record.output_tokens;
  summary->cached_tokens += record.cached_tokens;
  summary->input_tokens_reported &= record.prompt_tokens_reported;
  summary->tokens_estimated |= record.chunk_tokens_estimated;
  const absl::Duration late = record.sent - record.due();
  if (objectives.any()) {
    summary->good += IsGood(record, objectives, late);
    summary->good_from_sending += IsGood(record, objectives, absl::ZeroDuration());
  }
  AddServerTimes(record, summary);
  if (record.chunks.empty()) return;
  const absl::Duration first = *record.first_output();
  const absl::Duration last = absl::Microseconds(record.chunks.back().at_us);
  summary->ttft.Add(first);
  summary->e2el.Add(last);
  summary->ttft_from_schedule.Add(late + first);
  summary->e2el_from_schedule.Add(late + last);
  if (const auto tpot = TimePerOutputToken(record)) summary->tpot.Add(*tpot);
  if (!record.thinned) AddGaps(record, &summary->gaps);
}

void Add(const RequestRecord& record, const Objectives& objectives, RunSummary* summary) {
  ++summary->ends[EndOf(record)];
  for (const OutputChunk& chunk : record.chunks) summary->all_output_tokens += chunk.tokens;
  if (!record.group.empty()) ++summary->groups[record.group];
  if (!record.numerics_class.empty()) ++summary->numerics_classes[record.numerics_class];
  if (record.retry_after) summary->retry_after.Add(*record.retry_after);
  switch (record.outcome) {
    case RequestOutcome::kCompleted:
      return AddCompleted(record, objectives, summary);
    case RequestOutcome::kCancelled:
      ++summary->cancelled;
      return;
    case RequestOutcome::kRefused:
      ++summary->refused;
      summary->refusal.Add(record.end - record.sent);
      return;
    case RequestOutcome::kDeadline:
      ++summary->deadline;
      return;
    case RequestOutcome::kFailed:
      ++summary->failed;
      return;
  }
}

// Unset where the two overlap, or leave too little: less than a fifth of the run.
absl::optional<RunSummary::Steady> SteadyWindow(const LoadRunResult& run) {
  absl::Time from = absl::InfiniteFuture(), to = absl::InfinitePast();
  for (const RequestRecord& record : run.records) {
    if (record.outcome == RequestOutcome::kCompleted) from = std::min(from, record.end);
    to = std::max(to, record.sent);
  }
  if (to - from < (run.end - run.start) / 5) return absl::nullopt;
  RunSummary::Steady steady;
  steady.from = from - run.start;
  steady.to = to - run.start;
  for (const RequestRecord& record : run.records) {
    const bool ended_within = record.end > from && record.end <= to;
    const bool completed = record.outcome == RequestOutcome::kCompleted;
    steady.requests += ended_within && completed;
    if (ended_within && completed) steady.all_tokens += record.prompt_tokens;
    for (size_t i = 0; i < record.chunks.size(); ++i) {
      const absl::Time at = record.chunk_time(i);
      if (at > from && at <= to) steady.output_tokens += record.chunks[i].tokens;
    }
  }
  const double seconds = absl::ToDoubleSeconds(to - from);
  steady.requests /= seconds;
  steady.output_tokens /= seconds;
  steady.all_tokens = steady.all_tokens / seconds + steady.output_tokens;
  return steady;
}

}  // namespace

absl::optional<absl::Duration> TimePerOutputToken(const RequestRecord& record) {
  if (record.output_tokens < 2 || record.chunks.empty()) return absl::nullopt;
  return OutputSpan(record) / (record.output_tokens - 1);
}

RunSummary Summarise(const LoadRunResult& run, const Objectives& objectives, size_t cap) {
  RunSummary summary;
  for (Samples* samples :
       {&summary.ttft, &summary.ttft_from_schedule, &summary.e2el, &summary.e2el_from_schedule,
        &summary.tpot, &summary.gaps.itl, &summary.gaps.ict, &summary.queued, &summary.prefill,
        &summary.decode, &summary.network, &summary.refusal, &summary.retry_after}) {
    *samples = Samples(cap);
  }
  summary.duration = run.end - run.start;
  for (const RequestRecord& record : run.records) Add(record, objectives, &summary);
  summary.gaps.ict.AddAll(run.thinned_gaps.ict);
  summary.gaps.itl.AddAll(run.thinned_gaps.itl);
  summary.timeline = MakeTimeline(run.records, run.start, run.end);
  summary.steady = SteadyWindow(run);
  return summary;
}

}  // namespace baton
