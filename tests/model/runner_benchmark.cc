// How fast one ModelRunner (tp 1) is: prefill of one prompt of 128 and of 512 tokens, and 1, 8 and
// 32 sequences of 128 tokens in and 128 out, greedy. Tokens a second, medians.
//
//   bazel run //tests/model:runner_benchmark -- [--model=FILE] [--threads=2] [--repeat=5]
//                                               [--profile=true]
//
// Decoding is measured from the first token after the prompt to the last, positions 128 to 255,
// with two steps in flight: the next plan does not wait for the last one's result, as the engine's
// does not. --profile adds where the time goes, by operation, in a run of its own.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "kernels/cpu/cpu_device.h"
#include "kernels/cpu/cpu_ops.h"
#include "tests/model/machine.h"
#include "tests/model/schedule.h"
#include "tests/model/test_group.h"
#include "tests/model/timed_ops.h"
#include "worker/comm/single_communicator.h"
#include "worker/model/gguf_file.h"
#include "worker/model/model_config.h"
#include "worker/runner/model_runner.h"

namespace baton {
namespace {

constexpr uint32_t kPrompt = 128, kOutput = 128, kStepTokens = 512;

struct Flags {
  std::string model = RealModelPath();
  int threads = 2;
  int repeat = 5;
  bool profile = false;
};

[[noreturn]] void Die(const std::string& message) {
  std::fprintf(stderr, "runner_benchmark: %s\n", message.c_str());
  std::exit(2);
}

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (!value.ok()) Die(value.status().ToString());
  return *std::move(value);
}

Flags ParseFlags(int argc, char** argv) {
  Flags flags;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    const size_t equals = arg.find('=');
    const std::string name = arg.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : arg.substr(equals + 1);
    bool ok = true;
    if (name == "--model") {
      flags.model = value;
    } else if (name == "--threads") {
      ok = absl::SimpleAtoi(value, &flags.threads) && flags.threads >= 1;
    } else if (name == "--repeat") {
      ok = absl::SimpleAtoi(value, &flags.repeat) && flags.repeat >= 1;
    } else if (name == "--profile") {
      flags.profile = value != "false";
    } else {
      ok = false;
    }
    if (!ok) Die("cannot make sense of " + arg);
  }
  if (flags.model.empty()) Die("the model is not here: scripts/fetch_model.sh brings it");
  return flags;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  return (values[n / 2] + values[(n - 1) / 2]) / 2;
}

class Benchmark {
 public:
  Benchmark(const Flags& flags, OpTimes* times)
      : file_(OrDie(GgufFile::Open(flags.model))), config_(OrDie(ModelConfigFromGguf(*file_))) {
    RunnerOptions options;
    options.num_blocks = 32 * (kPrompt + kOutput) / 16;
    options.max_step_tokens = kStepTokens;
    std::unique_ptr<Ops> ops = std::make_unique<CpuOps>(flags.threads);
    if (times != nullptr) ops = MakeTimedOps(std::move(ops), times);
    runner_ = OrDie(ModelRunner::Create(*file_, config_, options, std::make_unique<CpuDevice>(),
                                        std::move(ops), [](int64_t, int64_t) {}));
    auto communicators = std::make_shared<GroupCommunicators>();
    for (auto* c : {&communicators->all, &communicators->tp, &communicators->pp})
      *c = std::make_unique<SingleCommunicator>();
    runner_->StartEpoch(communicators, options.num_blocks);
  }

  // Tokens a second of one prompt.
  double Prefill(uint32_t tokens) {
    const Plan start = StartPlan(1, tokens, tokens).plan;
    PlanBuilder work;
    work.Work(0, 0, tokens, {tokens - 1}, /*sample_last=*/true);
    Run({start});
    const double seconds = Run({work.plan});
    Run({PlanBuilder().End(0).plan});
    return tokens / seconds;
  }

  // Tokens a second of `sequences` prompts together, and of decoding them. Calls `between` in
  // between.
  std::pair<double, double> Generate(
      uint32_t sequences, const std::function<void()>& between = [] {}) {
    Run({StartPlan(sequences, kPrompt, kPrompt + kOutput).plan});
    std::vector<Plan> prefill, decode;
    for (uint32_t s = 0; s < sequences; s += kStepTokens / kPrompt) {
      PlanBuilder step;
      for (uint32_t i = s; i < std::min(sequences, s + kStepTokens / kPrompt); ++i)
        step.Work(i, 0, kPrompt, {kPrompt - 1}, true);
      prefill.push_back(step.plan);
    }
    PlanBuilder end;
    for (uint32_t position = kPrompt; position < kPrompt + kOutput; ++position) {
      PlanBuilder step;
      for (uint32_t s = 0; s < sequences; ++s) step.Work(s, position, 1, {position}, true);
      decode.push_back(step.plan);
    }
    for (uint32_t s = 0; s < sequences; ++s) end.End(s);
    const double prefill_seconds = Run(prefill);
    between();
    const double decode_seconds = Run(decode);
    Run({end.plan});
    return {sequences * kPrompt / prefill_seconds, sequences * kOutput / decode_seconds};
  }

 private:
  PlanBuilder StartPlan(uint32_t sequences, uint32_t tokens, uint32_t capacity) {
    Random random(1);
    PlanBuilder plan;
    for (uint32_t s = 0; s < sequences; ++s) {
      plan.Start(s, RandomTokens(random, tokens, config_.vocab_size),
                 static_cast<int32_t>(s * capacity / 16), capacity);
    }
    return plan;
  }

  // Seconds for all the plans, two in flight.
  double Run(const std::vector<Plan>& plans) {
    const auto start = std::chrono::steady_clock::now();
    std::vector<ModelRunner::Ticket> tickets;
    for (size_t i = 0; i < plans.size() + 1; ++i) {
      if (i < plans.size()) tickets.push_back(OrDie(runner_->Launch(plans[i])));
      if (i > 0) OrDie(runner_->Wait(tickets[i - 1]));
    }
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  std::unique_ptr<GgufFile> file_;
  ModelConfig config_;
  std::unique_ptr<ModelRunner> runner_;
};

// Keys are what compare_llama.py looks for.
void Measure(const Flags& flags) {
  Benchmark benchmark(flags, nullptr);
  benchmark.Generate(1);  // brings everything into memory
  std::vector<std::pair<std::string, std::vector<double>>> results;
  const auto add = [&](const std::string& key, double value) {
    auto it = std::find_if(results.begin(), results.end(), [&](auto& r) { return r.first == key; });
    if (it == results.end()) it = results.insert(it, {key, {}});
    it->second.push_back(value);
  };
  for (int i = 0; i < flags.repeat; ++i) {
    for (uint32_t tokens : {128u, 512u})
      add(absl::StrFormat("prefill of 1 x %d", tokens), benchmark.Prefill(tokens));
    for (uint32_t sequences : {1u, 8u, 32u}) {
      const auto [prefill, decode] = benchmark.Generate(sequences);
      if (sequences > 1) add(absl::StrFormat("prefill of %d x 128", sequences), prefill);
      add(absl::StrFormat("decode of %d", sequences), decode);
    }
  }
  std::printf("%-20s %10s %10s %10s   tokens/s\n", "", "median", "least", "most");
  for (const auto& [key, values] : results) {
    std::printf("%-20s %10.1f %10.1f %10.1f\n", key.c_str(), Median(values),
                *std::min_element(values.begin(), values.end()),
                *std::max_element(values.begin(), values.end()));
  }
}

// Milliseconds of a step by operation.
void PrintTimes(const std::string& title, const OpTimes& times, double wall_seconds, int steps) {
  std::vector<std::pair<int64_t, std::string>> sorted;
  int64_t sum = 0;
  for (const auto& [name, ns] : times) sorted.push_back({ns, name}), sum += ns;
  std::sort(sorted.rbegin(), sorted.rend());
  const double wall_ms = wall_seconds * 1e3 / steps;
  std::printf("\n%s: %.3f ms a step\n", title.c_str(), wall_ms);
  sorted.push_back({static_cast<int64_t>(wall_seconds * 1e9) - sum, "everything else"});
  for (const auto& [ns, name] : sorted) {
    const double ms = static_cast<double>(ns) * 1e-6 / steps;
    std::printf("  %-24s %9.3f ms %5.1f %%\n", name.c_str(), ms, 100 * ms / wall_ms);
  }
}

void Profile(const Flags& flags) {
  OpTimes times;
  Benchmark benchmark(flags, &times);
  benchmark.Generate(1);
  for (uint32_t tokens : {128u, 512u}) {
    times.clear();
    const double rate = benchmark.Prefill(tokens);
    PrintTimes(absl::StrFormat("prefill of 1 x %d", tokens), times, tokens / rate, 1);
  }
  for (uint32_t sequences : {1u, 8u, 32u}) {
    const double decode = benchmark.Generate(sequences, [&] { times.clear(); }).second;
    PrintTimes(absl::StrFormat("decode of %d", sequences), times, sequences * kOutput / decode,
               kOutput);
  }
}

}  // namespace
}  // namespace baton

int main(int argc, char** argv) {
  const baton::Flags flags = baton::ParseFlags(argc, argv);
  const baton::MachinePeaks peaks = baton::MeasurePeaks(flags.threads);
  std::printf("%s; %d threads; kernels %s\n", baton::CpuModel().c_str(), flags.threads,
              baton::BestKernels().name);
  std::printf("int8 peak %.2f TOPS a thread, %.2f in all; reading %.1f GB/s\n\n",
              peaks.int8_one_thread * 1e-12, peaks.int8_all * 1e-12, peaks.read_bandwidth * 1e-9);
  baton::Measure(flags);
  if (flags.profile) baton::Profile(flags);
  return 0;
}
