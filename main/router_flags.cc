#include "main/router_flags.h"

#include <limits>
#include <string>

#include "main/flag_values.h"

namespace baton {

void AddRouterLimitOptions(CLI::App* app, RouterOptions* options) {
  app->add_option("--listen", options->listen, "Where clients connect, HOST:PORT or unix:/PATH")
      ->capture_default_str();
  app->add_option("--max-queue-tokens", options->max_queue_tokens,
                  "Prompt and maximal output tokens that may wait in a group's queue")
      ->check(WholeNumber(1, std::numeric_limits<uint64_t>::max()))
      ->capture_default_str();
  app->add_option("--max-queue-requests", options->max_queue_requests,
                  "Requests that may wait in a group's queue")
      ->check(WholeNumber(1, std::numeric_limits<uint32_t>::max()))
      ->capture_default_str();
  app->add_option("--routing", options->routing,
                  "Which of several groups runs a request: the one that holds most of its prompt "
                  "unless it is far more loaded than others (prefix-affinity), or the least loaded "
                  "one (least-loaded)")
      ->check(CLI::IsMember({"prefix-affinity", "least-loaded"}))
      ->capture_default_str();
  app->add_flag("--prefix-cache,!--no-prefix-cache", options->prefix_cache,
                "Whether requests use keys and values that others computed for the same beginning")
      ->default_str("true");
  app->add_flag("--run-ahead,!--no-run-ahead", options->run_ahead,
                "Whether the next step is sent to the workers before the last one's result is back")
      ->default_str("true");
  AddDurationOption(app, "--pause-limit", &options->pause_limit,
                    "How long a client may not read before its request is ended");
  AddDurationOption(
      app, "--deadline-margin", &options->deadline_margin,
      "How long before its deadline a running request is ended, so that what there is "
      "reaches the client; at most a tenth of the time it had");
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
