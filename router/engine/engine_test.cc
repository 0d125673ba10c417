#include "router/engine/engine.h"

#include <thread>

#include "gtest/gtest.h"
#include "router/engine/recording_sink.h"
#include "router/scheduler/fake_group.h"
#include "router/tokenizer/test_vocabulary.h"

namespace baton {
namespace {

SchedulerOptions GroupOptions() {
  SchedulerOptions o;
  o.num_blocks = 100;
  return o;
}

EpochInfo Epoch() {
  EpochInfo info;
  info.number = 1;
  info.numerics_class = "test";
  info.scheduler = GroupOptions();
  return info;
}

EngineRequest Request(size_t prompt, uint32_t max_tokens) {
  EngineRequest r;
  r.prompt.assign(prompt, 5);
  r.stop.max_tokens = max_tokens;
  r.arrival = Clock::Real()->Now();
  return r;
}

// Answers every plan at once.
class InstantLink : public PlanSink {
 public:
  void SendPlan(uint64_t epoch, const StepPlan& plan) override {
    engine->PostResult(epoch, group.Run(plan));
    engine->TakeTurn();
  }
  void OnIndexChanges(const std::vector<IndexChange>&) override {}
  void OnIndexLost() override {}
  Engine* engine = nullptr;
  FakeGroup group{GroupOptions(), 26, kFirstByteToken + 'a'};
};

TEST(Engine, ServesManyThreadsAndLeavesNothing) {
  InstantLink link;
  Engine engine("g0", EngineOptions(), Clock::Real(), &link,
                [](uint64_t, const absl::Status& s) { ADD_FAILURE() << s; });
  link.engine = &engine;
  engine.StartEpoch(Epoch());
  std::shared_ptr<const Tokenizer> tokenizer = *Tokenizer::Create(TestVocabulary());
  std::vector<std::shared_ptr<RecordingSink>> sinks(400);
  std::vector<std::thread> clients;
  for (int t = 0; t < 4; ++t) {
    clients.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) {
        const uint64_t id = static_cast<uint64_t>(t * 100 + i);
        sinks[id] = std::make_shared<RecordingSink>();
        engine.Submit(id, tokenizer, Request(1 + i % 7, 1 + i % 11), sinks[id], {});
        engine.TakeTurn();
        if (i % 9 == 0) engine.Resume(id);
        if (i % 5 == 0) engine.Cancel(id);
      }
    });
  }
  for (std::thread& c : clients) c.join();
  for (const auto& sink : sinks) {
    while (sink->ends == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_EQ(sink->ends, 1);
  }
  while (engine.Snapshot().blocks_used > 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(engine.Snapshot().running, 0u);
  EXPECT_EQ(link.group.fault(), "");
}

}  // namespace
}  // namespace baton
