#include "worker/link/session.h"

#include <chrono>
#include <thread>

#include "gtest/gtest.h"
#include "kernels/cpu/cpu_device.h"
#include "kernels/cpu/cpu_ops.h"
#include "worker/comm/single_communicator.h"
#include "worker/model/tiny_model.h"

namespace baton {
namespace {

// Remembers what a session says, as short words.
class RecordingOutput : public SessionOutput {
 public:
  void SendReady(const EpochId& e) override { Add("ready " + std::to_string(e.number)); }
  void SendResult(const EpochId& e, uint64_t plan_id, const StepOutput& output) override {
    Add("result " + std::to_string(e.number) + "/" + std::to_string(plan_id) + " rows " +
        std::to_string(output.rows.size()));
  }
  void SendEpochFailed(const EpochId& e, const std::string& reason) override {
    Add("failed " + std::to_string(e.number) + ": " + reason);
  }
  // Waits for the next word.
  std::string Next() {
    MutexLock lock(&mu_);
    while (words_.empty()) {
      if (!changed_.WaitFor(&mu_, std::chrono::seconds(20))) return "nothing came";
    }
    const std::string word = words_.front();
    words_.pop_front();
    return word;
  }
  bool Silent() {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    MutexLock lock(&mu_);
    return words_.empty();
  }

 private:
  void Add(std::string word) {
    MutexLock lock(&mu_);
    words_.push_back(std::move(word));
    changed_.Signal();
  }
  Mutex mu_;
  CondVar changed_;
  std::deque<std::string> words_ ABSL_GUARDED_BY(mu_);
};

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() {
    const std::string path = ::testing::TempDir() + "/session.gguf";
    EXPECT_TRUE(WriteTinyModel(path, {}).ok());
    file_ = *GgufFile::Open(path);
    config_ = *ModelConfigFromGguf(*file_);
    RunnerOptions options;
    options.num_blocks = 8;
    runner_ = *ModelRunner::Create(*file_, config_, options, std::make_unique<CpuDevice>(),
                                   std::make_unique<CpuOps>(1), [](int64_t, int64_t) {});
    connect_ = [](const FormOrder&, const std::atomic<bool>&) {
      auto c = std::make_shared<GroupCommunicators>();
      c->all = std::make_unique<SingleCommunicator>();
      c->tp = std::make_unique<SingleCommunicator>();
      c->pp = std::make_unique<SingleCommunicator>();
      return c;
    };
  }
  static FormOrder Order(uint64_t number) {
    FormOrder order;
    order.epoch = {9, number};
    order.num_blocks = 8;
    order.incarnations = {1};
    return order;
  }
  static Plan OneToken() {
    Plan plan;
    SlotStart start;
    start.tokens = {5, 6, 7};
    start.prompt_length = 3;
    start.blocks = {0};
    plan.starts = {start};
    SlotWork work;
    work.num_tokens = 3;
    OutputRow row;
    row.position = 2;
    row.sample = true;
    work.rows = {row};
    plan.work = {work};
    return plan;
  }
  std::unique_ptr<GgufFile> file_;
  ModelConfig config_;
  std::unique_ptr<ModelRunner> runner_;
  ConnectFn connect_;
  RecordingOutput output_;
};

TEST_F(SessionTest, FormsExecutesAndFormsAgain) {
  Session session(runner_.get(), true, connect_, &output_);
  session.Form(Order(1));
  EXPECT_EQ(output_.Next(), "ready 1");
  session.Execute({9, 1}, 1, OneToken());
  EXPECT_EQ(output_.Next(), "result 1/1 rows 1");
  session.Abort({9, 1}, "over");
  session.Execute({9, 1}, 2, Plan());
  session.Form(Order(2));
  EXPECT_EQ(output_.Next(), "ready 2") << "a plan of the aborted epoch was answered";
  session.Execute({9, 2}, 1, OneToken());  // the slot is free again
  EXPECT_EQ(output_.Next(), "result 2/1 rows 1");
}

TEST_F(SessionTest, RefusesAGapAndABadPlanAndThenStaysSilent) {
  Session session(runner_.get(), true, connect_, &output_);
  session.Form(Order(1));
  EXPECT_EQ(output_.Next(), "ready 1");
  session.Execute({9, 1}, 2, OneToken());
  EXPECT_EQ(output_.Next(), "failed 1: plan 2 came; expected 1");
  session.Execute({9, 1}, 1, OneToken());
  EXPECT_TRUE(output_.Silent());
  session.Form(Order(2));
  EXPECT_EQ(output_.Next(), "ready 2");
  Plan bad = OneToken();
  bad.starts[0].blocks = {99};
  session.Execute({9, 2}, 1, bad);
  EXPECT_EQ(output_.Next(), "failed 2: plan refused: slot 0 is given block 99; the pool has 8");
}

TEST_F(SessionTest, OtherRanksDoNotAnswer) {
  Session session(runner_.get(), false, connect_, &output_);
  session.Form(Order(1));
  EXPECT_EQ(output_.Next(), "ready 1");
  session.Execute({9, 1}, 1, OneToken());
  EXPECT_TRUE(output_.Silent());
}

TEST_F(SessionTest, AnAbortEndsConnecting) {
  std::atomic<bool> began{false};
  connect_ = [&](const FormOrder& order, const std::atomic<bool>& cancelled)
      -> absl::StatusOr<std::shared_ptr<GroupCommunicators>> {
    began = true;
    while (!cancelled.load()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return absl::CancelledError("cancelled " + std::to_string(order.epoch.number));
  };
  Session session(runner_.get(), true, connect_, &output_);
  session.Form(Order(1));
  while (!began) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  session.Disconnected();
  EXPECT_TRUE(output_.Silent()) << "the router that aborted was told again";
}

TEST_F(SessionTest, AConnectionThatFailsIsReported) {
  connect_ = [](const FormOrder&,
                const std::atomic<bool>&) -> absl::StatusOr<std::shared_ptr<GroupCommunicators>> {
    return absl::DeadlineExceededError("rank 1 did not come");
  };
  Session session(runner_.get(), true, connect_, &output_);
  session.Form(Order(1));
  EXPECT_EQ(output_.Next(), "failed 1: rank 1 did not come");
}

}  // namespace
}  // namespace baton
