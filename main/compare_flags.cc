#include "main/compare_flags.h"

#include "main/command.h"

namespace baton {

void AddCompareOptions(CLI::App* app, CompareOptions* options) {
  app->add_option("--a", options->a_files, "Result files of one side, in the order of the runs")
      ->type_name("RESULT")
      ->required();
  app->add_option("--b", options->b_files, "As many of the other")->type_name("RESULT")->required();
  app->add_option("--a-name", options->a_name, "What the one is called")->capture_default_str();
  app->add_option("--b-name", options->b_name, "What the other is called")->capture_default_str();
  app->add_option("--metrics", options->metrics,
                  "Fields of the results, e.g. output_throughput,p99_ttft_ms")
      ->delimiter(',');
  app->add_flag("--markdown", options->markdown, "A table in Markdown");
  app->add_option("--resamples", options->bootstrap.resamples, "Of the bootstrap")
      ->check(WholeNumber(100, 10000000))
      ->capture_default_str();
  app->add_option("--seed", options->bootstrap.seed, "Of the bootstrap")
      ->check(WholeNumberOf<uint64_t>())
      ->capture_default_str();
}

}  // namespace baton
