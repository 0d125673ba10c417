#include "main/router_flags.h"

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
}

}  // namespace baton
