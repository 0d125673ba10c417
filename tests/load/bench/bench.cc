#include "tests/load/bench/bench.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "client/client.h"
#include "common/status_macros.h"
#include "tests/load/bench/answer_check.h"
#include "tests/load/bench/describe_workload.h"
#include "tests/load/bench/golden_answers.h"
#include "tests/load/bench/load_search.h"
#include "tests/load/bench/make_backend.h"
#include "tests/load/bench/objectives_flag.h"
#include "tests/load/bench/progress_line.h"
#include "tests/load/bench/run_point.h"
#include "tests/load/bench/save_report.h"
#include "tests/load/report/html_report.h"
#include "tests/load/report/result_json.h"
#include "tests/load/report/result_table.h"
#include "tests/load/request/fnv1a.h"
#include "tests/load/workload/request_digest.h"

namespace baton {
namespace {

absl::Status CheckSweep(const BenchOptions& options, const Objectives& objectives) {
  const SweepOptions& sweep = options.sweep;
  const int kinds =
      !sweep.request_rates.empty() + !sweep.max_concurrencies.empty() + !sweep.search.empty();
  if (kinds > 1) {
    return absl::InvalidArgumentError(
        "--sweep-request-rate, --sweep-max-concurrency and --search-…: only one of them");
  }
  const VerifyOptions& verify = options.verify;
  if (kinds > 0 &&
      (verify.determinism || !verify.continuation.empty() || !verify.save_golden.empty())) {
    return absl::InvalidArgumentError(
        "--verify-determinism, --verify-continuation and --save-golden are of one run: no sweep");
  }
  if (sweep.search.empty()) return absl::OkStatus();
  if (!objectives.any()) {
    return absl::InvalidArgumentError(
        "--search-request-rate, --search-max-concurrency: need --goodput, the objectives that the "
        "load must meet");
  }
  if (sweep.search == "request_rate" && !std::isinf(options.schedule.request_rate)) {
    return absl::InvalidArgumentError("--request-rate: is what --search-request-rate looks for");
  }
  const bool whole = sweep.low == std::floor(sweep.low) && sweep.high == std::floor(sweep.high);
  if (!(sweep.low > 0 && sweep.high > sweep.low) || (sweep.search != "request_rate" && !whole)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--search-request-rate, --search-max-concurrency: ", sweep.low, ":", sweep.high,
        " is no range; expected LOW:HIGH, 0 < LOW < HIGH, whole for a concurrency"));
  }
  return absl::OkStatus();
}

// Answers can be compared only where the same was asked, and nothing but the server decides on
// them.
absl::Status CheckVerify(const BenchOptions& options) {
  const VerifyOptions& verify = options.verify;
  if (!verify.determinism && verify.continuation.empty() && verify.save_golden.empty()) {
    return absl::OkStatus();
  }
  const WorkloadOptions& workload = options.workload;
  const std::string what =
      "answers can not be compared (--verify-determinism, "
      "--verify-continuation, --save-golden) with ";
  if (IsMultiTurn(workload)) {
    return absl::InvalidArgumentError(
        what + "--dataset-name multi_turn, whose messages depend on the answers before");
  }
  if (workload.cancel_fraction > 0 || !workload.deadline.empty()) {
    return absl::InvalidArgumentError(what + "--cancel-fraction or --deadline-ms, which cut them");
  }
  const LoadSampling& sampling = workload.sampling;
  const bool greedy =
      sampling.temperature ? *sampling.temperature == 0 : options.target.backend == "baton";
  if (!greedy && !sampling.seed) {
    return absl::InvalidArgumentError(
        what + "answers drawn at random: use --temperature 0 or --sampling-seed");
  }
  return absl::OkStatus();
}

// Any gRPC server is told only what the template of its requests has a place for.
absl::Status CheckTemplate(const BenchOptions& options) {
  if (options.target.backend != "grpc") return absl::OkStatus();
  const LoadSampling& sampling = options.workload.sampling;
  const std::tuple<bool, const char*, const char*> uses[] = {
      {sampling.temperature.has_value(), "--temperature", "{temperature}"},
      {sampling.top_p.has_value(), "--top-p", "{top_p}"},
      {sampling.top_k.has_value(), "--top-k", "{top_k}"},
      {sampling.seed.has_value(), "--sampling-seed", "{seed}"},
      {options.workload.ignore_eos.has_value(), "--ignore-eos", "{ignore_eos}"}};
  for (const auto& [given, flag, placeholder] : uses) {
    if (given && !absl::StrContains(options.target.request_json, placeholder)) {
      return absl::InvalidArgumentError(
          absl::StrCat(flag, ": --request-json has no ", placeholder));
    }
  }
  return absl::OkStatus();
}

// A file that is not there is a wrong option; only a server says that it has no such model.
absl::Status AsWrongOption(const absl::Status& status) {
  if (!absl::IsNotFound(status)) return status;
  return absl::InvalidArgumentError(status.message());
}

// With Baton, the server counts the tokens of texts; others are estimated. It connects with the
// first text: most workloads have none to count.
TokenCounter MakeTokenCounter(const TargetOptions& target, const std::string& model) {
  if (target.backend != "baton") return EstimatingCounter();
  return [target, model, client = std::shared_ptr<Client>()](
             const std::string& text) mutable -> absl::StatusOr<uint32_t> {
    if (client == nullptr) {
      ASSIGN_OR_RETURN(client, Client::Connect(target.server, target.ready_timeout));
    }
    v1::TokenizeRequest request;
    request.set_model(model);
    request.set_text(text);
    const auto response = client->Tokenize(request);
    if (response.ok()) return static_cast<uint32_t>(response->token_ids_size());
    return absl::Status(response.status().code(),
                        absl::StrCat("counting a text's tokens at ", client->address(), ": ",
                                     absl::StatusCodeToString(response.status().code()), " ",
                                     response.status().message()));
  };
}

class Bench {
 public:
  Bench(const BenchOptions& options, const std::atomic<bool>* stop, std::function<void()> connected,
        std::ostream& out, std::ostream& err)
      : options_(options), connected_(std::move(connected)), out_(out), err_(err) {
    context_.options = &options_;
    context_.stop = stop;
  }

  absl::StatusOr<BenchEnd> Run() {
    RETURN_IF_ERROR(Prepare());
    const absl::Status status = MeasureAll();
    RETURN_IF_ERROR(WriteHtml());  // what there is, even if a later point could not be run
    RETURN_IF_ERROR(status);
    return end_;
  }

 private:
  absl::Status MeasureAll() {
    const SweepOptions& sweep = options_.sweep;
    if (!sweep.search.empty()) return Search();
    if (sweep.request_rates.empty() && sweep.max_concurrencies.empty()) return Single();
    for (const double rate : sweep.request_rates) RETURN_IF_ERROR(SweepPoint(rate, true));
    for (const size_t n : sweep.max_concurrencies) {
      RETURN_IF_ERROR(SweepPoint(static_cast<double>(n), false));
    }
    return absl::OkStatus();
  }

  absl::Status Prepare() {
    ASSIGN_OR_RETURN(context_.objectives, ParseObjectives(options_.output.goodput));
    RETURN_IF_ERROR(CheckSchedule(options_.schedule));
    RETURN_IF_ERROR(CheckSweep(options_, context_.objectives));
    RETURN_IF_ERROR(CheckVerify(options_));
    RETURN_IF_ERROR(CheckTemplate(options_));
    RETURN_IF_ERROR(CheckOutput(options_.output));
    RETURN_IF_ERROR(CheckWritable("--save-golden", options_.verify.save_golden));
    if (!options_.verify.continuation.empty()) {
      auto golden = ReadGoldenAnswers(options_.verify.continuation);
      if (!golden.ok()) return AsWrongOption(golden.status());
      golden_ = *std::move(golden);
    }
    const bool keep_text = options_.output.save_detailed ||
                           !options_.output.request_lines.empty() || IsMultiTurn(options_.workload);
    ASSIGN_OR_RETURN(backend_, MakeBackend(options_.target, keep_text));
    context_.backend = backend_.get();
    ASSIGN_OR_RETURN(context_.server, backend_->Connect(options_.target.ready_timeout));
    if (connected_) connected_();
    context_.count_tokens = MakeTokenCounter(options_.target, context_.server.model);
    FitWorkload();
    return absl::OkStatus();
  }

  // What the server takes, where nothing else was asked for.
  void FitWorkload() {
    WorkloadOptions& workload = options_.workload;
    const TargetOptions& target = options_.target;
    context_.takes_ids = target.backend == "baton" || target.backend == "openai" ||
                         absl::StrContains(target.request_json, "{prompt_ids}");
    if (workload.prompt_kind.empty() && !context_.takes_ids && !IsMultiTurn(workload)) {
      workload.prompt_kind = "text";
    }
    // Special tokens are at either end of a vocabulary.
    const uint32_t vocabulary = context_.server.vocab_size;
    if (vocabulary >= 1000 && !options_.token_ids_given) {
      workload.first_id = vocabulary / 10;
      workload.last_id = vocabulary - vocabulary / 10;
    }
  }

  absl::StatusOr<std::unique_ptr<Workload>> MakeWorkloadOf(uint64_t point) {
    auto workload = MakePointWorkload(context_, point);
    if (!workload.ok()) return AsWrongOption(workload.status());
    return workload;
  }

  // Nothing more is to be measured: somebody said so, or the server is gone.
  bool stopped() const { return context_.stop->load() || gave_up_; }

  absl::StatusOr<RunReport> Measure(const Workload& workload, const ScheduleOptions& schedule,
                                    uint64_t point, const std::string& what) {
    std::unique_ptr<ProgressLine> line;
    if (options_.output.progress) {
      line = std::make_unique<ProgressLine>(&err_);
      context_.progress = [&](const LoadProgress& progress, size_t planned) {
        line->Show(what + ProgressText(progress, planned));
      };
    }
    auto report = RunPoint(context_, workload, schedule, point);
    context_.progress = nullptr;
    gave_up_ = gave_up_ || (report.ok() && report->run.gave_up);
    return report;
  }

  // Shows and keeps what was measured.
  absl::Status Keep(const RunReport& report) {
    out_ << ResultTable(report) << std::flush;
    const absl::Time ended = absl::Now();
    const nlohmann::ordered_json result = ResultJson(report, ended);
    ASSIGN_OR_RETURN(const std::string path, SaveReport(options_.output, report, result, ended));
    if (!path.empty()) out_ << "saved: " << path << "\n";
    results_.push_back({PointName(report), result});
    end_.interrupted |= context_.stop->load();
    const RunSummary& summary = report.summary;
    if (summary.completed == 0 && summary.cancelled < summary.total()) {
      err_ << "baton bench: no request completed\n";
      end_.failed = true;
    }
    end_.failed |= summary.failed > 0 || summary.total() == 0;
    TellFailures(report);
    return absl::OkStatus();
  }

  static std::string PointName(const RunReport& report) {
    std::string name =
        report.settings.label.empty() ? report.settings.backend : report.settings.label;
    if (!report.settings.sweep_variable.empty()) {
      absl::StrAppend(&name, " ", report.settings.sweep_variable, " ", report.settings.sweep_value);
    }
    return name;
  }

  // The first message of each kind of failure: a clear line each.
  void TellFailures(const RunReport& report) {
    std::map<std::string, std::string> first;
    for (const RequestRecord& record : report.run.records) {
      if (record.outcome == RequestOutcome::kFailed || record.outcome == RequestOutcome::kRefused) {
        first.emplace(record.code, record.message);
      }
    }
    if (first.empty()) return;
    const RunSummary& summary = report.summary;
    err_ << "baton bench: " << summary.failed << " of " << summary.total() << " requests failed";
    if (summary.refused > 0) err_ << ", " << summary.refused << " were refused";
    err_ << "\n";
    for (const auto& [code, message] : first) err_ << "  " << code << ": " << message << "\n";
  }

  absl::Status Single() {
    ASSIGN_OR_RETURN(const auto workload, MakeWorkloadOf(0));
    RETURN_IF_ERROR(CheckGolden(*workload));
    KnownAnswers alone;
    if (options_.verify.determinism) {
      ScheduleOptions one;
      one.max_concurrency = 1;
      ASSIGN_OR_RETURN(const RunReport report, Measure(*workload, one, 0, "one by one: "));
      alone = AnswersOf(report.run.records);
      if (stopped()) return Keep(report);
    }
    ASSIGN_OR_RETURN(const RunReport report, Measure(*workload, options_.schedule, 0, ""));
    RETURN_IF_ERROR(Keep(report));
    if (options_.verify.determinism) {
      const AnswerComparison comparison = CompareAnswers(alone, report.run.records);
      out_ << "determinism: " << ToText(comparison) << "\n";
      end_.failed |= !comparison.all_equal();
    }
    if (golden_) {
      const AnswerComparison comparison = CompareAnswers(golden_->answers, report.run.records);
      out_ << "continuation: " << ToText(comparison) << "\n";
      // Another arithmetic is no continuation either.
      end_.failed |= !comparison.all_equal() || !comparison.other_class.empty();
    }
    if (options_.verify.save_golden.empty()) return absl::OkStatus();
    return WriteGoldenAnswers(
        options_.verify.save_golden,
        {report.server.model, AskedDigest(*workload), AnswersOf(report.run.records)});
  }

  // Of the prompts, and of how they are to be answered.
  uint64_t AskedDigest(const Workload& workload) const {
    Fnv1a digest;
    digest.AddInteger(WorkloadDigest(workload), 8);
    digest.Add(DescribeSampling(options_.workload).dump());
    return digest.digest();
  }

  absl::Status CheckGolden(const Workload& workload) const {
    if (!golden_) return absl::OkStatus();
    const std::string file = absl::StrCat("--verify-continuation: ", options_.verify.continuation);
    if (golden_->model != context_.server.model) {
      return absl::InvalidArgumentError(absl::StrCat(file, ": holds the answers of the model \"",
                                                     golden_->model, "\", and the server has \"",
                                                     context_.server.model, "\""));
    }
    if (golden_->prompts_digest == AskedDigest(workload)) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(file, ": holds the answers to other prompts; use the same workload options"));
  }

  // A run at `value`; whether enough requests met the objectives.
  absl::StatusOr<bool> RunAt(double value, bool is_rate) {
    ScheduleOptions schedule = options_.schedule;
    if (is_rate) {
      schedule.request_rate = value;
    } else {
      schedule.max_concurrency = static_cast<size_t>(value);
    }
    RETURN_IF_ERROR(CheckSchedule(schedule));
    const uint64_t point = point_++;
    ASSIGN_OR_RETURN(const auto workload, MakeWorkloadOf(point));
    const char* variable = is_rate ? "request_rate" : "max_concurrency";
    ASSIGN_OR_RETURN(RunReport report,
                     Measure(*workload, schedule, point, absl::StrCat(variable, " ", value, ": ")));
    report.settings.sweep_variable = variable;
    report.settings.sweep_value = value;
    out_ << variable << " " << value << "\n";
    RETURN_IF_ERROR(Keep(report));
    const RunSummary& summary = report.summary;
    const uint64_t asked = summary.total() - summary.cancelled;
    // What the tool could not measure, it can not say of the server.
    return report.invalid.empty() && asked > 0 &&
           static_cast<double>(summary.good) >=
               options_.sweep.objective_share * static_cast<double>(asked);
  }

  absl::Status SweepPoint(double value, bool is_rate) {
    if (stopped()) return absl::OkStatus();
    return RunAt(value, is_rate).status();
  }

  absl::Status Search() {
    const SweepOptions& sweep = options_.sweep;
    const bool is_rate = sweep.search == "request_rate";
    LoadSearch search(sweep.low, sweep.high, sweep.precision, /*whole=*/!is_rate);
    while (const auto value = search.Next()) {
      if (stopped()) return absl::OkStatus();
      ASSIGN_OR_RETURN(const bool met, RunAt(*value, is_rate));
      if (stopped()) return absl::OkStatus();
      out_ << sweep.search << " " << *value
           << (met ? ": meets the objectives\n\n"
                   : ": misses the objectives, or is no valid measurement\n\n");
      search.Tell(met);
    }
    if (!search.best()) {
      out_ << "not even " << sweep.search << " " << sweep.low << " meets the objectives\n";
    } else {
      out_ << "highest " << sweep.search << " that meets the objectives: " << *search.best()
           << (search.is_beyond() ? " (the end of the range)" : "") << "\n";
    }
    return absl::OkStatus();
  }

  absl::Status WriteHtml() {
    const std::string& path = options_.output.html;
    if (path.empty() || results_.empty()) return absl::OkStatus();
    std::ofstream file(path);
    file << HtmlReport(results_);
    file.close();
    if (!file) return absl::DataLossError(absl::StrCat("--html: ", path, ": can not be written"));
    out_ << "report: " << path << "\n";
    return absl::OkStatus();
  }

  BenchOptions options_;
  const std::function<void()> connected_;
  std::ostream& out_;
  std::ostream& err_;
  BenchContext context_;
  std::unique_ptr<Backend> backend_;
  absl::optional<GoldenAnswers> golden_;
  std::vector<NamedResult> results_;
  uint64_t point_ = 0;
  bool gave_up_ = false;
  BenchEnd end_;
};

}  // namespace

absl::StatusOr<BenchEnd> RunBench(const BenchOptions& options, const std::atomic<bool>* stop,
                                  std::function<void()> connected, std::ostream& out,
                                  std::ostream& err) {
  return Bench(options, stop, std::move(connected), out, err).Run();
}

}  // namespace baton
