#include "kernels/cuda/step_arrays.h"

#include <algorithm>
#include <cstring>

#include "kernels/cuda/attention.h"

namespace baton {
namespace {

// The partial sums of attention may take so much; they stay in a GPU's second-level cache.
constexpr int64_t kPartialBytes = 48 << 20;
// Block tables are reserved for blocks of the smallest size.
constexpr int64_t kSmallestBlock = 16;

int64_t Align16(int64_t bytes) { return (bytes + 15) / 16 * 16; }

int64_t BlocksOf(int64_t positions, int64_t block_size) {
  return (positions + block_size - 1) / block_size;
}

}  // namespace

int64_t MaxStepArraysBytes(const OpsLimits& limits) {
  const int64_t sequences = std::min(limits.max_tokens, limits.max_sequences);
  return 3 * Align16(limits.max_tokens * 4) + Align16(limits.max_rows * 4) +
         Align16(sequences * static_cast<int64_t>(sizeof(AttentionSequence))) +
         Align16(sequences * BlocksOf(limits.max_positions, kSmallestBlock) * 4);
}

int64_t MaxPartialPieces(const OpsLimits& limits) {
  const int64_t q_per_kv = limits.num_heads / limits.num_kv_heads;
  const int64_t tokens = std::max<int64_t>(1, kDecodeRows / q_per_kv);
  const int64_t all = std::min(limits.max_tokens, limits.max_sequences) *
                      PartialPieces(tokens, limits.num_heads, limits.max_positions);
  return std::min(all, kPartialBytes / ((limits.head_dim + 2) * 4));
}

StepArraysLayout WriteStepArrays(const StepArrays& arrays, const OpsLimits& limits,
                                 uint8_t* memory) {
  StepArraysLayout layout;
  const auto put = [&layout, memory](const void* from, int64_t bytes) {
    const int64_t begin = layout.bytes;
    if (bytes > 0) std::memcpy(memory + begin, from, static_cast<size_t>(bytes));
    layout.bytes += Align16(bytes);
    return begin;
  };
  const RaggedBatch& batch = arrays.batch;
  layout.ids = put(arrays.ids.data(), static_cast<int64_t>(arrays.ids.size()) * 4);
  layout.rows = put(arrays.rows.data(), static_cast<int64_t>(arrays.rows.size()) * 4);
  layout.positions = put(batch.positions, batch.num_tokens * 4);
  layout.slot_mapping = put(batch.slot_mapping, batch.num_tokens * 4);

  layout.sequences = layout.bytes;
  auto* const sequences = reinterpret_cast<AttentionSequence*>(memory + layout.sequences);
  layout.bytes += Align16(batch.num_sequences * static_cast<int64_t>(sizeof(AttentionSequence)));
  layout.blocks = layout.bytes;
  const int64_t q_per_kv = limits.num_heads / limits.num_kv_heads;
  const int64_t max_pieces = MaxPartialPieces(limits);
  int64_t blocks = 0, pieces = 0;
  for (int64_t s = 0; s < batch.num_sequences; ++s) {
    AttentionSequence& sequence = sequences[s];
    sequence.first_token = batch.q_offsets[s];
    sequence.num_tokens = batch.q_offsets[s + 1] - batch.q_offsets[s];
    sequence.first_position = batch.first_positions[s];
    sequence.first_block = static_cast<int32_t>(blocks);
    const int64_t positions = int64_t{sequence.first_position} + sequence.num_tokens;
    const int64_t count = BlocksOf(positions, batch.block_size);
    std::memcpy(memory + layout.blocks + blocks * 4, batch.block_tables[s],
                static_cast<size_t>(count) * 4);
    blocks += count;

    const int64_t rows = sequence.num_tokens * q_per_kv;
    const int64_t wanted = PartialPieces(sequence.num_tokens, limits.num_heads, positions);
    if (rows <= kDecodeRows && pieces + wanted <= max_pieces) {
      sequence.first_partial = static_cast<int32_t>(pieces);
      pieces += wanted;
      layout.max_decode_positions = std::max(layout.max_decode_positions, positions);
    } else {
      sequence.first_partial = -1;
      layout.max_prefill_rows = std::max(layout.max_prefill_rows, rows);
    }
  }
  layout.bytes += Align16(blocks * 4);
  return layout;
}

}  // namespace baton
