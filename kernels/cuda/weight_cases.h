// Random weight matrices for tests of kernels: as a file has them, as a GPU has them, and their
// values.
#ifndef BATON_KERNELS_CUDA_WEIGHT_CASES_H_
#define BATON_KERNELS_CUDA_WEIGHT_CASES_H_

#include <cstdint>
#include <vector>

#include "kernels/cuda/weight_layout.h"
#include "kernels/cuda/weight_packing.h"

namespace baton {

constexpr DType kAllDTypes[] = {DType::kF32,  DType::kF16,  DType::kBF16,
                                DType::kQ8_0, DType::kQ4_0, DType::kQ4_1};

// Copies pieces to where they belong in a matrix's memory.
void PutPieces(const std::vector<PackedPiece>& pieces, std::vector<uint8_t>* memory);

struct WeightCase {
  // Values, or scales of blocks, have exponents over a wide range (F16: subnormals among them).
  WeightCase(DType dtype, int64_t rows, int64_t cols, uint64_t seed);
  WeightCase(DType dtype, int64_t rows, int64_t cols, std::vector<uint8_t> from_file);

  float Value(int64_t row, int64_t col) const { return values[row * layout.cols + col]; }

  CudaWeightLayout layout;
  std::vector<uint8_t> file_rows;
  std::vector<uint8_t> packed;  // layout.num_bytes()
  std::vector<float> values;    // [rows, cols], as DequantiseRow says
};

}  // namespace baton

#endif  // BATON_KERNELS_CUDA_WEIGHT_CASES_H_
