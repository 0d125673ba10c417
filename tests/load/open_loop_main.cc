// Open-loop load on a server that runs already:
//
//   bazel run //tests/load:open_loop -- --server HOST:PORT --rate 20 --duration 20 [--retry-probe]
#include <cstdio>

#include "tests/load/load_flags.h"
#include "tests/load/open_loop.h"

int main(int argc, char** argv) {
  baton::LoadOptions options;
  bool json = false;
  CLI::App app("Sends requests at random times, at a given rate, and says what became of them");
  app.add_option("--server", options.server, "HOST:PORT")->capture_default_str();
  app.add_option("--rate", options.rate, "Requests a second")->capture_default_str();
  app.add_flag("--retry-probe", options.retry_probe,
               "Try some refused requests again until they are let in, and compare with RetryInfo");
  app.add_flag("--json", json, "One JSON object instead of text");
  baton::AddLoadOptions(&app, &options);
  CLI11_PARSE(app, argc, argv);
  const auto result = baton::RunOpenLoop(options);
  if (!result.ok()) {
    std::fprintf(stderr, "open_loop: %s\n", result.status().ToString().c_str());
    return 1;
  }
  std::puts(json ? ToJson(result->report).c_str() : ToText(result->report).c_str());
  return 0;
}
