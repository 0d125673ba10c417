// `baton router`: the front end, started by hand or by an orchestrator.
#ifndef BATON_MAIN_CMD_ROUTER_H_
#define BATON_MAIN_CMD_ROUTER_H_

#include "main/command.h"

namespace baton {

void AddRouterCommand(CLI::App& app, Command* run);

}  // namespace baton

#endif  // BATON_MAIN_CMD_ROUTER_H_
