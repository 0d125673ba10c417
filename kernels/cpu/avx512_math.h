// Vector forms of the specification's elementary functions and reductions. Include between
// BATON_AVX512_BEGIN and BATON_AVX512_END only.
#ifndef BATON_KERNELS_CPU_AVX512_MATH_H_
#define BATON_KERNELS_CPU_AVX512_MATH_H_

namespace baton::avx512 {
namespace {

// ExpF32 of kernels/elementary.h, lane by lane.
inline __attribute__((always_inline)) __m512 Exp(__m512 x) {
  using C = ExpConstants;
  const __mmask16 low = _mm512_cmp_ps_mask(x, _mm512_set1_ps(C::kMin), _CMP_LT_OQ);
  const __mmask16 high = _mm512_cmp_ps_mask(x, _mm512_set1_ps(C::kMax), _CMP_GT_OQ);
  const __mmask16 nan = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
  const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(C::kLog2E)),
                                        _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m512 r = _mm512_fmadd_ps(n, _mm512_set1_ps(-C::kLn2High), x);
  r = _mm512_fmadd_ps(n, _mm512_set1_ps(-C::kLn2Low), r);
  __m512 p = _mm512_set1_ps(C::kC6);
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(C::kC5));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(C::kC4));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(C::kC3));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(C::kC2));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
  // p · 2^n with one rounding; results are normal here, so it equals the two exact multiplications.
  p = _mm512_scalef_ps(p, n);
  p = _mm512_mask_mov_ps(p, high, _mm512_set1_ps(__builtin_inff()));
  p = _mm512_maskz_mov_ps(static_cast<__mmask16>(~low), p);
  return _mm512_mask_mov_ps(p, nan, x);
}

inline __attribute__((always_inline)) float FoldSum512(__m512 v) {
  const __m256 v8 = _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
  const __m128 v4 = _mm_add_ps(_mm256_castps256_ps128(v8), _mm256_extractf128_ps(v8, 1));
  const __m128 v2 = _mm_add_ps(v4, _mm_movehl_ps(v4, v4));
  return _mm_cvtss_f32(_mm_add_ss(v2, _mm_movehdup_ps(v2)));
}

inline __attribute__((always_inline)) float FoldMax512(__m512 v) {
  const __m256 v8 = _mm256_max_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
  const __m128 v4 = _mm_max_ps(_mm256_castps256_ps128(v8), _mm256_extractf128_ps(v8, 1));
  const __m128 v2 = _mm_max_ps(v4, _mm_movehl_ps(v4, v4));
  return _mm_cvtss_f32(_mm_max_ss(v2, _mm_movehdup_ps(v2)));
}

// The mask of the lanes of the last, partial vector of n elements at i.
inline __attribute__((always_inline)) __mmask16 TailMask(int64_t i, int64_t n) {
  return n - i >= 16 ? static_cast<__mmask16>(0xffff) : static_cast<__mmask16>((1u << (n - i)) - 1);
}

}  // namespace
}  // namespace baton::avx512

#endif  // BATON_KERNELS_CPU_AVX512_MATH_H_
