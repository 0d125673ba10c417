#include "tests/load/report/html_report.h"

#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/load/report/html_page.h"
#include "tests/load/report/html_report_command.h"
#include "tests/load/report/synthetic_results.h"

namespace baton {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr size_t kMegabyte = 1000 * 1000;

std::string TempPath(const std::string& name) {
  return absl::StrCat(std::getenv("TEST_TMPDIR"), "/", name);
}

// xmllint (Debian's libxml2-utils) judges; without it the test fails.
void ExpectWellFormed(const std::string& page) {
  const std::string path = TempPath("page.html");
  std::ofstream(path, std::ios::binary) << page;
  const std::string command = absl::StrCat("xmllint --noout --nonet --huge '", path, "' 2>&1");
  EXPECT_EQ(std::system(command.c_str()), 0) << page.substr(0, 3000);
}

void ExpectAsksForNothing(const std::string& page) {
  for (const char* asks : {"<link", "<img", "<iframe", "src=", "href=", "@import", "fetch("}) {
    EXPECT_THAT(page, Not(HasSubstr(asks)));
  }
}

TEST(HtmlReportTest, ThreeRuns) {
  const std::string page = HtmlReport(ThreeSyntheticRuns());
  ExpectWellFormed(page);
  ExpectAsksForNothing(page);
  EXPECT_LT(page.size(), kMegabyte);
  for (const char* text :
       {"Load report: 3 runs", "is not valid: requests were sent 12 ms late", "is partial",
        "Latency of each request", "Time to first token (TTFT)", "Output tokens/s", "★",
        "RESOURCE_EXHAUSTED queue_full", "refused", "Running requests", "Example CPU"}) {
    EXPECT_THAT(page, HasSubstr(text));
  }
  EXPECT_THAT(page, Not(HasSubstr("Latency against throughput")));
}

TEST(HtmlReportTest, ASweep) {
  const std::string page = HtmlReport(SyntheticSweep());
  ExpectWellFormed(page);
  EXPECT_THAT(page, HasSubstr("Latency against throughput"));
  EXPECT_THAT(page, HasSubstr(">c=32<"));
  EXPECT_LT(page.size(), 2 * kMegabyte);
}

TEST(HtmlReportTest, NoRuns) { ExpectWellFormed(HtmlReport({})); }

TEST(HtmlReportTest, OneRequest) {
  SyntheticRun run;
  run.requests = 1;
  ExpectWellFormed(HtmlReport({MakeSyntheticResult(run)}));
  run.requests = 0;
  ExpectWellFormed(HtmlReport({MakeSyntheticResult(run)}));
}

TEST(HtmlReportTest, ManyRequestsMakeNoLargePageAndKeepTheSpike) {
  SyntheticRun run;
  run.requests = 100000;
  NamedResult result = MakeSyntheticResult(run);
  result.json["baton"]["requests"]["e2el_ms"][54321] = 9876543;
  const std::string page = HtmlReport({result});
  ExpectWellFormed(page);
  EXPECT_LT(page.size(), 2 * kMegabyte);
  EXPECT_THAT(page, HasSubstr("9876543"));
}

TEST(HtmlReportTest, PlainResultsOfVllm) {
  const json small = {{"duration", 2},       {"completed", 5},   {"failed", 0},
                      {"median_ttft_ms", 3}, {"p99_ttft_ms", 9}, {"output_throughput", 100}};
  const json detailed = {
      {"duration", 3},           {"completed", 2},      {"start_times", {5.0, 5.5}},
      {"latencies", {1.0, 2.0}}, {"ttfts", {0.1, 0.2}}, {"itls", {{0.4, 0.5}, {1.8}}},
      {"output_lens", {3, 2}}};
  const std::string page = HtmlReport({{"small", small}, {"detailed", detailed}});
  ExpectWellFormed(page);
  EXPECT_THAT(page, HasSubstr("Latency of each request"));
  EXPECT_THAT(page, HasSubstr("Running requests"));
}

// Replaces every string, and the names of free choice, by `text`.
json WithText(json value, const std::string& text) {
  if (value.is_string()) return text;
  if (!value.is_structured()) return value;
  for (json& element : value) element = WithText(element, text);
  return value;
}

TEST(HtmlReportTest, HostileText) {
  for (const std::string& text :
       {std::string("<script>alert(1)</script>&\"'"), std::string("]]>--><![CDATA["),
        std::string("\xff\xfe\xc0 \xed\xa0\x80"), std::string("a\0b\x01\x1b[31m\x7f", 10),
        std::string("${x} `y` %s %n \\"), std::string(3000, 'w')}) {
    NamedResult result = MakeSyntheticResult({});
    result.name = text;
    result.json = WithText(result.json, text);
    result.json["label"] = text;
    result.json["baton"]["invalid"] = {text};
    result.json["baton"]["ends"] = {{text, 3}};
    result.json["baton"]["objectives"] = {{text, text}};
    const std::string page = HtmlReport({result, result});
    ExpectWellFormed(page);
    EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
    EXPECT_THAT(page, Not(HasSubstr("]]>-->")));
  }
}

TEST(HtmlReportTest, NumbersThatAreNone) {
  const double values[] = {std::numeric_limits<double>::quiet_NaN(),
                           std::numeric_limits<double>::infinity(),
                           -1,
                           0,
                           1e300,
                           1e-300};
  for (const double value : values) {
    json result = MakeSyntheticResult({}).json;
    for (const char* key : {"duration", "output_throughput", "completed", "request_rate"}) {
      result[key] = value;
    }
    json& baton = result["baton"];
    for (json* list : {&baton["requests"]["due_s"], &baton["requests"]["ttft_ms"],
                       &baton["timeline"]["output_tokens"]}) {
      for (size_t i = 0; i < list->size(); i += 3) (*list)[i] = value;
    }
    for (json& percentile : baton["metrics"]["ttft_ms"]["percentiles"]) percentile = value;
    baton["outcomes"]["failed"] = value;
    const std::string page = HtmlReport({{"odd", result}, {"null", json()}, {"list", {1, 2}}});
    ExpectWellFormed(page);
    EXPECT_LT(page.size(), kMegabyte);
    EXPECT_THAT(page, Not(HasSubstr("nan")));
  }
}

TEST(HtmlPageTest, StyleAndScriptCannotEndEarly) {
  for (const absl::string_view part : {PageCss(), PageScript()}) {
    EXPECT_THAT(std::string(part), Not(HasSubstr("]]>")));
    EXPECT_THAT(std::string(part), Not(HasSubstr("</")));
  }
}

TEST(RunHtmlReportTest, WritesThePageAndNamesRunsAfterFiles) {
  const std::string in = TempPath("a run.json"), out = TempPath("out.html");
  std::ofstream(in) << R"({"duration": 1, "completed": 1})"
                    << "\n"
                    << R"({"duration": 2, "completed": 1})";
  std::ostringstream err;
  EXPECT_EQ(RunHtmlReport({in}, out, err), 0) << err.str();
  std::ostringstream page;
  page << std::ifstream(out).rdbuf();
  ExpectWellFormed(page.str());
  EXPECT_THAT(page.str(), HasSubstr(">a run<"));
  EXPECT_THAT(page.str(), HasSubstr(">a run#2<"));
}

TEST(RunHtmlReportTest, SaysWhatIsWrong) {
  const std::string in = TempPath("good.json"), bad = TempPath("bad.json");
  std::ofstream(in) << R"({"duration": 1, "completed": 1})";
  std::ofstream(bad) << R"({"duration": 1})";
  const struct {
    std::vector<std::string> files;
    std::string out, says;
  } cases[] = {{{}, TempPath("x.html"), "no result files"},
               {{in, bad}, TempPath("x.html"), "bad.json: not a result"},
               {{in}, "/nowhere/x.html", "/nowhere/x.html: cannot be written"}};
  for (const auto& c : cases) {
    std::ostringstream err;
    EXPECT_EQ(RunHtmlReport(c.files, c.out, err), 1);
    EXPECT_THAT(err.str(), HasSubstr(c.says));
    EXPECT_FALSE(std::ifstream(TempPath("x.html")).good());
  }
}

}  // namespace
}  // namespace baton
