#include "kernels/cuda/weight_packing.h"

#include <cstring>

namespace baton {
namespace {

PackedPiece PackPlain(const CudaWeightLayout& w, int64_t row, int64_t num_rows,
                      const uint8_t* src) {
  PackedPiece piece = {row * w.stride() * 2, w.stride() * 2, w.cols * 2, {}};
  piece.bytes.assign(src, src + num_rows * piece.width);
  return piece;
}

PackedPiece PackTransposed(const CudaWeightLayout& w, int64_t row, int64_t num_rows,
                           const uint8_t* src) {
  PackedPiece piece = {row * 4, w.rows * 4, num_rows * 4, {}};
  piece.bytes.resize(static_cast<size_t>(num_rows * w.cols * 4));
  for (int64_t r = 0; r < num_rows; ++r) {
    for (int64_t k = 0; k < w.cols; ++k)
      std::memcpy(&piece.bytes[(k * num_rows + r) * 4], src + (r * w.cols + k) * 4, 4);
  }
  return piece;
}

// A block of 32: the file has columns i and i + 16 in byte i, the device 2i and 2i + 1.
void PackNibbles(const uint8_t* from, uint8_t* to) {
  const auto value = [from](int i) { return i < 16 ? from[i] & 15 : from[i - 16] >> 4; };
  for (int i = 0; i < 16; ++i) to[i] = static_cast<uint8_t>(value(2 * i) | value(2 * i + 1) << 4);
}

std::vector<PackedPiece> PackBlocks(const CudaWeightLayout& w, int64_t row, int64_t num_rows,
                                    const uint8_t* src) {
  const bool q8 = w.dtype == DType::kQ8_0, with_min = w.dtype == DType::kQ4_1;
  const int64_t groups = w.cols / 32, element_bytes = q8 ? w.cols : w.cols / 2;
  const auto whole = [num_rows](int64_t offset, int64_t line) {
    PackedPiece piece = {offset, line * num_rows, line * num_rows, {}};
    piece.bytes.resize(static_cast<size_t>(piece.width));
    return piece;
  };
  std::vector<PackedPiece> pieces;
  pieces.push_back(whole(row * element_bytes, element_bytes));
  pieces.push_back(whole(w.elements_bytes() + row * groups * 2, groups * 2));
  if (with_min)
    pieces.push_back(whole(w.elements_bytes() + w.scales_bytes() + row * groups * 2, groups * 2));
  for (int64_t g = 0; g < num_rows * groups; ++g, src += BlockBytes(w.dtype)) {
    std::memcpy(&pieces[1].bytes[g * 2], src, 2);
    if (with_min) std::memcpy(&pieces[2].bytes[g * 2], src + 2, 2);
    const uint8_t* elements = src + (with_min ? 4 : 2);
    if (q8) {
      std::memcpy(&pieces[0].bytes[g * 32], elements, 32);
    } else {
      PackNibbles(elements, &pieces[0].bytes[g * 16]);
    }
  }
  return pieces;
}

}  // namespace

std::vector<PackedPiece> PackForCuda(const CudaWeightLayout& layout, int64_t row, int64_t num_rows,
                                     const uint8_t* src) {
  if (IsQuantised(layout.dtype)) return PackBlocks(layout, row, num_rows, src);
  if (layout.dtype == DType::kF32) return {PackTransposed(layout, row, num_rows, src)};
  return {PackPlain(layout, row, num_rows, src)};
}

}  // namespace baton
