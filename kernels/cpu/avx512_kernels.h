// The AVX-512 inner loops, one file each; Avx512Kernels() puts them into a table. Signatures and
// arithmetic: kernels.h.
#ifndef BATON_KERNELS_CPU_AVX512_KERNELS_H_
#define BATON_KERNELS_CPU_AVX512_KERNELS_H_

#include <cstdint>

#include "kernels/cpu/kernels.h"

namespace baton::avx512 {

void Matmul(const PackedWeight& w, int64_t panel_begin, int64_t panel_end, const Activations& x,
            int64_t t_begin, int64_t t_end, float* y, int64_t ldy);
void QuantiseRow(const float* x, int64_t n, int8_t* q, float* scale, float* scaled_sum,
                 int32_t* sum);
void AddRmsNormRow(float* residual, const float* delta, const float* weight, int64_t n, float eps,
                   float* out);
void SiluMulRow(const float* g, const float* u, int64_t n, float* out);
void Attention(const AttentionArgs& args, int64_t kv_head, int64_t row_begin, int64_t row_end);
void NarrowF16(const float* x, int64_t n, uint16_t* out);
int64_t Argmax(const float* x, int64_t n);
float Max(const float* x, int64_t n);
void ExpScaled(const float* x, int64_t n, float max, float divisor, float* out);
float SumExp(const float* x, int64_t n, float max);

}  // namespace baton::avx512

#endif  // BATON_KERNELS_CPU_AVX512_KERNELS_H_
