// One step of a tensor core, in software: d = c + Σ a_k · b_k over 16 products of bf16 or f16.
//
// The arithmetic is Hopper's as published in "MMA-Sim: Bit-Accurate Reference Model of Tensor Cores
// and Matrix Cores" (arXiv 2511.10909) and "Accurate Models of NVIDIA Tensor Cores" (arXiv
// 2512.07004): the products are exact; they and c are aligned to the largest exponent among them (a
// product's is the sum of its factors' exponents) and cut, toward zero, to 25 bits behind the
// point; the sum of these is exact; it is cut, toward zero, to a float. So the order of the 16
// products does not matter, and rounding is never upward.
#ifndef BATON_KERNELS_CUDA_EMULATOR_TENSOR_CORE_H_
#define BATON_KERNELS_CUDA_EMULATOR_TENSOR_CORE_H_

#include <cstdint>

namespace baton {

constexpr int kTensorCoreProducts = 16;

// a, b [16]. Any NaN, infinity times zero, or infinities of both signs give the NaN 0x7fffffff;
// else an infinity gives itself.
float TensorCoreStepBF16(const uint16_t* a, const uint16_t* b, float c);
float TensorCoreStepF16(const uint16_t* a, const uint16_t* b, float c);

// d [16, 8] = d + a [16, 16] · b, with b [8, 16] transposed: 128 of these steps.
void TensorCoreMmaBF16(const uint16_t (&a)[16][16], const uint16_t (&b)[8][16], float (&d)[16][8]);
void TensorCoreMmaF16(const uint16_t (&a)[16][16], const uint16_t (&b)[8][16], float (&d)[16][8]);

}  // namespace baton

#endif  // BATON_KERNELS_CUDA_EMULATOR_TENSOR_CORE_H_
