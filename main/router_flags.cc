#include "main/router_flags.h"

#include <string>

#include "main/flag_values.h"

namespace baton {

void AddRouterLimitOptions(CLI::App* app, RouterOptions* options) {
  app->add_option("--listen", options->listen, "Where clients connect, HOST:PORT or unix:/PATH")
      ->capture_default_str();
  app->add_option("--max-queue-tokens", options->max_queue_tokens,
                  "Prompt and maximal output tokens that may wait in a group's queue")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app->add_option("--max-queue-requests", options->max_queue_requests,
                  "Requests that may wait in a group's queue")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  AddDurationOption(app, "--drain-timeout", &options->drain_timeout,
                    "How long running streams may go on after SIGTERM");
  AddDurationOption(app, "--stall-limit", &options->stall_limit,
                    "How long workers may take for one step; then their streams end with "
                    "UNAVAILABLE and the group forms again")
      ->check([](const std::string& text) {
        const auto limit = ParseFlagDuration(text);
        return limit.ok() && *limit == absl::ZeroDuration() ? "--stall-limit: must be more than 0"
                                                            : std::string();
      });
}

}  // namespace baton
