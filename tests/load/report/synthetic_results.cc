#include "tests/load/report/synthetic_results.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/load/report/run_arrays.h"

namespace baton {
namespace {

using nlohmann::json;

constexpr int kOutputTokens = 64;

class Draw {
 public:
  explicit Draw(uint64_t seed) : engine_(seed) {}

  double Uniform() { return (static_cast<double>(engine_() >> 11) + 0.5) * std::ldexp(1.0, -53); }
  double Exponential() { return -std::log(Uniform()); }
  // Log-normal with median 1; now and then a spike.
  double Latency(double sigma) {
    const double normal = std::sqrt(2 * Exponential()) * std::cos(2 * M_PI * Uniform());
    return std::exp(sigma * normal) * (Uniform() < 0.01 ? 8 : 1);
  }

 private:
  std::mt19937_64 engine_;
};

struct Columns {
  std::vector<double> due_s, ttft_ms, tpot_ms, itl_ms, e2el_ms;
  std::vector<std::string> outcomes;
};

Columns DrawColumns(const SyntheticRun& run) {
  Draw draw(run.seed);
  Columns c;
  double due = 0;
  for (size_t i = 0; i < run.requests; ++i) {
    due += draw.Exponential() / run.rate;
    c.due_s.push_back(due);
    c.ttft_ms.push_back(120 * run.slowness * draw.Latency(0.5));
    c.tpot_ms.push_back(22 * run.slowness * draw.Latency(0.15));
    c.itl_ms.push_back(20 * run.slowness * draw.Latency(0.4));
    c.e2el_ms.push_back(c.ttft_ms.back() + c.tpot_ms.back() * (kOutputTokens - 1));
    const double fate = draw.Uniform();
    c.outcomes.push_back(fate < 0.02 ? "failed" : fate < 0.06 ? "refused" : "completed");
  }
  return c;
}

json MetricJson(const std::vector<double>& values) {
  json percentiles = json::object();
  for (const CdfPoint& point : MakeCdf(values)) {
    percentiles[absl::StrCat(point.percent)] = point.value;
  }
  const double n = static_cast<double>(std::max<size_t>(values.size(), 1));
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  return {
      {"count", values.size()}, {"mean", mean}, {"std", mean / 2}, {"percentiles", percentiles}};
}

json TimelineJson(const Columns& c, double duration_s) {
  std::vector<double> tokens(static_cast<size_t>(duration_s) + 1), running(tokens.size());
  for (size_t i = 0; i < c.due_s.size(); ++i) {
    const auto first = static_cast<size_t>(c.due_s[i]);
    const auto last = static_cast<size_t>(c.due_s[i] + c.e2el_ms[i] / 1000);
    for (size_t s = first; s <= last; ++s) {
      ++running[s];
      tokens[s] += kOutputTokens / static_cast<double>(last - first + 1);
    }
  }
  return {{"interval_s", 1.0}, {"output_tokens", tokens}, {"running", running}};
}

size_t Count(const Columns& c, const std::string& outcome) {
  return static_cast<size_t>(std::count(c.outcomes.begin(), c.outcomes.end(), outcome));
}

json BatonJson(const SyntheticRun& run, const Columns& c, double duration_s) {
  const size_t completed = Count(c, "completed");
  json baton = {
      {"schema", 1},
      {"tool", "baton bench 0.1.0"},
      {"mode", run.concurrency > 0 ? "closed loop" : "open loop"},
      {"valid", true},
      {"invalid", json::array()},
      {"partial", false},
      {"command", absl::StrCat("baton bench --address localhost:8000 --workload random --seed ",
                               run.seed, " --num-prompts ", run.requests)},
      {"machine", "Example CPU @ 2.50GHz, 2 CPUs"},
      {"started", absl::StrCat("2026-11-28T12:", 10 + run.seed % 50, ":00Z")},
      {"server", {{"address", "localhost:8000"}, {"backend", "baton"}, {"model", "tiny"}}},
      {"workload", {{"name", "random"}, {"input_len", 128}, {"output_len", kOutputTokens}}},
      {"outcomes",
       {{"completed", completed},
        {"cancelled", 0},
        {"refused", Count(c, "refused")},
        {"deadline", 0},
        {"failed", Count(c, "failed")}}},
      {"ends",
       {{"OK length", completed},
        {"RESOURCE_EXHAUSTED queue_full", Count(c, "refused")},
        {"UNAVAILABLE", Count(c, "failed")}}},
      {"steady", {{"output_throughput", 0.98 * kOutputTokens * run.rate}}},
      {"objectives", {{"ttft", 200}, {"tpot", 50}}},
      {"lag_ms", {{"p50", 0.1}, {"p99", 0.7}, {"max", 2}}},
      {"probe_ms", {{"p50", 0.1}, {"p99", 0.4}, {"max", 3}}},
      {"cpu", {{"cores_used", 0.4}, {"runqueue_share", 0.01}}},
      {"metrics",
       {{"ttft_ms", MetricJson(c.ttft_ms)},
        {"tpot_ms", MetricJson(c.tpot_ms)},
        {"itl_ms", MetricJson(c.itl_ms)},
        {"e2el_ms", MetricJson(c.e2el_ms)}}},
      {"timeline", TimelineJson(c, duration_s)},
      {"requests",
       {{"due_s", c.due_s},
        {"ttft_ms", c.ttft_ms},
        {"e2el_ms", c.e2el_ms},
        {"outcome", c.outcomes}}}};
  if (run.concurrency > 0) {
    baton["sweep"] = {{"variable", "max_concurrency"}, {"value", run.concurrency}};
  }
  return baton;
}

}  // namespace

NamedResult MakeSyntheticResult(const SyntheticRun& run) {
  const Columns c = DrawColumns(run);
  double duration_s = 1;
  for (size_t i = 0; i < c.due_s.size(); ++i) {
    duration_s = std::max(duration_s, c.due_s[i] + c.e2el_ms[i] / 1000);
  }
  const auto completed = static_cast<double>(Count(c, "completed"));
  json result = {{"label", run.label.empty() ? json() : json(run.label)},
                 {"num_prompts", run.requests},
                 {"completed", completed},
                 {"failed", run.requests - Count(c, "completed")},
                 {"duration", duration_s},
                 {"total_input_tokens", 128 * completed},
                 {"total_output_tokens", kOutputTokens * completed},
                 {"request_throughput", completed / duration_s},
                 {"request_goodput", 0.9 * completed / duration_s},
                 {"output_throughput", kOutputTokens * completed / duration_s},
                 {"total_token_throughput", (128 + kOutputTokens) * completed / duration_s},
                 {"baton", BatonJson(run, c, duration_s)}};
  if (run.concurrency > 0) result["max_concurrency"] = run.concurrency;
  if (run.concurrency == 0) result["request_rate"] = run.rate;
  return {run.name, std::move(result)};
}

std::vector<NamedResult> ThreeSyntheticRuns() {
  std::vector<NamedResult> results;
  for (uint64_t i = 0; i < 3; ++i) {
    SyntheticRun run;
    run.name = absl::StrCat(i == 0   ? "before"
                            : i == 1 ? "after"
                                     : "after, with a longer name",
                            "-8.0qps-tiny-20261128");
    run.label = run.name;
    run.seed = i + 1;
    run.requests = 900;
    run.slowness = 1 - 0.2 * static_cast<double>(i);
    results.push_back(MakeSyntheticResult(run));
  }
  results[1].json["baton"]["valid"] = false;
  results[1].json["baton"]["invalid"] = {
      "requests were sent 12 ms late (p99); at most 5 are allowed",
      "the tool waited for a CPU 8% of the time"};
  results[2].json["baton"]["partial"] = true;
  return results;
}

std::vector<NamedResult> SyntheticSweep() {
  std::vector<NamedResult> results;
  const char* const servers[] = {"baton", "vllm", "llama.cpp"};
  for (uint64_t server = 0; server < 3; ++server) {
    for (const size_t concurrency : {1, 8, 32}) {
      SyntheticRun run;
      run.label = servers[server];
      run.name = absl::StrCat(run.label, " c=", concurrency);
      run.seed = 10 * server + concurrency;
      run.concurrency = concurrency;
      run.slowness = (1 + 0.3 * static_cast<double>(server)) *
                     (1 + std::pow(static_cast<double>(concurrency), 1.2) / 40);
      run.rate = static_cast<double>(concurrency) / (1.5 * run.slowness);
      results.push_back(MakeSyntheticResult(run));
    }
  }
  return results;
}

}  // namespace baton
