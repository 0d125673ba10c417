#include "kernels/cuda/weight_cases.h"

#include <cmath>
#include <cstring>
#include <random>
#include <utility>

#include "kernels/cpu/kernel_cases.h"
#include "kernels/dequantise.h"
#include "kernels/dtype.h"

namespace baton {
namespace {

float RandomValue(std::mt19937_64& rng, int lowest, int highest) {
  const int exponent =
      lowest + static_cast<int>(rng() % static_cast<unsigned>(highest - lowest + 1));
  const float x = std::ldexp(1.0f + static_cast<float>(rng() % 4096) / 4096.0f, exponent);
  return rng() % 2 == 0 ? x : -x;
}

std::vector<uint8_t> WideFileRows(DType dtype, int64_t rows, int64_t cols, uint64_t seed) {
  std::mt19937_64 rng(seed);
  return RandomFileRows(
      dtype, rows, cols, rng, [&] { return RandomValue(rng, -18, 10); },
      [&](float) { return RandomValue(rng, -16, 4); }, [&] { return RandomValue(rng, -16, 6); });
}

}  // namespace

void PutPieces(const std::vector<PackedPiece>& pieces, std::vector<uint8_t>* memory) {
  for (const PackedPiece& piece : pieces) {
    const int64_t lines = static_cast<int64_t>(piece.bytes.size()) / piece.width;
    for (int64_t i = 0; i < lines; ++i) {
      std::memcpy(memory->data() + piece.offset + i * piece.pitch,
                  piece.bytes.data() + i * piece.width, static_cast<size_t>(piece.width));
    }
  }
}

WeightCase::WeightCase(DType dtype, int64_t rows, int64_t cols, uint64_t seed)
    : WeightCase(dtype, rows, cols, WideFileRows(dtype, rows, cols, seed)) {}

WeightCase::WeightCase(DType dtype, int64_t rows, int64_t cols, std::vector<uint8_t> from_file)
    : layout{dtype, rows, cols},
      file_rows(std::move(from_file)),
      packed(static_cast<size_t>(layout.num_bytes())),
      values(static_cast<size_t>(rows * cols)) {
  PutPieces(PackForCuda(layout, 0, rows, file_rows.data()), &packed);
  const size_t row_bytes = file_rows.size() / static_cast<size_t>(rows);
  for (int64_t row = 0; row < rows; ++row)
    DequantiseRow(dtype, &file_rows[row * row_bytes], cols, &values[row * cols]);
}

}  // namespace baton
