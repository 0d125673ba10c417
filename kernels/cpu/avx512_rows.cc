// Row-wise operations: quantising, norms, activation functions, and the reductions of sampling.
#include <cmath>
#include <cstdint>
#include <limits>

#include "kernels/cpu/avx512_kernels.h"
#include "kernels/cpu/avx512_target.h"
#include "kernels/elementary.h"

BATON_AVX512_BEGIN

#include "kernels/cpu/avx512_math.h"

namespace baton::avx512 {

void QuantiseRow(const float* x, int64_t n, int8_t* q, float* scale, float* scaled_sum,
                 int32_t* sum) {
  const __m512 infinity = _mm512_set1_ps(__builtin_inff());
  for (int64_t g = 0; g < n / kGroup; ++g, x += kGroup, q += kGroup) {
    const __m512 x0 = _mm512_loadu_ps(x), x1 = _mm512_loadu_ps(x + 16);
    const __m512 a0 = _mm512_abs_ps(x0), a1 = _mm512_abs_ps(x1);
    const __mmask16 finite =
        _mm512_cmp_ps_mask(a0, infinity, _CMP_LT_OQ) & _mm512_cmp_ps_mask(a1, infinity, _CMP_LT_OQ);
    const float amax = FoldMax512(_mm512_max_ps(a0, a1));
    int32_t total = 0;
    if (finite != 0xffff || amax < 0x1p-100f) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(q), _mm256_setzero_si256());
      scale[g] = finite == 0xffff ? 0.0f : std::numeric_limits<float>::quiet_NaN();
    } else {
      scale[g] = amax / 127.0f;
      const __m512 inverse = _mm512_set1_ps(127.0f / amax);
      const __m512i q0 = _mm512_cvtps_epi32(_mm512_mul_ps(x0, inverse));
      const __m512i q1 = _mm512_cvtps_epi32(_mm512_mul_ps(x1, inverse));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(q), _mm512_cvtepi32_epi8(q0));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(q + 16), _mm512_cvtepi32_epi8(q1));
      total = _mm512_reduce_add_epi32(_mm512_add_epi32(q0, q1));
    }
    sum[g] = total;
    scaled_sum[g] = scale[g] * static_cast<float>(total);
  }
}

void AddRmsNormRow(float* residual, const float* delta, const float* weight, int64_t n, float eps,
                   float* out) {
  __m512 lanes = _mm512_setzero_ps();
  for (int64_t i = 0; i < n; i += 16) {
    const __mmask16 mask = TailMask(i, n);
    __m512 x = _mm512_maskz_loadu_ps(mask, residual + i);
    if (delta != nullptr) {
      x = _mm512_add_ps(x, _mm512_maskz_loadu_ps(mask, delta + i));
      _mm512_mask_storeu_ps(residual + i, mask, x);
    }
    lanes = _mm512_fmadd_ps(x, x, lanes);
  }
  const float mean = FoldSum512(lanes) / static_cast<float>(n);
  const __m512 scale = _mm512_set1_ps(1.0f / std::sqrt(mean + eps));
  for (int64_t i = 0; i < n; i += 16) {
    const __mmask16 mask = TailMask(i, n);
    const __m512 x = _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, residual + i), scale);
    _mm512_mask_storeu_ps(out + i, mask, _mm512_mul_ps(x, _mm512_maskz_loadu_ps(mask, weight + i)));
  }
}

void SiluMulRow(const float* g, const float* u, int64_t n, float* out) {
  const __m512 one = _mm512_set1_ps(1.0f);
  for (int64_t i = 0; i < n; i += 16) {
    const __mmask16 mask = TailMask(i, n);
    const __m512 gate = _mm512_maskz_loadu_ps(mask, g + i);
    const __m512 minus = _mm512_xor_ps(gate, _mm512_set1_ps(-0.0f));
    const __m512 s = _mm512_div_ps(gate, _mm512_add_ps(one, Exp(minus)));
    _mm512_mask_storeu_ps(out + i, mask, _mm512_mul_ps(s, _mm512_maskz_loadu_ps(mask, u + i)));
  }
}

void NarrowF16(const float* x, int64_t n, uint16_t* out) {
  for (int64_t i = 0; i < n; i += 16) {
    const __mmask16 mask = TailMask(i, n);
    const __m256i half = _mm512_cvtps_ph(_mm512_maskz_loadu_ps(mask, x + i),
                                         _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    _mm256_mask_storeu_epi16(out + i, mask, half);
  }
}

float Max(const float* x, int64_t n) {
  const __m512 lowest = _mm512_set1_ps(-__builtin_inff());
  __m512 best = lowest;
  for (int64_t i = 0; i < n; i += 16) {
    // x > best ? x : best, which passes over NaNs.
    best = _mm512_max_ps(_mm512_mask_loadu_ps(lowest, TailMask(i, n), x + i), best);
  }
  return FoldMax512(best);
}

int64_t Argmax(const float* x, int64_t n) {
  const float best = Max(x, n);
  if (best == -std::numeric_limits<float>::infinity()) return 0;
  const __m512 wanted = _mm512_set1_ps(best);
  for (int64_t i = 0; i < n; i += 16) {
    const __mmask16 mask = TailMask(i, n);
    const __mmask16 hit =
        _mm512_mask_cmp_ps_mask(mask, _mm512_maskz_loadu_ps(mask, x + i), wanted, _CMP_EQ_OQ);
    if (hit != 0) return i + __builtin_ctz(hit);
  }
  return 0;
}

void ExpScaled(const float* x, int64_t n, float max, float divisor, float* out) {
  const __m512 d = _mm512_set1_ps(divisor), top = _mm512_set1_ps(max / divisor);
  for (int64_t i = 0; i < n; i += 16) {
    const __mmask16 mask = TailMask(i, n);
    const __m512 z = _mm512_sub_ps(_mm512_div_ps(_mm512_maskz_loadu_ps(mask, x + i), d), top);
    _mm512_mask_storeu_ps(out + i, mask, Exp(z));
  }
}

float SumExp(const float* x, int64_t n, float max) {
  const __m512 top = _mm512_set1_ps(max);
  __m512 lanes = _mm512_setzero_ps();
  for (int64_t i = 0; i < n; i += 16) {
    const __mmask16 mask = TailMask(i, n);
    const __m512 e = Exp(_mm512_sub_ps(_mm512_maskz_loadu_ps(mask, x + i), top));
    lanes = _mm512_mask_add_ps(lanes, mask, lanes, e);
  }
  return FoldSum512(lanes);
}

}  // namespace baton::avx512

BATON_AVX512_END
