// A GPU's memory of a matrix has every value of its file where weight_layout.h says, however many
// rows come at once.
#include "kernels/cuda/weight_packing.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/cuda/weight_cases.h"
#include "kernels/cuda/weight_layout.h"
#include "kernels/dtype.h"
#include "kernels/float_bits.h"

namespace baton {
namespace {

// The value at a place, by the words of weight_layout.h alone.
float ValueAt(const std::vector<uint8_t>& memory, DType dtype, int64_t rows, int64_t cols,
              int64_t row, int64_t col) {
  const auto f16_at = [&memory](int64_t byte) { return F16ToF32(Load16(memory.data() + byte)); };
  const int64_t at = row * cols + col, group = row * (cols / 32) + col / 32;
  const int64_t plain = (row * ((cols + 7) / 8 * 8) + col) * 2;
  const int64_t q4_scales = rows * cols / 2;
  const auto nibble = [&memory, at] {
    const int byte = memory[static_cast<size_t>(at / 2)];
    return static_cast<float>(at % 2 == 0 ? byte % 16 : byte / 16);
  };
  switch (dtype) {
    case DType::kF32: {
      float value;
      std::memcpy(&value, memory.data() + (col * rows + row) * 4, 4);
      return value;
    }
    case DType::kF16:
      return f16_at(plain);
    case DType::kBF16:
      return BF16ToF32(Load16(memory.data() + plain));
    case DType::kQ8_0:
      return f16_at(rows * cols + group * 2) *
             static_cast<float>(static_cast<int8_t>(memory[static_cast<size_t>(at)]));
    case DType::kQ4_0:
      return f16_at(q4_scales + group * 2) * (nibble() - 8.0f);
    case DType::kQ4_1:
      return std::fmaf(f16_at(q4_scales + group * 2), nibble(),
                       f16_at(q4_scales + rows * (cols / 32) * 2 + group * 2));
  }
  return 0.0f;
}

struct Shape {
  int64_t rows, cols;
};

std::vector<Shape> Shapes(DType dtype) {
  if (IsQuantised(dtype)) return {{1, 32}, {7, 64}, {33, 160}};
  return {{1, 1}, {7, 8}, {33, 43}};
}

TEST(WeightPacking, EveryValueIsWhereTheLayoutSays) {
  for (DType dtype : kAllDTypes) {
    for (const Shape& s : Shapes(dtype)) {
      const WeightCase w(dtype, s.rows, s.cols, 1);
      ASSERT_EQ(w.layout.num_bytes() % 64, 0);
      for (int64_t row = 0; row < s.rows; ++row) {
        for (int64_t col = 0; col < s.cols; ++col) {
          const float got = ValueAt(w.packed, dtype, s.rows, s.cols, row, col);
          ASSERT_EQ(FloatBits(w.Value(row, col)), FloatBits(got))
              << DTypeName(dtype) << " row " << row << " col " << col;
        }
      }
    }
  }
}

TEST(WeightPacking, ColumnsBeyondTheMatrixStayZero) {
  const WeightCase w(DType::kBF16, 3, 43, 2);
  for (int64_t row = 0; row < 3; ++row) {
    for (int64_t col = 43; col < 48; ++col)
      EXPECT_EQ(Load16(w.packed.data() + (row * 48 + col) * 2), 0);
  }
}

TEST(WeightPacking, RowsInPiecesAreRowsAtOnce) {
  for (DType dtype : kAllDTypes) {
    for (const Shape& s : Shapes(dtype)) {
      const WeightCase w(dtype, s.rows, s.cols, 3);
      const int64_t row_bytes = s.cols / BlockElements(dtype) * BlockBytes(dtype);
      for (int64_t at_once : {1, 5, 32}) {
        std::vector<uint8_t> memory(w.packed.size());
        for (int64_t row = 0; row < s.rows; row += at_once) {
          PutPieces(PackForCuda(w.layout, row, std::min(at_once, s.rows - row),
                                w.file_rows.data() + row * row_bytes),
                    &memory);
        }
        EXPECT_EQ(memory, w.packed) << DTypeName(dtype) << ", " << at_once << " at once";
      }
    }
  }
}

}  // namespace
}  // namespace baton
