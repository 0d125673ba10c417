// The `baton` binary: one subcommand for each role and each thing that people type.
#include <iostream>

#include "CLI/CLI.hpp"  // CLI11 is headers only
#include "main/cmd_bench.h"
#include "main/cmd_chat.h"
#include "main/cmd_generate.h"
#include "main/cmd_router.h"
#include "main/cmd_serve.h"
#include "main/cmd_status.h"
#include "main/cmd_tokenize.h"
#include "main/cmd_worker.h"
#include "main/command.h"
#include "main/exit_code.h"
#include "main/version.h"

int main(int argc, char** argv) {
  CLI::App app("Serves open-weight language models over gRPC from a cluster of worker processes.",
               "baton");
  app.set_version_flag("--version", baton::kVersion);
  app.require_subcommand(0, 1);  // none at all is told below: so that a wrong name is named
  app.footer(baton::kExitCodeHelp);
  app.get_formatter()->column_width(36);
  baton::Command run;
  baton::AddServeCommand(app, &run);
  baton::AddGenerateCommand(app, &run);
  baton::AddChatCommand(app, &run);
  baton::AddStatusCommand(app, &run);
  baton::AddTokenizeCommand(app, &run);
  baton::AddBenchCommand(app, &run);
  baton::AddRouterCommand(app, &run);
  baton::AddWorkerCommand(app, &run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {  // --help and --version come this way, too
    return app.exit(error) == 0 ? baton::kExitOk : baton::kExitUsage;
  }
  if (run == nullptr) {
    std::cerr << app.help();
    return baton::kExitUsage;
  }
  return run();
}
