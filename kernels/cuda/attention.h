// Causal attention over the paged cache, on tensor cores.
//
// Arithmetic (version "cuda1"). Positions are cut into tiles of 64 that start at multiples of 64,
// whoever computes them and whatever the chunk. For a row (token × query head) and a tile:
//  - scores: q (f16, scaled) · k (f16), one f32 accumulator from +0, head elements ascending in
//  steps of 16 of mma.m16n8k16; elements beyond head_dim are zeros.
//  - m: the largest score that the row sees; p = exp(score − m), 0 where it sees nothing.
//  - l: Σ p. Lane t of 4 sums the keys whose index in the tile is 2t or 2t + 1 modulo 8, ascending;
//  then (0 + 1) + (2 + 3).
//  - o: p (rounded to f16) · v (f16), one f32 accumulator from +0, keys ascending in steps of 16 of
//  mma.m16n8k16.
// Tiles are merged in ascending order: M' = max(M, m), a = exp(M − M'), b = exp(m − M'), L = fma(l,
// b, L · a), O = fma(o, b, O · a), from M = −∞, L = O = 0. A tile of which a row sees nothing takes
// no part. out = O / L.
#ifndef BATON_KERNELS_CUDA_ATTENTION_H_
#define BATON_KERNELS_CUDA_ATTENTION_H_

#include <cuda_runtime.h>

#include <cstdint>

#include "kernels/cuda/rows.h"

namespace baton {

constexpr int kAttentionTile = 64;  // positions
constexpr int64_t kMaxHeadDim = 256;
constexpr int64_t kDecodeRows = 16;  // the most rows of one sequence and KV head in decode

// One sequence's chunk.
struct AttentionSequence {
  int32_t first_token = 0;     // in the batch
  int32_t num_tokens = 0;      // of the chunk
  int32_t first_position = 0;  // of the chunk's first token
  int32_t first_block = 0;     // where its block table begins in `blocks`
  // As decode: where its part of `partial` begins, in pieces of head_dim + 2 floats; it has
  // PartialPieces of them. −1: as prefill.
  int32_t first_partial = -1;
};

struct AttentionKernelArgs {
  const uint16_t* q = nullptr;       // [tokens, num_heads · head_dim], f16, 16-byte aligned
  const uint16_t* keys = nullptr;    // of the layer: [block][kv head][position][head_dim], f16
  const uint16_t* values = nullptr;  // likewise
  int64_t num_heads = 0, num_kv_heads = 0, head_dim = 0;  // head_dim a multiple of 8
  int64_t block_size = 0;                                 // a multiple of 16
  const AttentionSequence* sequences = nullptr;           // on the device
  int64_t num_sequences = 0;
  const int32_t* blocks = nullptr;  // the block tables, on the device
  // Of the sequences that are prefill, the most rows (tokens · num_heads / num_kv_heads); of the
  // others, the most positions that a row sees. 0: there are none.
  int64_t max_prefill_rows = 0;
  int64_t max_decode_positions = 0;
  float* partial = nullptr;
  RowForms out;  // [tokens, num_heads · head_dim]
};

// Pieces of `partial` that a sequence takes as decode, which it may be with at most kDecodeRows
// rows.
int64_t PartialPieces(int64_t num_tokens, int64_t num_heads, int64_t num_positions);

// Enqueues it: as decode, every tile of a sequence is a block's and a second kernel merges them; as
// prefill, a block goes through the tiles. The bits are the same. cudaErrorInvalidValue where the
// arguments are not as said above.
cudaError_t LaunchAttention(cudaStream_t stream, const AttentionKernelArgs& args);

}  // namespace baton

#endif  // BATON_KERNELS_CUDA_ATTENTION_H_
