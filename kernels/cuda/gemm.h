// Products of weight matrices on tensor cores.
//
// The arithmetic, which every tile shape of gemm.cu has in common, so that a token's outputs are
// the same bits in any batch (version "cuda1"):
//  - BF16 weights: operands bf16, activations rounded to bf16. F16 weights: operands f16,
//  activations rounded to f16. Q8_0, Q4_0 and Q4_1 weights: the block's value in f32 (d · q; d · (q
//  − 8); fma(d, q, m)), rounded to bf16, then as BF16.
//  - One f32 accumulator per output, from +0; columns ascending in steps of 16, each one
//  mma.m16n8k16 of the device's tensor core. Columns beyond the matrix are zeros. No split of
//  columns.
//  - F32 weights: acc = fma(w, x, acc) from +0, columns ascending.
#ifndef BATON_KERNELS_CUDA_GEMM_H_
#define BATON_KERNELS_CUDA_GEMM_H_

#include <cuda_runtime.h>

#include <cstdint>

#include "kernels/dtype.h"

namespace baton {

// Matrices that are multiplied in one launch, all of one type.
constexpr int kMaxGemmWeights = 3;

struct GemmWeight {
  const uint8_t* data = nullptr;  // as CudaWeightLayout (weight_layout.h) says
  int64_t rows = 0;
};

// y [tokens, ldy] = x · wᵀ for each weight, their outputs side by side.
struct GemmArgs {
  DType dtype = DType::kBF16;
  GemmWeight weights[kMaxGemmWeights];
  int num_weights = 0;
  int64_t cols = 0;
  const void* x = nullptr;  // [tokens, x_stride]: bf16, f16 or f32, as the weights ask for; 16-byte
                            // aligned, and zeros from cols to the next multiple of 8
  int64_t x_stride = 0;     // elements; a multiple of 8 but for f32
  int64_t tokens = 0;
  float* y = nullptr;
  int64_t ldy = 0;
};

// Shapes of a block's work: outputs × tokens, by as many warps, with as many stages of 64 columns
// in flight. All give the same bits.
enum class GemmTile : uint8_t {
  k32x8,     // 2 warps, 8 stages: a few tokens, when reading the weights is all there is to do
  k32x16,    // 2 warps, 8 stages
  k32x64,    // 2 warps, 6 stages
  k128x128,  // 8 warps, 4 stages: prefill
};
constexpr GemmTile kGemmTiles[] = {GemmTile::k32x8, GemmTile::k32x16, GemmTile::k32x64,
                                   GemmTile::k128x128};
const char* GemmTileName(GemmTile tile);

// What is taken where nothing better is known.
GemmTile DefaultGemmTile(int64_t tokens);

// Enqueues the product. F32 weights have one shape only, whatever `tile` says.
// cudaErrorInvalidValue where the arguments are not as GemmArgs says.
cudaError_t LaunchGemm(cudaStream_t stream, const GemmArgs& args, GemmTile tile);

}  // namespace baton

#endif  // BATON_KERNELS_CUDA_GEMM_H_
