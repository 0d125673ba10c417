// Products of packed weights. A tile is one panel (16 output rows, one to a lane) by up to 12
// tokens, whose accumulators stay in registers; weights are unpacked once for a tile.
#include <algorithm>
#include <cstdint>

#include "kernels/cpu/avx512_kernels.h"
#include "kernels/cpu/avx512_target.h"

BATON_AVX512_BEGIN

namespace baton::avx512 {
namespace {

#define BATON_INLINE inline __attribute__((always_inline))

BATON_INLINE __m512 LoadHalf(const uint8_t* p) {
  return _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i*>(p)));
}

BATON_INLINE __m512i BroadcastQuad(const int8_t* q) {
  return _mm512_set1_epi32(*reinterpret_cast<const int32_t*>(q));
}

// How far ahead of its use a weight is asked for: measured best between 8 and 16 KiB at 1 to 16
// tokens.
constexpr int64_t kPrefetchAhead = 12 << 10;

// The eight quads (16 rows × 4 columns) of one group as unsigned bytes.
struct FourBits {
  static constexpr int64_t kBytes = 256;
  static BATON_INLINE void Load(const uint8_t* p, __m512i quads[8]) {
    const __m512i mask = _mm512_set1_epi8(15);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      const __m512i packed = _mm512_load_si512(p + i * 64);
      quads[i] = _mm512_and_si512(packed, mask);
      quads[i + 4] = _mm512_and_si512(_mm512_srli_epi16(packed, 4), mask);
    }
  }
};

struct EightBits {
  static constexpr int64_t kBytes = 512;
  static BATON_INLINE void Load(const uint8_t* p, __m512i quads[8]) {
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) quads[i] = _mm512_load_si512(p + i * 64);
  }
};

template <class Quads, int kOffset, bool kMin, int T>
BATON_INLINE void QuantisedTile(const PackedWeight& w, const uint8_t* panel, const Activations& x,
                                int64_t t0, float* y, int64_t ldy, __mmask16 rows,
                                const uint8_t* ahead) {
  const int64_t groups = w.cols / kGroup;
  const uint8_t* scales = panel + groups * Quads::kBytes;
  const int8_t* q = x.q8 + t0 * x.cols;
  const float* x_scale = x.scale + t0 * groups;
  const float* x_scaled_sum = x.scaled_sum + t0 * groups;
  const int32_t* x_sum = x.sum + t0 * groups;
  __m512 acc[T];
#pragma GCC unroll 12
  for (int t = 0; t < T; ++t) acc[t] = _mm512_setzero_ps();
  for (int64_t g = 0; g < groups; ++g) {
    __m512i quads[8];
    Quads::Load(panel + g * Quads::kBytes, quads);
    // A pass over few tokens is bound by how early the lines of the panels to come are asked for.
#pragma GCC unroll 8
    for (int64_t line = 0; line < Quads::kBytes; line += 64) {
      _mm_prefetch(reinterpret_cast<const char*>(ahead + g * Quads::kBytes + line), _MM_HINT_T0);
    }
    const __m512 d = LoadHalf(scales + g * (kMin ? 64 : 32));
    __m512 m = _mm512_setzero_ps();
    if (kMin) m = LoadHalf(scales + g * 64 + 32);
#pragma GCC unroll 12
    for (int t = 0; t < T; ++t) {
      const int8_t* qt = q + t * x.cols + g * kGroup;
      __m512i dot = kOffset == 0 ? _mm512_setzero_si512()
                                 : _mm512_set1_epi32(-kOffset * x_sum[t * groups + g]);
      if (T <= 2) {  // two chains, for latency
        __m512i dot2 = _mm512_setzero_si512();
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) {
          dot = _mm512_dpbusd_epi32(dot, quads[i], BroadcastQuad(qt + i * 4));
          dot2 = _mm512_dpbusd_epi32(dot2, quads[i + 4], BroadcastQuad(qt + (i + 4) * 4));
        }
        dot = _mm512_add_epi32(dot, dot2);
      } else {
#pragma GCC unroll 8
        for (int i = 0; i < 8; ++i)
          dot = _mm512_dpbusd_epi32(dot, quads[i], BroadcastQuad(qt + i * 4));
      }
      const __m512 scale = _mm512_mul_ps(d, _mm512_set1_ps(x_scale[t * groups + g]));
      acc[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), scale, acc[t]);
      if (kMin) acc[t] = _mm512_fmadd_ps(m, _mm512_set1_ps(x_scaled_sum[t * groups + g]), acc[t]);
    }
  }
#pragma GCC unroll 12
  for (int t = 0; t < T; ++t) _mm512_mask_storeu_ps(y + t * ldy, rows, acc[t]);
}

struct PlainF32 {
  static constexpr int64_t kBytes = 64;
  static BATON_INLINE __m512 Load(const uint8_t* p) { return _mm512_load_ps(p); }
};

struct PlainF16 {
  static constexpr int64_t kBytes = 32;
  static BATON_INLINE __m512 Load(const uint8_t* p) { return LoadHalf(p); }
};

template <class Plain, int T>
BATON_INLINE void PlainTile(const PackedWeight& w, const uint8_t* panel, const Activations& x,
                            int64_t t0, float* y, int64_t ldy, __mmask16 rows,
                            const uint8_t* /*ahead*/) {
  const float* xs = x.f32 + t0 * x.cols;
  __m512 acc[T];
#pragma GCC unroll 12
  for (int t = 0; t < T; ++t) acc[t] = _mm512_setzero_ps();
  for (int64_t k = 0; k < w.cols; ++k) {
    const __m512 wk = Plain::Load(panel + k * Plain::kBytes);
#pragma GCC unroll 12
    for (int t = 0; t < T; ++t)
      acc[t] = _mm512_fmadd_ps(wk, _mm512_set1_ps(xs[t * x.cols + k]), acc[t]);
  }
#pragma GCC unroll 12
  for (int t = 0; t < T; ++t) _mm512_mask_storeu_ps(y + t * ldy, rows, acc[t]);
}

template <int T>
BATON_INLINE void Bf16Tile(const PackedWeight& w, const uint8_t* panel, const Activations& x,
                           int64_t t0, float* y, int64_t ldy, __mmask16 rows,
                           const uint8_t* /*ahead*/) {
  const int64_t pairs = (w.cols + 1) / 2;
  const uint16_t* xs = x.bf16 + t0 * pairs * 2;
  __m512 acc[T];
#pragma GCC unroll 12
  for (int t = 0; t < T; ++t) acc[t] = _mm512_setzero_ps();
  for (int64_t k = 0; k < pairs; ++k) {
    const __m512i wk = _mm512_load_si512(panel + k * 64);
#pragma GCC unroll 12
    for (int t = 0; t < T; ++t) {
      const __m512i xk =
          _mm512_set1_epi32(*reinterpret_cast<const int32_t*>(xs + (t * pairs + k) * 2));
      acc[t] =
          _mm512_dpbf16_ps(acc[t], reinterpret_cast<__m512bh>(wk), reinterpret_cast<__m512bh>(xk));
    }
  }
#pragma GCC unroll 12
  for (int t = 0; t < T; ++t) _mm512_mask_storeu_ps(y + t * ldy, rows, acc[t]);
}

using TileFn = void (*)(const PackedWeight&, const uint8_t*, const Activations&, int64_t, float*,
                        int64_t, __mmask16, const uint8_t*);

// The tiles of one weight type, by number of tokens.
#define BATON_TILES(NAME, CALL)                                                                    \
  template <int T>                                                                                 \
  void NAME(const PackedWeight& w, const uint8_t* panel, const Activations& x, int64_t t0,         \
            float* y, int64_t ldy, __mmask16 rows, const uint8_t* ahead) {                         \
    CALL(w, panel, x, t0, y, ldy, rows, ahead);                                                    \
  }                                                                                                \
  constexpr TileFn k##NAME[13] = {nullptr, NAME<1>, NAME<2>, NAME<3>,  NAME<4>,  NAME<5>, NAME<6>, \
                                  NAME<7>, NAME<8>, NAME<9>, NAME<10>, NAME<11>, NAME<12>};

BATON_TILES(TileQ40, (QuantisedTile<FourBits, 8, false, T>))
BATON_TILES(TileQ41, (QuantisedTile<FourBits, 0, true, T>))
BATON_TILES(TileQ80, (QuantisedTile<EightBits, 128, false, T>))
BATON_TILES(TileF32, (PlainTile<PlainF32, T>))
BATON_TILES(TileF16, (PlainTile<PlainF16, T>))
BATON_TILES(TileBf16, Bf16Tile<T>)

const TileFn* TilesFor(DType type) {
  switch (type) {
    case DType::kF32:
      return kTileF32;
    case DType::kF16:
      return kTileF16;
    case DType::kBF16:
      return kTileBf16;
    case DType::kQ8_0:
      return kTileQ80;
    case DType::kQ4_0:
      return kTileQ40;
    case DType::kQ4_1:
      return kTileQ41;
  }
  return nullptr;
}

}  // namespace

void Matmul(const PackedWeight& w, int64_t panel_begin, int64_t panel_end, const Activations& x,
            int64_t t_begin, int64_t t_end, float* y, int64_t ldy) {
  const TileFn* tiles = TilesFor(w.dtype);
  // Tiles of nearly equal size: 16 tokens are two of 8, not 12 and 4.
  const int64_t num_tiles = (t_end - t_begin + 11) / 12;
  for (int64_t p = panel_begin; p < panel_end; ++p) {
    const int64_t rows = std::min(kPanelRows, w.rows - p * kPanelRows);
    const __mmask16 mask = static_cast<__mmask16>((1u << rows) - 1);
    for (int64_t i = 0; i < num_tiles; ++i) {
      const int64_t t0 = t_begin + (t_end - t_begin) * i / num_tiles;
      const int64_t t1 = t_begin + (t_end - t_begin) * (i + 1) / num_tiles;
      tiles[t1 - t0](w, w.panel(p), x, t0, y + t0 * ldy + p * kPanelRows, ldy, mask,
                     i == 0 ? w.panel(p) + kPrefetchAhead : w.panel(p));
    }
  }
}

}  // namespace baton::avx512

BATON_AVX512_END
