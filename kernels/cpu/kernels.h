// The inner loops of the CPU backend, as a table of functions: one table for each instruction set.
// All tables compute the same bits; ScalarKernels() is the specification, written to be read.
//
// Common rules (numerics version 1 of the CPU backend):
//  - f32 throughout; a fused multiply-add where one is written (fma), no other contraction, round
//  to nearest even.
//  - Products of a weight matrix: one f32 accumulator per output, columns (or groups of 32 columns)
//  ascending.
//  - Every other sum or maximum has 16 lanes, element i in lane i mod 16, i ascending; the lanes
//  are then folded 8 on 8,
//    4 on 4, 2 on 2, 1 on 1 (lane j with lane j + half).
//  - A maximum is a > b ? a : b with a the accumulator.
#ifndef BATON_KERNELS_CPU_KERNELS_H_
#define BATON_KERNELS_CPU_KERNELS_H_

#include <cstdint>

#include "kernels/cpu/packed_weight.h"
#include "kernels/dtype.h"
#include "kernels/tensor.h"

namespace baton {

// One layer's keys and values of one sequence, and what attends to them. Blocks hold `block_size`
// positions (a multiple of 16). Within a block, for each KV head: keys as [block_size /
// 16][head_dim][16 positions], values as [block_size][head_dim].
struct AttentionArgs {
  const float* q =
      nullptr;  // row t of the chunk, head h: q + t · q_stride + h · head_dim; already scaled
  int64_t q_stride = 0;
  float* out = nullptr;  // same layout
  int64_t out_stride = 0;
  const uint8_t* keys = nullptr;    // of the layer
  const uint8_t* values = nullptr;  // of the layer
  int64_t block_bytes = 0;  // of one block of keys (values alike), all KV heads of this rank
  int64_t head_bytes = 0;   // of one KV head in a block
  const int32_t* block_table = nullptr;
  int64_t block_size = 0;
  int64_t head_dim = 0;
  int64_t q_per_kv = 0;        // query heads that share a KV head
  int64_t first_position = 0;  // of the chunk's row 0
  bool kv_f16 = true;          // else f32
};

// Positions of one split of attention. Splits lie at multiples of this, whoever computes them.
constexpr int64_t kAttentionSplit = 128;
// The most rows (token × query head) of one call of `attention`.
constexpr int64_t kAttentionRows = 12;

struct CpuKernels {
  const char* name;

  // y[t · ldy + r] = Σ_k w[r, k] · x[t, k] for the rows of panels [panel_begin, panel_end) and t in
  // [t_begin, t_end).
  //   F32, F16: acc = fma(w, x.f32, acc), k ascending.
  //   BF16: for each pair of columns, acc = fma(w[2k+1], x[2k+1], acc), then acc = fma(w[2k],
  //   x[2k], acc), with subnormal
  //     operands and results as zero: the documented behaviour of VDPBF16PS.
  //   Q8_0, Q4_0: i = Σ q_w · q_x, exact; acc = fma(float(i), d · scale, acc), groups ascending.
  //   Q4_1: likewise with unsigned q_w, then acc = fma(m, scaled_sum, acc).
  void (*matmul)(const PackedWeight& w, int64_t panel_begin, int64_t panel_end,
                 const Activations& x, int64_t t_begin, int64_t t_end, float* y, int64_t ldy);

  // Fills the int8 form of a row: x, q [n]; scale, scaled_sum, sum [n / 32]. amax = max |x|; a
  // group with amax < 2^-100 is zero with scale 0; a group with a NaN or infinity has q = 0 and
  // scale NaN; else q = rint(x · (127 / amax)).
  void (*quantise_row)(const float* x, int64_t n, int8_t* q, float* scale, float* scaled_sum,
                       int32_t* sum);

  // residual += delta (if not null); out = (residual · (1 / sqrt(Σ residual² / n + eps))) · weight.
  // All [n]; the sum of squares by fma.
  void (*add_rms_norm_row)(float* residual, const float* delta, const float* weight, int64_t n,
                           float eps, float* out);

  // out = (g / (1 + exp(−g))) · u. All [n].
  void (*silu_mul_row)(const float* g, const float* u, int64_t n, float* out);

  // Attention of KV head `kv_head` for rows [row_begin, row_end), at most kAttentionRows; row r is
  // token r / q_per_kv of the chunk and query head kv_head · q_per_kv + r % q_per_kv; it sees
  // positions 0 … first_position + its token.
  //   score = Σ_d q[d] · k[d], fma, d ascending from 0. For each split: m = max, p = exp(score −
  //   m), l = Σp (lanes), o[d] = Σ_j p_j · v_j[d], fma, j ascending from 0. Splits are merged in
  //   ascending order: M' = max(M, m), a = exp(M − M'), b = exp(m − M'), L = fma(l, b, L · a), O =
  //   fma(o, b, O · a). out = O / L. Keys that are masked take no part.
  void (*attention)(const AttentionArgs& args, int64_t kv_head, int64_t row_begin, int64_t row_end);

  // out[i] = x[i] rounded to f16, to nearest even.
  void (*narrow_f16)(const float* x, int64_t n, uint16_t* out);

  // The index of the largest of x[0 … n), the lowest among equals; NaN counts as less than
  // everything. n ≥ 1.
  int64_t (*argmax)(const float* x, int64_t n);
  // The largest of x, NaNs ignored (−infinity if all are).
  float (*max)(const float* x, int64_t n);
  // out[i] = exp(x[i] / divisor − max / divisor); returns nothing. May be in place.
  void (*exp_scaled)(const float* x, int64_t n, float max, float divisor, float* out);
  // Σ exp(x[i] − max), lanes.
  float (*sum_exp)(const float* x, int64_t n, float max);
};

// The specification: plain C++, any CPU.
const CpuKernels& ScalarKernels();

// AVX-512 (F, BW, VL, DQ, VNNI, BF16). Null where this CPU lacks it.
const CpuKernels* Avx512Kernels();

// The fastest table for this CPU, or the one that the environment variable BATON_CPU_KERNELS names
// ("scalar", "avx512").
const CpuKernels& BestKernels();

}  // namespace baton

#endif  // BATON_KERNELS_CPU_KERNELS_H_
