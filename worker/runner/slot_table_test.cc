#include "worker/runner/slot_table.h"

#include <functional>

#include "gtest/gtest.h"

namespace baton {
namespace {

PlanLimits Limits() {
  PlanLimits l;
  l.max_slots = 4;
  l.max_step_tokens = 8;
  l.max_step_rows = 3;
  l.max_model_len = 12;
  l.num_blocks = 10;
  l.block_size = 4;
  l.vocab_size = 100;
  return l;
}

SlotStart Start(uint32_t slot, int tokens) {
  SlotStart s;
  s.slot = slot;
  for (int i = 0; i < tokens; ++i) s.tokens.push_back(i);
  s.prompt_length = tokens;
  for (int i = 0; i * 4 < tokens; ++i) s.blocks.push_back(static_cast<int32_t>(slot * 2 + i));
  return s;
}

SlotWork Work(uint32_t slot, uint32_t position, uint32_t tokens, bool sample) {
  SlotWork w;
  w.slot = slot;
  w.position = position;
  w.num_tokens = tokens;
  if (sample) {
    OutputRow row;
    row.position = position + tokens - 1;
    row.sample = true;
    w.rows = {row};
  }
  return w;
}

Plan Prefill() {
  Plan plan;
  plan.starts = {Start(1, 5)};
  plan.work = {Work(1, 0, 5, true)};
  return plan;
}

TEST(SlotTable, KeepsJournalsFromPlanToPlan) {
  SlotTable table(Limits());
  ASSERT_TRUE(table.Apply(Prefill()).ok());
  EXPECT_EQ(table.slot(1).num_computed, 5u);
  table.Fill(table.AppendUnknown(1), 42);
  Plan decode;
  decode.work = {Work(1, 5, 1, true)};
  ASSERT_TRUE(table.Apply(decode).ok());
  EXPECT_EQ(table.slot(1).tokens.back(), 42);
  table.Fill(table.AppendUnknown(1), 43);
  Plan end;
  end.ended_slots = {1};
  end.starts = {Start(1, 2)};  // the slot is free again within the same plan
  ASSERT_TRUE(table.Apply(end).ok());
  EXPECT_EQ(table.slot(1).tokens.size(), 2u);
}

TEST(SlotTable, RefusesEveryPlanThatWouldLeaveItsBounds) {
  struct Case {
    const char* message;
    std::function<void(Plan&)> spoil;
  };
  const Case cases[] = {
      {"slot 4; there are 4", [](Plan& p) { p.work[0].slot = 4; }},
      {"slot 9; there are 4", [](Plan& p) { p.ended_slots = {9}; }},
      {"ends and is not in use", [](Plan& p) { p.ended_slots = {2}; }},
      {"starts and is in use", [](Plan& p) { p.starts.push_back(Start(1, 1)); }},
      {"starts with 0 tokens", [](Plan& p) { p.starts[0].tokens.clear(); }},
      {"starts with 13 tokens", [](Plan& p) { p.starts[0].tokens.assign(13, 1); }},
      {"token 100", [](Plan& p) { p.starts[0].tokens[2] = 100; }},
      {"token -1", [](Plan& p) { p.starts[0].tokens[2] = -1; }},
      {"block 10", [](Plan& p) { p.starts[0].blocks[1] = 10; }},
      {"block -1", [](Plan& p) { p.starts[0].blocks[1] = -1; }},
      {"prompt length 6", [](Plan& p) { p.starts[0].prompt_length = 6; }},
      {"5 computed of 5", [](Plan& p) { p.starts[0].num_computed = 5; }},
      {"temperature -1", [](Plan& p) { p.starts[0].sampling.temperature = -1; }},
      {"top_p 0", [](Plan& p) { p.starts[0].sampling.top_p = 0; }},
      {"grows and is not in use",
       [](Plan& p) {
         p.grows = {{3, {1}}};
       }},
      {"block 77",
       [](Plan& p) {
         p.grows = {{1, {77}}};
       }},
      {"not in use", [](Plan& p) { p.work[0].slot = 2; }},
      {"named twice", [](Plan& p) { p.work.push_back(p.work[0]); }},
      {"compute 0 tokens", [](Plan& p) { p.work[0].num_tokens = 0; }},
      {"compute 6 tokens", [](Plan& p) { p.work[0].num_tokens = 6; }},
      {"compute 4294967295 tokens", [](Plan& p) { p.work[0].num_tokens = 0xffffffff; }},
      {"from 1", [](Plan& p) { p.work[0].position = 1; }},
      {"with 1 blocks of 4", [](Plan& p) { p.starts[0].blocks.pop_back(); }},
      {"wants output at 5", [](Plan& p) { p.work[0].rows[0].position = 5; }},
      {"wants output at 4", [](Plan& p) { p.work[0].rows.push_back(p.work[0].rows[0]); }},
      {"sample after position 3", [](Plan& p) { p.work[0].rows[0].position = 3; }},
      {"wants 21 alternatives", [](Plan& p) { p.work[0].rows[0].num_top = 21; }},
      {"9 tokens and", [](Plan& p) { p.starts[0] = Start(1, 9), p.work[0] = Work(1, 0, 9, true); }},
  };
  for (const Case& c : cases) {
    SlotTable table(Limits());
    Plan plan = Prefill();
    c.spoil(plan);
    const absl::Status status = table.Apply(plan);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.message;
    EXPECT_NE(status.message().find(c.message), absl::string_view::npos)
        << c.message << " / " << status;
    EXPECT_FALSE(table.slot(1).used) << "a refused plan left its mark: " << c.message;
  }
}

TEST(SlotTable, RefusesASampleBeyondTheModelsLength) {
  SlotTable table(Limits());
  Plan plan;
  plan.starts = {Start(0, 12)};
  plan.starts[0].num_computed = 11;
  plan.work = {Work(0, 11, 1, true)};
  EXPECT_FALSE(table.Apply(plan).ok());
  plan.work[0].rows[0].sample = false;
  EXPECT_TRUE(table.Apply(plan).ok());
}

}  // namespace
}  // namespace baton
