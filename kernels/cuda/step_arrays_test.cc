// How a step's integers lie in memory, and which sequences are decode.
#include "kernels/cuda/step_arrays.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/cuda/attention.h"
#include "kernels/ops.h"
#include "kernels/tensor.h"

namespace baton {
namespace {

OpsLimits Limits() {
  OpsLimits limits;
  limits.max_tokens = 64;
  limits.max_rows = 16;
  limits.max_sequences = 8;
  limits.max_positions = 256;
  limits.num_heads = 8;
  limits.num_kv_heads = 2;
  limits.head_dim = 16;
  limits.vocab = 100;
  return limits;
}

struct Chunk {
  int32_t first_position, num_tokens;
};

// A step of such chunks, its numbers all different.
struct Step {
  explicit Step(const std::vector<Chunk>& chunks, int32_t block_size = 16) {
    q_offsets.push_back(0);
    int32_t block = 1000;
    for (const Chunk& c : chunks) {
      first_positions.push_back(c.first_position);
      q_offsets.push_back(q_offsets.back() + c.num_tokens);
      tables.emplace_back(
          static_cast<size_t>((c.first_position + c.num_tokens + block_size - 1) / block_size));
      std::iota(tables.back().begin(), tables.back().end(), block);
      block += 100;
    }
    const size_t tokens = static_cast<size_t>(q_offsets.back());
    for (std::vector<int32_t>* numbers : {&ids, &positions, &slots}) {
      numbers->resize(tokens);
      std::iota(numbers->begin(), numbers->end(), block += 1000);
    }
    for (const std::vector<int32_t>& table : tables) table_starts.push_back(table.data());
    arrays.batch = {static_cast<int64_t>(tokens),
                    static_cast<int64_t>(chunks.size()),
                    q_offsets.data(),
                    first_positions.data(),
                    positions.data(),
                    slots.data(),
                    table_starts.data(),
                    block_size};
    arrays.ids = ids;
    arrays.rows = rows;
  }
  std::vector<int32_t> q_offsets, first_positions, ids, positions, slots, rows = {0, 2, 5};
  std::vector<std::vector<int32_t>> tables;
  std::vector<const int32_t*> table_starts;
  StepArrays arrays;
};

struct Written {
  Written(const Step& step, const OpsLimits& limits)
      : memory(static_cast<size_t>(MaxStepArraysBytes(limits)) + 64, uint8_t{0xEE}),
        layout(WriteStepArrays(step.arrays, limits, memory.data())) {
    EXPECT_LE(layout.bytes, MaxStepArraysBytes(limits));
    EXPECT_TRUE(std::all_of(memory.begin() + layout.bytes, memory.end(),
                            [](uint8_t byte) { return byte == 0xEE; }));
    for (int64_t begin : {layout.ids, layout.rows, layout.positions, layout.slot_mapping,
                          layout.sequences, layout.blocks, layout.bytes}) {
      EXPECT_EQ(begin % 16, 0);
    }
  }
  template <typename T = int32_t>
  std::vector<T> At(int64_t begin, size_t count) const {
    std::vector<T> out(count);
    std::memcpy(out.data(), memory.data() + begin, count * sizeof(T));
    return out;
  }
  std::vector<uint8_t> memory;
  StepArraysLayout layout;
};

TEST(StepArrays, EveryArrayIsWhereTheLayoutSays) {
  const Step step({{40, 1}, {0, 7}, {17, 20}});
  const Written w(step, Limits());
  EXPECT_EQ(w.At(w.layout.ids, 28), step.ids);
  EXPECT_EQ(w.At(w.layout.rows, 3), step.rows);
  EXPECT_EQ(w.At(w.layout.positions, 28), step.positions);
  EXPECT_EQ(w.At(w.layout.slot_mapping, 28), step.slots);
  EXPECT_EQ(w.At(w.layout.blocks, 7),
            (std::vector<int32_t>{1000, 1001, 1002, 1100, 1200, 1201, 1202}));
  const auto sequences = w.At<AttentionSequence>(w.layout.sequences, 3);
  const int32_t want[3][4] = {{0, 1, 40, 0}, {1, 7, 0, 3}, {8, 20, 17, 4}};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(sequences[i].first_token, want[i][0]);
    EXPECT_EQ(sequences[i].num_tokens, want[i][1]);
    EXPECT_EQ(sequences[i].first_position, want[i][2]);
    EXPECT_EQ(sequences[i].first_block, want[i][3]);
  }
}

TEST(StepArrays, IdsAndRowsMayBeAbsent) {
  Step step({{0, 2}});
  step.arrays.ids = {};
  step.arrays.rows = {};
  const Written w(step, Limits());
  EXPECT_EQ(w.At(w.layout.positions, 2), step.positions);
}

TEST(StepArrays, TheLargestStepFits) {
  const OpsLimits limits = Limits();
  Step step(std::vector<Chunk>(8, {248, 8}));
  step.rows.assign(16, 1);
  step.arrays.rows = step.rows;
  const Written w(step, limits);
  EXPECT_EQ(w.layout.bytes, MaxStepArraysBytes(limits));
}

// 4 query heads share a KV head: 16 rows are 4 tokens.
TEST(StepArrays, AChunkOfFewRowsIsDecode) {
  const Written w(Step({{40, 1}, {100, 4}, {0, 5}, {250, 3}, {0, 9}}), Limits());
  const auto sequences = w.At<AttentionSequence>(w.layout.sequences, 5);
  const int64_t pieces = 8 * 1 + 8 * 4 * 2;
  EXPECT_EQ(sequences[0].first_partial, 0);
  EXPECT_EQ(sequences[1].first_partial, 8);
  EXPECT_EQ(sequences[2].first_partial, -1);
  EXPECT_EQ(sequences[3].first_partial, pieces);
  EXPECT_EQ(sequences[4].first_partial, -1);
  EXPECT_EQ(w.layout.max_prefill_rows, 9 * 4);
  EXPECT_EQ(w.layout.max_decode_positions, 253);
}

TEST(StepArrays, OfOneKindOnlyThereIsNoneOfTheOther) {
  const Written decode(Step({{40, 1}, {9, 1}}), Limits());
  EXPECT_EQ(decode.layout.max_prefill_rows, 0);
  EXPECT_EQ(decode.layout.max_decode_positions, 41);
  const Written prefill(Step({{0, 40}}), Limits());
  EXPECT_EQ(prefill.layout.max_prefill_rows, 160);
  EXPECT_EQ(prefill.layout.max_decode_positions, 0);
}

// More than 16 heads to a KV head: not even one token is decode.
TEST(StepArrays, ManyHeadsToAKvHeadArePrefill) {
  OpsLimits limits = Limits();
  limits.num_heads = 34;
  const Written w(Step({{40, 1}}), limits);
  EXPECT_EQ(w.At<AttentionSequence>(w.layout.sequences, 1)[0].first_partial, -1);
  EXPECT_EQ(w.layout.max_prefill_rows, 17);
}

// With long contexts the pieces do not suffice for every sequence: the rest is prefill, and one
// that needs fewer still gets what is left.
TEST(StepArrays, WithoutPiecesASequenceIsPrefill) {
  OpsLimits limits = Limits();
  limits.head_dim = 256;
  limits.num_heads = 32;
  limits.num_kv_heads = 8;
  limits.max_positions = 1 << 16;
  const int64_t most = MaxPartialPieces(limits);
  EXPECT_EQ(most, (48 << 20) / (258 * 4));
  const int32_t positions = 60000;
  const int64_t each = PartialPieces(1, 32, positions + 1), fit = most / each;
  ASSERT_EQ(fit, 1);
  const Step step({{positions, 1}, {positions, 1}, {50, 1}});
  const Written w(step, limits);
  const auto sequences = w.At<AttentionSequence>(w.layout.sequences, 3);
  EXPECT_EQ(sequences[0].first_partial, 0);
  EXPECT_EQ(sequences[1].first_partial, -1);
  EXPECT_EQ(sequences[2].first_partial, each);
  EXPECT_EQ(w.layout.max_prefill_rows, 4);
  EXPECT_EQ(w.layout.max_decode_positions, positions + 1);
}

TEST(StepArrays, PiecesSufficeForAllSequencesWhereTheyAreFew) {
  const OpsLimits limits = Limits();  // 8 sequences of up to 4 tokens, 8 heads and 4 tiles
  EXPECT_EQ(MaxPartialPieces(limits), 8 * 4 * 8 * 4);
  const Written w(Step(std::vector<Chunk>(8, {252, 4})), limits);
  EXPECT_EQ(w.layout.max_prefill_rows, 0);
}

}  // namespace
}  // namespace baton
