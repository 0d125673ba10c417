// `baton router`: the front end, started by hand or by an orchestrator.
#ifndef BATON_MAIN_CMD_ROUTER_H_
#define BATON_MAIN_CMD_ROUTER_H_

#include "main/command.h"
#include "main/run_router.h"

namespace baton {

// The flags of a router that `baton serve` has too, bound to `options`.
void AddRouterLimitOptions(CLI::App* app, RouterOptions* options);

void AddRouterCommand(CLI::App& app, Command* run);

}  // namespace baton

#endif  // BATON_MAIN_CMD_ROUTER_H_
