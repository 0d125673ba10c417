#include "main/cmd_status.h"

#include <unistd.h>

#include <iostream>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "client/client.h"
#include "common/status_macros.h"
#include "google/protobuf/util/json_util.h"
#include "main/cluster_tables.h"
#include "main/exit_code.h"
#include "main/generation.h"

namespace baton {
namespace {

// Protobuf's own JSON mapping: 64-bit integers are strings.
std::string StatusJson(const v1::GetClusterStatusResponse& status) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string json;
  (void)google::protobuf::util::MessageToJsonString(status, &json, options);  // can not fail here
  return json + "\n";
}

absl::StatusOr<std::string> Snapshot(const StatusOptions& options) {
  ASSIGN_OR_RETURN(const auto client, Client::Connect(options.server));
  ASSIGN_OR_RETURN(const auto status, client->GetClusterStatus({}, absl::Seconds(10)));
  return options.json ? StatusJson(status) : StatusText(status);
}

}  // namespace

int RunStatus(const StatusOptions& options, std::ostream& out, std::ostream& err) {
  for (;;) {
    const auto text = Snapshot(options);
    if (!text.ok()) {
      err << "baton status: " << DescribeError(text.status()) << std::endl;
      return ExitCodeForCall(text.status());
    }
    if (options.clear_screen) out << "\x1b[H\x1b[2J";  // cursor home, clear
    out << *text << std::flush;
    if (!options.watch) return kExitOk;
    absl::SleepFor(options.interval);
  }
}

void AddStatusCommand(CLI::App& app, Command* run) {
  CLI::App* command = app.add_subcommand("status", "Shows groups, ranks, memory and load");
  auto options = std::make_shared<StatusOptions>();
  AddServerOption(command, &options->server);
  command->add_flag("--json", options->json,
                    "Print the ClusterService's answer as JSON; its 64-bit integers are strings");
  command->add_flag("--watch", options->watch, "Go on until interrupted");
  AddDurationOption(command, "--interval", &options->interval, "With --watch: how often");
  command->callback([options, run] {
    *run = [options] {
      options->clear_screen = options->watch && !options->json && isatty(STDOUT_FILENO) != 0;
      return RunStatus(*options, std::cout, std::cerr);
    };
  });
}

}  // namespace baton
