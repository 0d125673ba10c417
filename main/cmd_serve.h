// `baton serve`: a cluster on one machine, from one command.
#ifndef BATON_MAIN_CMD_SERVE_H_
#define BATON_MAIN_CMD_SERVE_H_

#include "main/command.h"
#include "main/serve_plan.h"

namespace baton {

// Starts a router and the workers, shows how they load, and keeps them running until SIGTERM or
// SIGINT. Returns an exit code. Called from the main thread, with no other thread running.
int RunServe(ServeOptions options);

void AddServeCommand(CLI::App& app, Command* run);

}  // namespace baton

#endif  // BATON_MAIN_CMD_SERVE_H_
