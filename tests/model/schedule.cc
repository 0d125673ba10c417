#include "tests/model/schedule.h"

#include <algorithm>
#include <numeric>

#include "common/check.h"

namespace baton {
namespace {

constexpr size_t kBlockSize = 16;

}  // namespace

int64_t Draw(Random& random, int64_t low, int64_t high) {
  return low + static_cast<int64_t>(random() % static_cast<uint64_t>(high - low + 1));
}

std::vector<int32_t> RandomTokens(Random& random, int64_t count, int64_t vocab) {
  std::vector<int32_t> tokens;
  for (int64_t i = 0; i < count; ++i)
    tokens.push_back(static_cast<int32_t>(Draw(random, 0, vocab - 1)));
  return tokens;
}

void AssignBlocks(std::vector<TestSequence>& sequences, int64_t num_blocks, Random* random) {
  std::vector<int32_t> pool(static_cast<size_t>(num_blocks));
  std::iota(pool.begin(), pool.end(), 0);
  if (random != nullptr) Shuffle(*random, pool);
  size_t next = 0;
  for (TestSequence& s : sequences) {
    const size_t count = (s.tokens.size() + kBlockSize - 1) / kBlockSize;
    BATON_CHECK(next + count <= pool.size());
    s.blocks.assign(pool.begin() + next, pool.begin() + next + count);
    next += count;
  }
}

std::vector<TestSequence> RandomSequences(uint64_t seed, const std::vector<int64_t>& lengths,
                                          int64_t vocab, int64_t num_blocks) {
  Random random(seed);
  std::vector<TestSequence> sequences;
  for (int64_t length : lengths) sequences.push_back({RandomTokens(random, length, vocab), {}});
  AssignBlocks(sequences, num_blocks);
  return sequences;
}

Schedule Alone(const std::vector<TestSequence>& sequences, uint32_t chunk) {
  Schedule schedule;
  for (size_t s = 0; s < sequences.size(); ++s) {
    const uint32_t total = static_cast<uint32_t>(sequences[s].tokens.size());
    const uint32_t most = chunk == 0 ? total : chunk;
    for (uint32_t done = 0; done < total; done += most)
      schedule.push_back({{s, std::min(most, total - done)}});
  }
  return schedule;
}

Schedule Mixed(const std::vector<TestSequence>& sequences, uint32_t max_step_tokens,
               Random& random) {
  Schedule schedule;
  std::vector<uint32_t> left;
  for (const TestSequence& s : sequences) left.push_back(static_cast<uint32_t>(s.tokens.size()));
  while (true) {
    std::vector<size_t> ready;
    for (size_t s = 0; s < left.size(); ++s) {
      if (left[s] > 0) ready.push_back(s);
    }
    if (ready.empty()) return schedule;
    Shuffle(random, ready);
    ready.resize(Draw(random, 1, static_cast<int64_t>(ready.size())));
    uint32_t budget = max_step_tokens;
    ScheduleStep step;
    for (size_t s : ready) {
      if (budget == 0) break;
      const uint32_t most = std::min(left[s], budget);
      const uint32_t count =
          random() % 2 == 0 ? 1 : static_cast<uint32_t>(Draw(random, 1, int64_t{most}));
      step.push_back({s, count});
      left[s] -= count;
      budget -= count;
    }
    schedule.push_back(step);
  }
}

Trace RunSchedule(TestGroup& group, const std::vector<TestSequence>& sequences,
                  const Schedule& schedule) {
  Trace trace(sequences.size());
  std::vector<uint32_t> done(sequences.size());
  std::vector<int> slot_of(sequences.size(), -1);
  std::vector<bool> taken(sequences.size());
  PlanBuilder ended;
  for (const ScheduleStep& step : schedule) {
    PlanBuilder builder = std::move(ended);
    ended = PlanBuilder();
    for (const auto& [s, count] : step) {
      const TestSequence& sequence = sequences[s];
      const uint32_t end = done[s] + count;
      const size_t has = (done[s] + kBlockSize - 1) / kBlockSize;
      const size_t needs = (end + kBlockSize - 1) / kBlockSize;
      const std::vector<int32_t> fresh(sequence.blocks.begin() + has,
                                       sequence.blocks.begin() + needs);
      if (slot_of[s] < 0) {
        // The last free slot, so that slots and sequences do not go hand in hand.
        for (size_t i = 0; i < taken.size(); ++i) {
          if (!taken[i]) slot_of[s] = static_cast<int>(i);
        }
        taken[slot_of[s]] = true;
        builder.Start(static_cast<uint32_t>(slot_of[s]), sequence.tokens, 0, 0);
        builder.plan.starts.back().blocks = fresh;
      } else if (!fresh.empty()) {
        builder.plan.grows.push_back({static_cast<uint32_t>(slot_of[s]), fresh});
      }
      std::vector<uint32_t> rows(count);
      std::iota(rows.begin(), rows.end(), done[s]);
      builder.Work(static_cast<uint32_t>(slot_of[s]), done[s], count, rows);
      done[s] = end;
      if (end == sequence.tokens.size()) ended.End(static_cast<uint32_t>(slot_of[s]));
    }
    group.Step(builder.plan);
    int row = 0;
    for (const auto& [s, count] : step) {
      for (uint32_t i = 0; i < count; ++i) trace[s].push_back(group.Logits(row++));
    }
    for (uint32_t slot : ended.plan.ended_slots) taken[slot] = false;
  }
  group.Step(ended.plan);
  return trace;
}

}  // namespace baton
