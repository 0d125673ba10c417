// Rows of a model's file in the order of weight_layout.h.
#ifndef BATON_KERNELS_CUDA_WEIGHT_PACKING_H_
#define BATON_KERNELS_CUDA_WEIGHT_PACKING_H_

#include <cstdint>
#include <vector>

#include "kernels/cuda/weight_layout.h"

namespace baton {

// Bytes that go to lines of `width` bytes, `pitch` apart, from `offset` on in the matrix's memory.
struct PackedPiece {
  int64_t offset = 0, pitch = 0, width = 0;
  std::vector<uint8_t> bytes;  // lines without gaps
};

// Rows [row, row + num_rows), given in the file's row-major order.
std::vector<PackedPiece> PackForCuda(const CudaWeightLayout& layout, int64_t row, int64_t num_rows,
                                     const uint8_t* src);

}  // namespace baton

#endif  // BATON_KERNELS_CUDA_WEIGHT_PACKING_H_
