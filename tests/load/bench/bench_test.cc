#include "tests/load/bench/bench.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/load/fake/timed_server.h"

namespace baton {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::Test;

std::string Path(const std::string& name) {
  return std::string(std::getenv("TEST_TMPDIR")) + "/" + name;
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Json ReadJson(const std::string& path) {
  return Json::parse(ReadAll(path), nullptr, /*allow_exceptions=*/false);
}

TimedServerScript Quick() {
  TimedServerScript script;
  script.first_token = absl::Milliseconds(2);
  script.gap = absl::Milliseconds(1);
  return script;
}

class BenchTest : public Test {
 protected:
  explicit BenchTest() { UseServer(Quick()); }

  void UseServer(const TimedServerScript& script) {
    server_ = std::make_unique<TimedServer>(script);
    options_.target.server = server_->address();
    options_.target.ready_timeout = absl::Seconds(5);
    options_.workload.num_prompts = 12;
    options_.workload.random_input_len = 8;
    options_.workload.random_output_len = 5;
    options_.schedule.max_concurrency = 4;
    options_.output.progress = false;
    options_.output.save_result = true;
    options_.output.result_dir = std::getenv("TEST_TMPDIR");
    options_.output.result_filename = "result.json";
  }

  absl::StatusOr<BenchEnd> Run() {
    out_.str("");
    err_.str("");
    return RunBench(options_, &stop_, nullptr, out_, err_);
  }

  std::atomic<bool> stop_{false};
  std::unique_ptr<TimedServer> server_;
  BenchOptions options_;
  std::ostringstream out_, err_;
};

TEST_F(BenchTest, AClosedLoopIsCountedAndSaved) {
  options_.output.request_lines = Path("requests.jsonl");
  options_.output.save_detailed = true;
  options_.output.html = Path("report.html");
  const auto end = Run();
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_FALSE(end->failed);
  const Json json = ReadJson(Path("result.json"));
  EXPECT_EQ(json["completed"], 12);
  EXPECT_EQ(json["failed"], 0);
  EXPECT_EQ(json["total_input_tokens"], 12 * 8);
  EXPECT_EQ(json["total_output_tokens"], 12 * 5);
  EXPECT_EQ(json["request_rate"], "inf");
  EXPECT_EQ(json["max_concurrency"], 4);
  EXPECT_EQ(json["model_id"], "timed");
  EXPECT_EQ(json["generated_texts"][0].get<std::string>().size(), 5u);
  EXPECT_EQ(json["baton"]["mode"], "closed loop");
  EXPECT_EQ(json["baton"]["ends"]["OK length"], 12);
  EXPECT_EQ(json["baton"]["numerics_classes"]["timed-1"], 12);
  EXPECT_LE(json["baton"]["peak_concurrency"], 4);
  const std::string lines = ReadAll(Path("requests.jsonl"));
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 12);
  EXPECT_NE(ReadAll(Path("report.html")).find("</html>"), std::string::npos);
  EXPECT_NE(out_.str().find("Successful requests:                         12"), std::string::npos);
}

TEST_F(BenchTest, AnOpenLoopHasASchedule) {
  options_.schedule.request_rate = 500;
  options_.schedule.max_concurrency.reset();
  options_.output.goodput = {"ttft:100000"};
  ASSERT_TRUE(Run().ok());
  const Json json = ReadJson(Path("result.json"));
  EXPECT_EQ(json["baton"]["mode"], "open loop");
  EXPECT_EQ(json["request_rate"], 500.0);
  EXPECT_EQ(json["baton"]["good"], 12);
  EXPECT_GE(json["median_ttft_from_schedule_ms"].get<double>(),
            json["median_ttft_ms"].get<double>());
}

// The same seed asks the same at the same times, whatever the server does meanwhile.
TEST_F(BenchTest, ASeedRepeatsARun) {
  options_.schedule.request_rate = 500;
  ASSERT_TRUE(Run().ok());
  const Json once = ReadJson(Path("result.json"));
  TimedServerScript slower = Quick();
  slower.first_token = absl::Milliseconds(20);
  UseServer(slower);
  ASSERT_TRUE(Run().ok());
  const Json again = ReadJson(Path("result.json"));
  const auto rounded = [](const Json& json) {
    std::vector<int64_t> us;
    for (const Json& due : json["baton"]["requests"]["due_s"]) {
      us.push_back(static_cast<int64_t>(due.get<double>() * 1e6 + 0.5));
    }
    return us;
  };
  EXPECT_EQ(rounded(once), rounded(again));
  options_.workload.seed = 2;
  ASSERT_TRUE(Run().ok());
  EXPECT_NE(rounded(once), rounded(ReadJson(Path("result.json"))));
}

TEST_F(BenchTest, ASweepHasARunForEachPoint) {
  options_.sweep.max_concurrencies = {1, 3};
  options_.output.html = Path("sweep.html");
  options_.schedule.num_warmups = 2;
  ASSERT_TRUE(Run().ok());
  for (const int n : {1, 3}) {
    const Json json = ReadJson(Path("result-" + std::to_string(n) + ".json"));
    EXPECT_EQ(json["max_concurrency"], n);
    EXPECT_EQ(json["completed"], 12);
    EXPECT_EQ(json["baton"]["sweep"]["value"], n);
  }
  for (int i = 0; i < 500 && server_->served().size() < 28; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));  // it counts after the client knows
  }
  EXPECT_EQ(server_->served().size(), 2 * (12u + 2u));
}

TEST_F(BenchTest, ASearchEndsAtTheObjectives) {
  options_.sweep.search = "max_concurrency";
  options_.sweep.low = 1;
  options_.sweep.high = 8;
  options_.output.goodput = {"e2el:0"};
  ASSERT_TRUE(Run().ok());
  EXPECT_NE(out_.str().find("not even max_concurrency 1 meets the objectives"), std::string::npos);
  options_.output.goodput = {"e2el:1000000"};
  ASSERT_TRUE(Run().ok());
  EXPECT_NE(out_.str().find("highest max_concurrency that meets the objectives: 8"),
            std::string::npos);
}

TEST_F(BenchTest, EqualAnswersAreFoundEqual) {
  options_.verify.determinism = true;
  options_.verify.save_golden = Path("golden.json");
  auto end = Run();
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_FALSE(end->failed);
  EXPECT_NE(out_.str().find("determinism: 12 of 12 answers equal"), std::string::npos);
  options_.verify = {};
  options_.verify.continuation = Path("golden.json");
  end = Run();
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_FALSE(end->failed);
  EXPECT_NE(out_.str().find("continuation: 12 of 12 answers equal"), std::string::npos);
}

// The control: a server whose answers depend on what else it does is found out.
TEST_F(BenchTest, AnswersThatDependOnCompanyAreFoundOut) {
  TimedServerScript script = Quick();
  script.tokens_depend_on_company = true;
  script.first_token = absl::Milliseconds(30);
  UseServer(script);
  options_.verify.determinism = true;
  const auto end = Run();
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_TRUE(end->failed);
  EXPECT_NE(out_.str().find("differ"), std::string::npos);
}

TEST_F(BenchTest, ALostStreamIsNoContinuation) {
  options_.verify.save_golden = Path("golden.json");
  ASSERT_TRUE(Run().ok());
  TimedServerScript script = Quick();
  script.fail_after = 3;
  UseServer(script);
  options_.verify = {};
  options_.verify.continuation = Path("golden.json");
  const auto end = Run();
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_TRUE(end->failed);
  EXPECT_NE(out_.str().find("0 of 12 answers equal"), std::string::npos);
  EXPECT_NE(err_.str().find("12 of 12 requests failed"), std::string::npos);
  EXPECT_NE(err_.str().find("UNAVAILABLE: the script says so"), std::string::npos);
}

TEST_F(BenchTest, OtherPromptsThanTheGoldenOnesAreRefused) {
  options_.verify.save_golden = Path("golden.json");
  ASSERT_TRUE(Run().ok());
  options_.verify = {};
  options_.verify.continuation = Path("golden.json");
  options_.workload.seed = 9;
  EXPECT_NE(Run().status().message().find("the answers to other prompts"), std::string::npos);
}

TEST_F(BenchTest, ClientsThatGoAwayAreCounted) {
  options_.workload.num_prompts = 40;
  options_.workload.random_output_len = 20;
  options_.workload.cancel_fraction = 0.5;
  const auto end = Run();
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_FALSE(end->failed);
  const Json json = ReadJson(Path("result.json"));
  const int cancelled = json["baton"]["outcomes"]["cancelled"].get<int>();
  EXPECT_GT(cancelled, 8);
  EXPECT_LT(cancelled, 32);
  EXPECT_EQ(json["completed"].get<int>() + cancelled, 40);
}

TEST_F(BenchTest, DeadlinesAreTold) {
  TimedServerScript script = Quick();
  script.first_token = absl::Seconds(1);
  UseServer(script);
  options_.workload.deadline = "50";
  const auto end = Run();
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(ReadJson(Path("result.json"))["baton"]["outcomes"]["deadline"], 12);
}

TEST_F(BenchTest, AStoppedRunKeepsWhatThereIs) {
  TimedServerScript script = Quick();
  script.gap = absl::Milliseconds(20);
  UseServer(script);
  options_.workload.num_prompts = 1000;
  std::thread stopper([this] {
    while (server_->served().size() < 8) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    stop_.store(true);
  });
  const auto end = Run();
  stopper.join();
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_TRUE(end->interrupted);
  const Json json = ReadJson(Path("result.json"));
  EXPECT_EQ(json["baton"]["partial"], true);
  EXPECT_EQ(json["baton"]["valid"], false);
  EXPECT_GE(json["completed"], 8);
  EXPECT_NE(out_.str().find("PARTIAL"), std::string::npos);
}

TEST_F(BenchTest, AServerThatDiesEndsTheRun) {
  TimedServerScript script = Quick();
  script.gap = absl::Milliseconds(5);
  UseServer(script);
  options_.workload.num_prompts = 100000;
  std::thread killer([this] {
    while (server_->served().size() < 8) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    server_.reset();
  });
  const auto end = Run();
  killer.join();
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_TRUE(end->failed);
  const Json json = ReadJson(Path("result.json"));
  EXPECT_EQ(json["baton"]["partial"], true);
  EXPECT_GE(json["completed"], 8);
  EXPECT_NE(err_.str().find("requests failed"), std::string::npos);
}

TEST_F(BenchTest, BadOptionsAreNamed) {
  const auto message = [this](const BenchOptions& options) {
    std::swap(options_, const_cast<BenchOptions&>(options));
    const std::string text(Run().status().message());
    std::swap(options_, const_cast<BenchOptions&>(options));
    return text;
  };
  const auto expect = [&](const char* flag, auto change) {
    BenchOptions options = options_;
    change(&options);
    EXPECT_NE(message(options).find(flag), std::string::npos) << message(options);
  };
  expect("--request-rate", [](BenchOptions* o) { o->schedule.request_rate = 0; });
  expect("--burstiness", [](BenchOptions* o) { o->schedule.burstiness = -1; });
  expect("--max-concurrency", [](BenchOptions* o) { o->schedule.max_concurrency = 0; });
  expect("--ramp-up-strategy", [](BenchOptions* o) { o->schedule.ramp_up_strategy = "up"; });
  expect("--goodput", [](BenchOptions* o) { o->output.goodput = {"fast"}; });
  expect("--metadata", [](BenchOptions* o) { o->output.metadata = {"x"}; });
  expect("--search", [](BenchOptions* o) { o->sweep.search = "request_rate"; });
  expect("--num-prompts", [](BenchOptions* o) { o->workload.num_prompts = 0; });
  expect("--dataset-name", [](BenchOptions* o) { o->workload.dataset_name = "sonnet"; });
  expect("other", [](BenchOptions* o) { o->target.model = "other"; });
  expect("--header", [](BenchOptions* o) { o->target.headers = {"x"}; });
  expect("/no/such/file", [](BenchOptions* o) { o->output.html = "/no/such/file"; });
}

TEST_F(BenchTest, AServerThatIsNotThereIsNamed) {
  server_.reset();
  options_.target.ready_timeout = absl::Milliseconds(200);
  const auto end = Run();
  EXPECT_EQ(end.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(end.status().message().find(options_.target.server), std::string::npos);
}

}  // namespace
}  // namespace baton
