// The flags that the load clients share.
#ifndef BATON_TESTS_LOAD_OVERLOAD_LOAD_FLAGS_H_
#define BATON_TESTS_LOAD_OVERLOAD_LOAD_FLAGS_H_

#include <CLI/CLI.hpp>

#include "tests/load/overload/open_loop.h"

namespace baton {

// What requests are like; `options` must outlive the parsing.
inline void AddLoadOptions(CLI::App* app, LoadOptions* options) {
  const auto seconds = [app](const char* name, absl::Duration* value, const char* what) {
    app->add_option_function<double>(
        name, [value](double s) { *value = absl::Seconds(s); }, what);
  };
  seconds("--duration", &options->duration, "Seconds of load");
  seconds("--deadline", &options->deadline, "Seconds that each request may take");
  seconds("--retry-poll", &options->retry_poll, "Seconds between tries of a refused request");
  app->add_option("--seed", options->seed, "Of arrivals and prompts")->capture_default_str();
  app->add_option("--prompt", options->prompt_tokens, "Tokens of each prompt")
      ->capture_default_str();
  app->add_option("--output", options->output_tokens, "Tokens of each output")
      ->capture_default_str();
  app->add_option("--channels", options->channels, "Connections")->capture_default_str();
}

}  // namespace baton

#endif  // BATON_TESTS_LOAD_OVERLOAD_LOAD_FLAGS_H_
