// The timed server as a process, to measure a load tool from outside. Serves until its standard
// input ends; prints its address first.
#include <iostream>

#include "CLI/CLI.hpp"  // CLI11 is headers only
#include "tests/load/fake/timed_server.h"

int main(int argc, char** argv) {
  baton::TimedServerScript script;
  script.keep_record = false;
  int port = 0;
  double first_ms = 50, gap_ms = 10, step_ms = 0;
  CLI::App app("A server of Baton's API that computes nothing and answers when it is told to");
  app.add_option("--port", port, "0: any that is free")->capture_default_str();
  app.add_option("--first-token-ms", first_ms, "From the request to the first token")
      ->capture_default_str();
  app.add_option("--gap-ms", gap_ms, "Between messages; 0: as fast as they go")
      ->capture_default_str();
  app.add_option("--step-ms", step_ms, "Messages leave together, at multiples of this; 0: not")
      ->capture_default_str();
  app.add_option("--tokens-per-message", script.tokens_per_message, "")->capture_default_str();
  app.add_flag("--tokens-depend-on-company", script.tokens_depend_on_company,
               "Answers differently when it has more to do");
  CLI11_PARSE(app, argc, argv);
  script.first_token = absl::Milliseconds(first_ms);
  script.gap = absl::Milliseconds(gap_ms);
  script.step = absl::Milliseconds(step_ms);
  const baton::TimedServer server(script, port);
  std::cout << server.address() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
  }
}
