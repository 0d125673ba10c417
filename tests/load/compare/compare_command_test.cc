#include "tests/load/compare/compare_command.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace baton {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string WriteRun(const std::string& name, double throughput) {
  const std::string path = absl::StrCat(std::getenv("TEST_TMPDIR"), "/", name);
  std::ofstream(path)
      << "{\"duration\": 1, \"completed\": 10, \"num_prompts\": 10, "
         "\"total_input_tokens\": 50, \"total_output_tokens\": 100, \"output_throughput\": "
      << throughput << "}\n";
  return path;
}

CompareOptions Pairs(int num_pairs, double ratio) {
  CompareOptions options;
  for (int i = 0; i < num_pairs; ++i) {
    options.a_files.push_back(WriteRun(absl::StrCat("a", i, ".json"), 100.3 + i));
    options.b_files.push_back(WriteRun(absl::StrCat("b", i, ".json"), 100.3 * ratio));
  }
  return options;
}

TEST(RunCompareTest, ATable) {
  std::ostringstream out, err;
  EXPECT_EQ(RunCompare(Pairs(5, 2), out, err), 0);
  EXPECT_THAT(err.str(), IsEmpty());
  EXPECT_EQ(out.str(),
            "B against A, 5 pairs of runs; geometric means\n"
            "warning: not all results say when they started, so that it is not known whether the "
            "two sides took turns\n\n"
            "metric                 A      B    B/A   95 % interval  B is\n"
            "output_throughput  102.3  200.6  1.961  1.927 to 1.996  faster\n");
}

TEST(RunCompareTest, MarkdownWithNames) {
  CompareOptions options = Pairs(1, 1.4);
  options.markdown = true;
  options.a_name = "old|one";
  options.b_name = "new";
  std::ostringstream out, err;
  EXPECT_EQ(RunCompare(options, out, err), 0);
  EXPECT_EQ(out.str(),
            "new against old|one, 1 pair: no interval; at least 5 are needed\n\n"
            "| metric | old\\|one | new | new/old\\|one | 95 % interval | new is |\n"
            "|---|--:|--:|--:|:-:|---|\n"
            "| output_throughput | 100.3 | 140.4 | 1.400 | none | not judged |\n");
}

TEST(RunCompareTest, SaysWhatIsWrong) {
  const std::string good = WriteRun("good.json", 1);
  const std::string another = WriteRun("another.json", 1);
  const std::string bad = absl::StrCat(std::getenv("TEST_TMPDIR"), "/bad.json");
  std::ofstream(bad) << "{\"duration\": 1}";
  const struct {
    std::vector<std::string> a, b;
    std::string says;
  } cases[] = {
      {{}, {}, "no runs"},
      {{good}, {bad}, "bad.json: not a result of a benchmark: it has no number \"completed\""},
      {{"/nowhere"}, {good}, "/nowhere: cannot be read"},
      {{good, another}, {good}, "there are 2 of A and 1 of B"},
      {{good, good}, {good, another}, "good.json: is given twice"},
  };
  for (const auto& c : cases) {
    CompareOptions options;
    options.a_files = c.a;
    options.b_files = c.b;
    std::ostringstream out, err;
    EXPECT_EQ(RunCompare(options, out, err), 1);
    EXPECT_THAT(out.str(), IsEmpty());
    EXPECT_THAT(err.str(), HasSubstr(c.says));
  }
}

}  // namespace
}  // namespace baton
