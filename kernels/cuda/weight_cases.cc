#include "kernels/cuda/weight_cases.h"

#include <cmath>
#include <cstring>
#include <random>

#include "kernels/dtype.h"
#include "kernels/float_bits.h"

namespace baton {
namespace {

float RandomValue(std::mt19937_64& rng, int lowest, int highest) {
  const int exponent =
      lowest + static_cast<int>(rng() % static_cast<unsigned>(highest - lowest + 1));
  const float x = std::ldexp(1.0f + static_cast<float>(rng() % 4096) / 4096.0f, exponent);
  return rng() % 2 == 0 ? x : -x;
}

void Put16(uint8_t* p, uint16_t v) { std::memcpy(p, &v, 2); }

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
    : layout{dtype, rows, cols},
      file_rows(static_cast<size_t>(rows * (cols / BlockElements(dtype)) * BlockBytes(dtype))),
      packed(static_cast<size_t>(layout.num_bytes())) {
  std::mt19937_64 rng(seed);
  const size_t block_bytes = static_cast<size_t>(BlockBytes(dtype));
  for (size_t at = 0; at < file_rows.size(); at += block_bytes) {
    uint8_t* const p = &file_rows[at];
    const float v = RandomValue(rng, -18, 10);
    switch (dtype) {
      case DType::kF32:
        std::memcpy(p, &v, 4);
        break;
      case DType::kF16:
        Put16(p, F32ToF16(v));
        break;
      case DType::kBF16:
        Put16(p, F32ToBF16(v));
        break;
      default:
        for (size_t i = 2; i < block_bytes; ++i) p[i] = static_cast<uint8_t>(rng());
        Put16(p, F32ToF16(RandomValue(rng, -16, 4)));
        if (dtype == DType::kQ4_1) Put16(p + 2, F32ToF16(RandomValue(rng, -16, 6)));
    }
  }
  PutPieces(PackForCuda(layout, 0, rows, file_rows.data()), &packed);
}

float WeightCase::Value(int64_t row, int64_t col) const {
  const int64_t elements = BlockElements(layout.dtype);
  const int64_t block = row * (layout.cols / elements) + col / elements, i = col % elements;
  const uint8_t* const p = file_rows.data() + block * BlockBytes(layout.dtype);
  const float d = F16ToF32(Load16(p));
  const auto nibble = [i](const uint8_t* bytes) {
    return static_cast<float>(i < 16 ? bytes[i] & 15 : bytes[i - 16] >> 4);
  };
  switch (layout.dtype) {
    case DType::kF32: {
      float value;
      std::memcpy(&value, p, 4);
      return value;
    }
    case DType::kF16:
      return d;
    case DType::kBF16:
      return BF16ToF32(Load16(p));
    case DType::kQ8_0:
      return d * static_cast<float>(static_cast<int8_t>(p[2 + i]));
    case DType::kQ4_0:
      return d * (nibble(p + 2) - 8.0f);
    case DType::kQ4_1:
      return std::fmaf(d, nibble(p + 4), F16ToF32(Load16(p + 2)));
  }
  return 0.0f;
}

}  // namespace baton
