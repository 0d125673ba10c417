// The flags of a router that `baton serve` has too.
#ifndef BATON_MAIN_ROUTER_FLAGS_H_
#define BATON_MAIN_ROUTER_FLAGS_H_

#include "main/command.h"
#include "main/run_router.h"

namespace baton {

// Adds them, bound to `options`, which holds the defaults.
void AddRouterLimitOptions(CLI::App* app, RouterOptions* options);

}  // namespace baton

#endif  // BATON_MAIN_ROUTER_FLAGS_H_
