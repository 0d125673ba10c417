#include "kernels/cpu/packed_weight.h"

#include <cmath>
#include <cstring>

#include "kernels/float_bits.h"

namespace baton {
namespace {

// Bytes of one group's integers in a panel.
int64_t GroupBytes(DType t) { return t == DType::kQ8_0 ? 512 : 256; }
// Bytes of one group's scales in a panel.
int64_t GroupScaleBytes(DType t) { return t == DType::kQ4_1 ? 64 : 32; }

void PackQuantisedRow(const PackedWeight& w, uint8_t* panel, int64_t lane, const uint8_t* src) {
  uint8_t* scales = panel + w.scales_offset();
  for (int64_t g = 0; g < w.num_groups(); ++g, src += BlockBytes(w.dtype)) {
    uint8_t* group = panel + g * GroupBytes(w.dtype);
    uint8_t* scale = scales + g * GroupScaleBytes(w.dtype) + lane * 2;
    std::memcpy(scale, src, 2);
    const uint8_t* q = src + 2;
    if (w.dtype == DType::kQ8_0) {
      for (int k = 0; k < 32; ++k)
        group[(k / 4) * 64 + lane * 4 + k % 4] = static_cast<uint8_t>(q[k] + 128);
      continue;
    }
    if (w.dtype == DType::kQ4_1) {
      std::memcpy(scale + 32, src + 2, 2);
      q += 2;
    }
    // The file's byte k holds column k (low half) and column k + 16 (high half): the panel's own
    // pairing.
    for (int k = 0; k < 16; ++k) group[(k / 4) * 64 + lane * 4 + k % 4] = q[k];
  }
}

void PackPlainRow(const PackedWeight& w, uint8_t* panel, int64_t lane, const uint8_t* src) {
  for (int64_t k = 0; k < w.cols; ++k) {
    switch (w.dtype) {
      case DType::kF32:
        std::memcpy(panel + (k * 16 + lane) * 4, src + k * 4, 4);
        break;
      case DType::kF16:
        std::memcpy(panel + (k * 16 + lane) * 2, src + k * 2, 2);
        break;
      default:
        std::memcpy(panel + ((k / 2 * 16 + lane) * 2 + k % 2) * 2, src + k * 2, 2);
        break;
    }
  }
}

}  // namespace

int64_t PackedWeight::scales_offset() const { return num_groups() * GroupBytes(dtype); }

int64_t PackedWeight::panel_bytes() const {
  switch (dtype) {
    case DType::kF32:
      return cols * 64;
    case DType::kF16:
      return (cols + 1) / 2 * 64;
    case DType::kBF16:
      return (cols + 1) / 2 * 64;
    default:
      return (num_groups() * (GroupBytes(dtype) + GroupScaleBytes(dtype)) + 63) / 64 * 64;
  }
}

void PackRows(const PackedWeight& w, int64_t row, int64_t num_rows, const uint8_t* src) {
  const int64_t row_bytes = w.cols / BlockElements(w.dtype) * BlockBytes(w.dtype);
  for (int64_t r = row; r < row + num_rows; ++r, src += row_bytes) {
    uint8_t* panel = w.data + r / kPanelRows * w.panel_bytes();
    if (IsQuantised(w.dtype)) {
      PackQuantisedRow(w, panel, r % kPanelRows, src);
    } else {
      PackPlainRow(w, panel, r % kPanelRows, src);
    }
  }
}

void UnpackRow(const PackedWeight& w, int64_t row, float* out) {
  const uint8_t* panel = w.panel(row / kPanelRows);
  const int64_t lane = row % kPanelRows;
  if (!IsQuantised(w.dtype)) {
    for (int64_t k = 0; k < w.cols; ++k) {
      switch (w.dtype) {
        case DType::kF32:
          std::memcpy(out + k, panel + (k * 16 + lane) * 4, 4);
          break;
        case DType::kF16:
          out[k] = F16ToF32(Load16(panel + (k * 16 + lane) * 2));
          break;
        default:
          out[k] = BF16ToF32(Load16(panel + ((k / 2 * 16 + lane) * 2 + k % 2) * 2));
          break;
      }
    }
    return;
  }
  for (int64_t g = 0; g < w.num_groups(); ++g, out += kGroup) {
    const uint8_t* group = panel + g * GroupBytes(w.dtype) + lane * 4;
    const uint8_t* scale = panel + w.scales_offset() + g * GroupScaleBytes(w.dtype) + lane * 2;
    const float d = F16ToF32(Load16(scale));
    const float m = w.dtype == DType::kQ4_1 ? F16ToF32(Load16(scale + 32)) : 0.0f;
    for (int k = 0; k < 32; ++k) {
      if (w.dtype == DType::kQ8_0) {
        out[k] = d * static_cast<float>(group[(k / 4) * 64 + k % 4] - 128);
        continue;
      }
      const int byte = group[(k % 16 / 4) * 64 + k % 4];
      const int q = k < 16 ? byte & 15 : byte >> 4;
      out[k] = w.dtype == DType::kQ4_0 ? d * static_cast<float>(q - 8)
                                       : std::fma(d, static_cast<float>(q), m);
    }
  }
}

}  // namespace baton
