// Weight matrices in the CPU backend's own order: panels of 16 output rows, so that the 16 lanes of
// a vector hold the same position of 16 rows. Rows beyond the last are zero.
//
// A panel of C columns (G = C / 32 groups) holds
//   F32   C × [16 × f32]
//   F16   C × [16 × f16]
//   BF16  C/2 × [16 × (2 × bf16)]                       (an odd last column is paired with zero)
//   Q8_0  G × [8 quads × 16 rows × 4 × (q + 128)], then G × [16 × f16 d]
//   Q4_x  G × [4 × 16 rows × 4 bytes], then G × [16 × f16 d] or, Q4_1, G × [16 × f16 d, 16 × f16
//   m];
//         byte j of quad i holds q of column 4i + j in its low half and of column 16 + 4i + j in
//         its high half.
#ifndef BATON_KERNELS_CPU_PACKED_WEIGHT_H_
#define BATON_KERNELS_CPU_PACKED_WEIGHT_H_

#include <cstdint>

#include "kernels/dtype.h"

namespace baton {

constexpr int64_t kPanelRows = 16;
constexpr int64_t kGroup = 32;  // elements of a quantised group, of weights and of activations

// A view of a packed matrix [rows, cols]; owns nothing. `data` is 64-byte aligned.
struct PackedWeight {
  DType dtype = DType::kF32;
  int64_t rows = 0;
  int64_t cols = 0;  // a multiple of 32 for quantised types
  uint8_t* data = nullptr;

  int64_t num_panels() const { return (rows + kPanelRows - 1) / kPanelRows; }
  int64_t num_groups() const { return cols / kGroup; }
  int64_t scales_offset() const;  // of a panel's scales, quantised types only
  int64_t panel_bytes() const;
  int64_t num_bytes() const { return num_panels() * panel_bytes(); }
  const uint8_t* panel(int64_t p) const { return data + p * panel_bytes(); }
};

// Puts `num_rows` consecutive rows, in the file's row-major order (src), at rows [row, row +
// num_rows) of `w`, whose memory must have been zeroed. Blocks of `src` need no alignment.
void PackRows(const PackedWeight& w, int64_t row, int64_t num_rows, const uint8_t* src);

// The values of one row, dequantised: out [cols].
void UnpackRow(const PackedWeight& w, int64_t row, float* out);

}  // namespace baton

#endif  // BATON_KERNELS_CPU_PACKED_WEIGHT_H_
