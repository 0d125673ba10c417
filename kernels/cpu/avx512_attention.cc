// Attention of one KV head for up to 12 rows. Scores: lanes are 16 key positions, keys are read
// once for all rows. Values: lanes are 16 elements of the head, four rows at a time.
#include <algorithm>
#include <cstdint>

#include "kernels/cpu/avx512_kernels.h"
#include "kernels/cpu/avx512_target.h"
#include "kernels/elementary.h"

BATON_AVX512_BEGIN

#include "kernels/cpu/avx512_math.h"

namespace baton::avx512 {
namespace {

#define BATON_INLINE inline __attribute__((always_inline))

constexpr int64_t kMaxHeadDim = 512;

template <bool kF16>
BATON_INLINE __m512 LoadKv(const uint8_t* base, int64_t index) {
  if (kF16)
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(base + index * 2)));
  return _mm512_loadu_ps(base + index * 4);
}

// What one call works on: its rows, and their partial results.
struct Rows {
  int64_t count;
  const float* q[kAttentionRows];
  float* out[kAttentionRows];
  int64_t num_keys[kAttentionRows];
  alignas(64) float p[kAttentionRows][kAttentionSplit];  // scores, then probabilities
  float m[kAttentionRows];                               // running maximum
  float l[kAttentionRows];                               // running sum
  float keep[kAttentionRows];                            // factors of the merge in hand
  float add[kAttentionRows];
};

const uint8_t* BlockOf(const AttentionArgs& a, const uint8_t* base, int64_t kv_head,
                       int64_t position) {
  return base + a.block_table[position / a.block_size] * a.block_bytes + kv_head * a.head_bytes;
}

// Key tiles of 16 positions that are scored together: enough independent chains to hide the latency
// of an FMA, whatever the number of rows.
constexpr int KeyTiles(int rows) { return rows <= 2 ? 8 : rows <= 6 ? 4 : 2; }

// Scores of R rows against K tiles of 16 positions, the first at `column`. Asks for the keys of
// `next`, the tiles that come after, on the way.
template <bool kF16, int R, int K>
BATON_INLINE void ScoreTile(const AttentionArgs& a, const uint8_t* const* keys,
                            const uint8_t* const* next, Rows& rows, int64_t column) {
  constexpr int64_t kStep = kF16 ? 32 : 64;  // bytes of an element's 16 positions
  __m512 acc[R][K];
#pragma GCC unroll 12
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
    for (int k = 0; k < K; ++k) acc[r][k] = _mm512_setzero_ps();
  }
  for (int64_t d = 0; d < a.head_dim; ++d) {
    __m512 tile[K];
#pragma GCC unroll 8
    for (int k = 0; k < K; ++k) {
      tile[k] = LoadKv<kF16>(keys[k], d * 16);
      if (!kF16 || d % 2 == 0)
        _mm_prefetch(reinterpret_cast<const char*>(next[k] + d * kStep), _MM_HINT_T0);
    }
#pragma GCC unroll 12
    for (int r = 0; r < R; ++r) {
      const __m512 q = _mm512_set1_ps(rows.q[r][d]);
#pragma GCC unroll 8
      for (int k = 0; k < K; ++k) acc[r][k] = _mm512_fmadd_ps(q, tile[k], acc[r][k]);
    }
  }
#pragma GCC unroll 12
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
    for (int k = 0; k < K; ++k) _mm512_store_ps(rows.p[r] + column + k * 16, acc[r][k]);
  }
}

// Scores of R rows against the positions of one split, [begin, end).
template <bool kF16, int R>
void ScoreSplit(const AttentionArgs& a, int64_t kv_head, Rows& rows, int64_t begin, int64_t end) {
  constexpr int K = KeyTiles(R);
  const int64_t tiles = (end - begin + 15) / 16;
  // The split's keys by tiles, and then its first values, which are read next.
  const uint8_t* data[kAttentionSplit / 16 + K];
  for (int64_t i = 0; i < tiles + K; ++i) {
    const int64_t position = begin + (i < tiles ? i : std::min(i - tiles, tiles - 1)) * 16;
    data[i] = BlockOf(a, i < tiles ? a.keys : a.values, kv_head, position) +
              position % a.block_size * a.head_dim * (kF16 ? 2 : 4);
  }
  int64_t i = 0;
  for (; i + K <= tiles; i += K) ScoreTile<kF16, R, K>(a, data + i, data + i + K, rows, i * 16);
  for (; i < tiles; ++i) ScoreTile<kF16, R, 1>(a, data + i, data + i + 1, rows, i * 16);
}

template <bool kF16>
void Scores(const AttentionArgs& a, int64_t kv_head, Rows& rows, int64_t begin, int64_t end) {
  switch (rows.count) {
    case 1:
      return ScoreSplit<kF16, 1>(a, kv_head, rows, begin, end);
    case 2:
      return ScoreSplit<kF16, 2>(a, kv_head, rows, begin, end);
    case 3:
      return ScoreSplit<kF16, 3>(a, kv_head, rows, begin, end);
    case 4:
      return ScoreSplit<kF16, 4>(a, kv_head, rows, begin, end);
    case 5:
      return ScoreSplit<kF16, 5>(a, kv_head, rows, begin, end);
    case 6:
      return ScoreSplit<kF16, 6>(a, kv_head, rows, begin, end);
    case 7:
      return ScoreSplit<kF16, 7>(a, kv_head, rows, begin, end);
    case 8:
      return ScoreSplit<kF16, 8>(a, kv_head, rows, begin, end);
    case 9:
      return ScoreSplit<kF16, 9>(a, kv_head, rows, begin, end);
    case 10:
      return ScoreSplit<kF16, 10>(a, kv_head, rows, begin, end);
    case 11:
      return ScoreSplit<kF16, 11>(a, kv_head, rows, begin, end);
    default:
      return ScoreSplit<kF16, 12>(a, kv_head, rows, begin, end);
  }
}

// Turns a row's scores of one split into probabilities; updates the running maximum and sum and
// leaves the factors with which the values are merged. `count`: the row's keys in the split.
void Softmax(Rows& rows, int64_t r, int64_t count, bool first) {
  float* p = rows.p[r];
  const __m512 lowest = _mm512_set1_ps(-__builtin_inff());
  __m512 best = lowest;
  for (int64_t j = 0; j < count; j += 16) {
    const __m512 s = _mm512_mask_loadu_ps(lowest, TailMask(j, count), p + j);
    best = _mm512_max_ps(best, s);
    _mm512_store_ps(p + j, s);
  }
  const float m = FoldMax512(best);
  const __m512 top = _mm512_set1_ps(m);
  __m512 lanes = _mm512_setzero_ps();
  for (int64_t j = 0; j < count; j += 16) {
    const __mmask16 mask = TailMask(j, count);
    const __m512 e = Exp(_mm512_sub_ps(_mm512_load_ps(p + j), top));
    _mm512_store_ps(p + j, e);
    lanes = _mm512_mask_add_ps(lanes, mask, lanes, e);
  }
  const float l = FoldSum512(lanes);
  if (first) {
    rows.m[r] = m;
    rows.l[r] = l;
    return;
  }
  const float new_m = rows.m[r] > m ? rows.m[r] : m;
  rows.keep[r] = ExpF32(rows.m[r] - new_m);
  rows.add[r] = ExpF32(m - new_m);
  rows.l[r] = __builtin_fmaf(l, rows.add[r], rows.l[r] * rows.keep[r]);
  rows.m[r] = new_m;
}

// Adds one split's values to the outputs of rows [r0, r0 + R): elements [d, d + 16·D) of the head.
template <bool kF16, int R, int D>
BATON_INLINE void ValueTile(const AttentionArgs& a, int64_t kv_head, Rows& rows, int64_t r0,
                            int64_t d, int64_t begin, bool first) {
  __m512 acc[R][D];
  int64_t most = 0;
#pragma GCC unroll 6
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int i = 0; i < D; ++i) acc[r][i] = _mm512_setzero_ps();
    most = std::max(most, rows.num_keys[r0 + r] - begin);
  }
  // All rows see the keys up to `least`; beyond, a row may have ended.
  int64_t least = std::min(most, kAttentionSplit);
#pragma GCC unroll 6
  for (int r = 0; r < R; ++r) least = std::min(least, rows.num_keys[r0 + r] - begin);
  most = std::min(most, kAttentionSplit);
  for (int64_t j = 0; j < most;) {
    const int64_t position = begin + j;
    const int64_t in_block = position % a.block_size;
    const uint8_t* values = BlockOf(a, a.values, kv_head, position);
    const int64_t end = std::min(most, j + a.block_size - in_block);
    // Read next: the following block, or the following split's keys.
    const uint8_t* next = values;
    if (end < most) {
      next = BlockOf(a, a.values, kv_head, begin + end);
    } else if (rows.num_keys[rows.count - 1] > begin + kAttentionSplit) {
      next = BlockOf(a, a.keys, kv_head, begin + kAttentionSplit);
    }
    for (int64_t row = in_block; j < end; ++j, ++row) {
      for (int64_t i = 0; i < 16 * D * (kF16 ? 2 : 4); i += 64)
        _mm_prefetch(
            reinterpret_cast<const char*>(next + (row * a.head_dim + d) * (kF16 ? 2 : 4) + i),
            _MM_HINT_T0);
      __m512 v[D];
#pragma GCC unroll 4
      for (int i = 0; i < D; ++i) v[i] = LoadKv<kF16>(values, row * a.head_dim + d + i * 16);
#pragma GCC unroll 6
      for (int r = 0; r < R; ++r) {
        if (j >= least && j >= rows.num_keys[r0 + r] - begin) continue;
        const __m512 p = _mm512_set1_ps(rows.p[r0 + r][j]);
#pragma GCC unroll 4
        for (int i = 0; i < D; ++i) acc[r][i] = _mm512_fmadd_ps(p, v[i], acc[r][i]);
      }
    }
  }
#pragma GCC unroll 6
  for (int r = 0; r < R; ++r) {
    if (rows.num_keys[r0 + r] <= begin) continue;  // the row ended in an earlier split
    float* out = rows.out[r0 + r] + d;
#pragma GCC unroll 4
    for (int i = 0; i < D; ++i) {
      if (!first) {
        const __m512 kept =
            _mm512_mul_ps(_mm512_loadu_ps(out + i * 16), _mm512_set1_ps(rows.keep[r0 + r]));
        acc[r][i] = _mm512_fmadd_ps(acc[r][i], _mm512_set1_ps(rows.add[r0 + r]), kept);
      }
      _mm512_storeu_ps(out + i * 16, acc[r][i]);
    }
  }
}

template <bool kF16, int R>
void Values(const AttentionArgs& a, int64_t kv_head, Rows& rows, int64_t r0, int64_t begin,
            bool first) {
  int64_t d = 0;
  for (; d + 64 <= a.head_dim; d += 64)
    ValueTile<kF16, R, 4>(a, kv_head, rows, r0, d, begin, first);
  for (; d < a.head_dim; d += 16) ValueTile<kF16, R, 1>(a, kv_head, rows, r0, d, begin, first);
}

template <bool kF16>
void Run(const AttentionArgs& a, int64_t kv_head, Rows& rows) {
  int64_t most = 0;
  for (int64_t r = 0; r < rows.count; ++r) most = std::max(most, rows.num_keys[r]);
  for (int64_t begin = 0; begin < most; begin += kAttentionSplit) {
    const bool first = begin == 0;
    const int64_t end = std::min(most, begin + kAttentionSplit);
    Scores<kF16>(a, kv_head, rows, begin, end);
    for (int64_t r = 0; r < rows.count; ++r) {
      if (rows.num_keys[r] > begin)
        Softmax(rows, r, std::min(kAttentionSplit, rows.num_keys[r] - begin), first);
    }
    int64_t r = 0;
    for (; r + 6 <= rows.count; r += 6) Values<kF16, 6>(a, kv_head, rows, r, begin, first);
    for (; r + 4 <= rows.count; r += 4) Values<kF16, 4>(a, kv_head, rows, r, begin, first);
    if (rows.count - r == 3) Values<kF16, 3>(a, kv_head, rows, r, begin, first);
    if (rows.count - r == 2) Values<kF16, 2>(a, kv_head, rows, r, begin, first);
    if (rows.count - r == 1) Values<kF16, 1>(a, kv_head, rows, r, begin, first);
  }
  for (int64_t r = 0; r < rows.count; ++r) {
    const __m512 l = _mm512_set1_ps(rows.l[r]);
    for (int64_t d = 0; d < a.head_dim; d += 16) {
      _mm512_storeu_ps(rows.out[r] + d, _mm512_div_ps(_mm512_loadu_ps(rows.out[r] + d), l));
    }
  }
}

}  // namespace

void Attention(const AttentionArgs& args, int64_t kv_head, int64_t row_begin, int64_t row_end) {
  if (args.head_dim % 16 != 0 || args.head_dim > kMaxHeadDim) {
    ScalarKernels().attention(args, kv_head, row_begin, row_end);
    return;
  }
  Rows rows;
  rows.count = row_end - row_begin;
  for (int64_t r = 0; r < rows.count; ++r) {
    const int64_t token = (row_begin + r) / args.q_per_kv;
    const int64_t head = kv_head * args.q_per_kv + (row_begin + r) % args.q_per_kv;
    rows.q[r] = args.q + token * args.q_stride + head * args.head_dim;
    rows.out[r] = args.out + token * args.out_stride + head * args.head_dim;
    rows.num_keys[r] = args.first_position + token + 1;
  }
  if (args.kv_f16) {
    Run<true>(args, kv_head, rows);
  } else {
    Run<false>(args, kv_head, rows);
  }
}

}  // namespace baton::avx512

BATON_AVX512_END
