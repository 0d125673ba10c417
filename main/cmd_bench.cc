#include "main/cmd_bench.h"

#include <unistd.h>

#include <atomic>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "main/bench_flags.h"
#include "main/compare_flags.h"
#include "main/exit_code.h"
#include "main/interrupts.h"
#include "tests/load/bench/bench.h"
#include "tests/load/compare/compare_command.h"
#include "tests/load/report/html_report_command.h"

namespace baton {
namespace {

// As it can be typed again.
std::string QuoteWord(const std::string& word) {
  const bool plain = !word.empty() && word.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_-./:=,@%+") == std::string::npos;
  if (plain) return word;
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

// Headers hold keys, and reports are shown to others: "--header KEY=VALUE" without the value.
std::string WithoutSecrets(const std::string& word, bool is_header) {
  const bool joined = absl::StartsWith(word, "--header=");
  if (!is_header && !joined) return word;
  const size_t equals = word.find('=', joined ? std::strlen("--header=") : 0);
  return equals == std::string::npos ? word : word.substr(0, equals + 1) + "...";
}

// The process's own command line; "" where the system does not tell.
std::string CommandLine() {
  std::vector<std::string> words;
  bool in_headers = false;  // one --header may have several values
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  for (std::string word; std::getline(file, word, '\0');) {
    if (absl::StartsWith(word, "-")) in_headers = false;
    words.push_back(QuoteWord(words.empty() ? "baton" : WithoutSecrets(word, in_headers)));
    in_headers = in_headers || word == "--header";
  }
  return absl::StrJoin(words, " ");
}

void AddCompare(CLI::App* bench, Command* run) {
  CLI::App* command = bench->add_subcommand(
      "compare", "Whether one of two servers is faster: ratios, with intervals from paired runs");
  auto options = std::make_shared<CompareOptions>();
  AddCompareOptions(command, options.get());
  command->callback(
      [options, run] { *run = [options] { return RunCompare(*options, std::cout, std::cerr); }; });
}

void AddReport(CLI::App* bench, Command* run) {
  CLI::App* command =
      bench->add_subcommand("report", "Makes a page of result files, runs side by side");
  struct Options {
    std::vector<std::string> files;
    std::string out;
  };
  auto options = std::make_shared<Options>();
  command->add_option("RESULT", options->files, "Files that --save-result wrote; vLLM's, too")
      ->required();
  command->add_option("--html", options->out, "The file to write")->required();
  command->callback([options, run] {
    *run = [options] { return RunHtmlReport(options->files, options->out, std::cerr); };
  });
}

}  // namespace

int RunBenchCommand(const BenchOptions& options, std::ostream& out, std::ostream& err) {
  std::atomic<bool> stop{false};
  Interrupts interrupts;
  // Before that there is nothing to be kept, and an interrupt ends the process.
  const auto connected = [&] {
    interrupts.SetHandler([&] {
      stop.store(true);
      err << "\nbaton bench: stopping, and keeping what there is; once more drops it" << std::endl;
    });
  };
  const absl::StatusOr<BenchEnd> end = RunBench(options, &stop, connected, out, err);
  interrupts.SetHandler(nullptr);
  if (!end.ok()) {
    err << "baton bench: " << end.status().message() << "\n";
    return absl::IsInvalidArgument(end.status()) ? kExitUsage : ExitCodeForCall(end.status());
  }
  return end->interrupted ? kExitInterrupted : end->failed ? kExitFailure : kExitOk;
}

void AddBenchCommand(CLI::App& app, Command* run) {
  CLI::App* command = app.add_subcommand(
      "bench", "Measures a server under load: this one, any gRPC stream, or OpenAI over HTTP");
  command->require_subcommand(0, 1);
  AddCompare(command, run);
  AddReport(command, run);
  auto options = std::make_shared<BenchOptions>();
  AddBenchOptions(command, options.get());
  command->callback([command, options, run] {
    if (!command->get_subcommands().empty()) return;
    *run = [command, options] {
      if (absl::Status status = CheckOptionUses(*command, options->target.backend); !status.ok()) {
        return Fail("bench", status.message(), kExitUsage);
      }
      BenchOptions complete = *options;
      complete.command = CommandLine();
      complete.output.progress = complete.output.progress && isatty(STDERR_FILENO) == 1;
      return RunBenchCommand(complete, std::cout, std::cerr);
    };
  });
}

}  // namespace baton
