// Ways to run the same sequences: whole or in chunks, alone or among others, in any blocks. All
// random choices come from a seed and are the same everywhere.
#ifndef BATON_TESTS_MODEL_SCHEDULE_H_
#define BATON_TESTS_MODEL_SCHEDULE_H_

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "tests/model/test_group.h"
#include "tests/model/trace.h"

namespace baton {

using Random = std::mt19937_64;

// Uniform in [low, high].
int64_t Draw(Random& random, int64_t low, int64_t high);
template <typename T>
void Shuffle(Random& random, std::vector<T>& items) {
  for (size_t i = items.size(); i > 1; --i)
    std::swap(items[i - 1], items[Draw(random, 0, static_cast<int64_t>(i) - 1)]);
}

std::vector<int32_t> RandomTokens(Random& random, int64_t count, int64_t vocab);

struct TestSequence {
  std::vector<int32_t> tokens;
  std::vector<int32_t> blocks;  // of 16 positions, for all tokens
};

// Gives the sequences consecutive blocks, or, with `random`, blocks from all over the pool.
void AssignBlocks(std::vector<TestSequence>& sequences, int64_t num_blocks,
                  Random* random = nullptr);

// Random sequences of these lengths, in consecutive blocks.
std::vector<TestSequence> RandomSequences(uint64_t seed, const std::vector<int64_t>& lengths,
                                          int64_t vocab, int64_t num_blocks);

// One step: sequences by index and how many of their next tokens to compute, in the plan's order.
using ScheduleStep = std::vector<std::pair<size_t, uint32_t>>;
using Schedule = std::vector<ScheduleStep>;

// Each sequence on its own, in chunks of `chunk` tokens (0: whole).
Schedule Alone(const std::vector<TestSequence>& sequences, uint32_t chunk = 0);
// All together: every step a random choice of sequences, some with one token, as in decoding, some
// with more, up to `max_step_tokens` in all. Sequences begin and end at different times.
Schedule Mixed(const std::vector<TestSequence>& sequences, uint32_t max_step_tokens,
               Random& random);

// Runs the schedule and returns the logits of every position. A sequence takes a slot when its
// first chunk comes up, gets blocks as it grows, and leaves after its last token. The group must
// have a row for each token of a step, and no slot in use.
Trace RunSchedule(TestGroup& group, const std::vector<TestSequence>& sequences,
                  const Schedule& schedule);

}  // namespace baton

#endif  // BATON_TESTS_MODEL_SCHEDULE_H_
