// For the AVX-512 files alone, after all other includes: everything that follows is compiled for
// AVX-512, and nothing that stands in a shared header is (an inline function compiled so could be
// the copy that the linker keeps for all).
#ifndef BATON_KERNELS_CPU_AVX512_TARGET_H_
#define BATON_KERNELS_CPU_AVX512_TARGET_H_

#include <immintrin.h>

#if defined(__clang__)
// Clang wants one literal here; clang-format would cut it in two.
// clang-format off
#define BATON_AVX512_BEGIN \
  _Pragma("clang attribute push(__attribute__((target(\"avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512bf16,avx2,fma,f16c\"))), apply_to = function)")
// clang-format on
#define BATON_AVX512_END _Pragma("clang attribute pop")
#else
#define BATON_AVX512_BEGIN             \
  _Pragma("GCC push_options") _Pragma( \
      "GCC target(\"avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512bf16,avx2,fma,f16c\")")
#define BATON_AVX512_END _Pragma("GCC pop_options")
#endif

#endif  // BATON_KERNELS_CPU_AVX512_TARGET_H_
