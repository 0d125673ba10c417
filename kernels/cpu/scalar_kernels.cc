// The specification of the CPU backend's arithmetic; see kernels.h for the rules in words.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/lanes.h"
#include "kernels/elementary.h"
#include "kernels/float_bits.h"

namespace baton {
namespace {

float FlushSubnormal(float x) { return std::fabs(x) < 0x1p-126f ? std::copysign(0.0f, x) : x; }

float DotPlain(const PackedWeight& w, const uint8_t* panel, int64_t lane, const float* x) {
  float acc = 0.0f;
  for (int64_t k = 0; k < w.cols; ++k) {
    float wk;
    if (w.dtype == DType::kF32) {
      std::memcpy(&wk, panel + (k * 16 + lane) * 4, 4);
    } else {
      wk = F16ToF32(Load16(panel + (k * 16 + lane) * 2));
    }
    acc = std::fmaf(wk, x[k], acc);
  }
  return acc;
}

float DotBf16(const PackedWeight& w, const uint8_t* panel, int64_t lane, const uint16_t* x) {
  float acc = 0.0f;
  for (int64_t pair = 0; pair < (w.cols + 1) / 2; ++pair) {
    for (int half = 1; half >= 0; --half) {  // the high element first
      const float a =
          FlushSubnormal(BF16ToF32(Load16(panel + ((pair * 16 + lane) * 2 + half) * 2)));
      const float b = FlushSubnormal(BF16ToF32(x[pair * 2 + half]));
      acc = FlushSubnormal(std::fmaf(a, b, acc));
    }
  }
  return acc;
}

float DotQuantised(const PackedWeight& w, const uint8_t* panel, int64_t lane, const Activations& x,
                   int64_t t) {
  const bool q8 = w.dtype == DType::kQ8_0;
  const bool with_min = w.dtype == DType::kQ4_1;
  const int offset = q8 ? 128 : with_min ? 0 : 8;
  float acc = 0.0f;
  for (int64_t g = 0; g < w.num_groups(); ++g) {
    const uint8_t* group = panel + g * (q8 ? 512 : 256) + lane * 4;
    const uint8_t* scale = panel + w.scales_offset() + g * (with_min ? 64 : 32) + lane * 2;
    const int8_t* q = x.q8 + t * x.cols + g * kGroup;
    int32_t dot = 0;
    for (int k = 0; k < 32; ++k) {
      int wq;
      if (q8) {
        wq = group[(k / 4) * 64 + k % 4];
      } else {
        const int byte = group[(k % 16 / 4) * 64 + k % 4];
        wq = k < 16 ? byte & 15 : byte >> 4;
      }
      dot += (wq - offset) * q[k];
    }
    const int64_t xg = t * w.num_groups() + g;
    acc = std::fmaf(static_cast<float>(dot), F16ToF32(Load16(scale)) * x.scale[xg], acc);
    if (with_min) acc = std::fmaf(F16ToF32(Load16(scale + 32)), x.scaled_sum[xg], acc);
  }
  return acc;
}

void Matmul(const PackedWeight& w, int64_t panel_begin, int64_t panel_end, const Activations& x,
            int64_t t_begin, int64_t t_end, float* y, int64_t ldy) {
  for (int64_t t = t_begin; t < t_end; ++t) {
    for (int64_t r = panel_begin * kPanelRows; r < std::min(panel_end * kPanelRows, w.rows); ++r) {
      const uint8_t* panel = w.panel(r / kPanelRows);
      const int64_t lane = r % kPanelRows;
      float* out = y + t * ldy + r;
      if (IsQuantised(w.dtype)) {
        *out = DotQuantised(w, panel, lane, x, t);
      } else if (w.dtype == DType::kBF16) {
        *out = DotBf16(w, panel, lane, x.bf16 + t * ((x.cols + 1) / 2 * 2));
      } else {
        *out = DotPlain(w, panel, lane, x.f32 + t * x.cols);
      }
    }
  }
}

void QuantiseRow(const float* x, int64_t n, int8_t* q, float* scale, float* scaled_sum,
                 int32_t* sum) {
  for (int64_t g = 0; g < n / kGroup; ++g, x += kGroup, q += kGroup) {
    float amax = 0.0f;
    bool finite = true;
    for (int k = 0; k < 32; ++k) {
      finite = finite && std::isfinite(x[k]);
      amax = MaxOf(amax, std::fabs(x[k]));
    }
    int32_t total = 0;
    if (!finite || amax < 0x1p-100f) {
      std::memset(q, 0, kGroup);
      scale[g] = finite ? 0.0f : std::numeric_limits<float>::quiet_NaN();
    } else {
      scale[g] = amax / 127.0f;
      const float inverse = 127.0f / amax;
      for (int k = 0; k < 32; ++k) {
        q[k] = static_cast<int8_t>(std::nearbyintf(x[k] * inverse));
        total += q[k];
      }
    }
    sum[g] = total;
    scaled_sum[g] = scale[g] * static_cast<float>(total);
  }
}

void AddRmsNormRow(float* residual, const float* delta, const float* weight, int64_t n, float eps,
                   float* out) {
  float lanes[16] = {};
  for (int64_t i = 0; i < n; ++i) {
    if (delta != nullptr) residual[i] += delta[i];
    lanes[i % 16] = std::fmaf(residual[i], residual[i], lanes[i % 16]);
  }
  const float scale = 1.0f / std::sqrt(FoldSum(lanes) / static_cast<float>(n) + eps);
  for (int64_t i = 0; i < n; ++i) out[i] = (residual[i] * scale) * weight[i];
}

void SiluMulRow(const float* g, const float* u, int64_t n, float* out) {
  for (int64_t i = 0; i < n; ++i) out[i] = (g[i] / (1.0f + ExpF32(-g[i]))) * u[i];
}

float LoadKv(const uint8_t* base, int64_t index, bool f16) {
  if (f16) return F16ToF32(Load16(base + index * 2));
  float v;
  std::memcpy(&v, base + index * 4, 4);
  return v;
}

void AttentionRow(const AttentionArgs& a, int64_t kv_head, int64_t row) {
  const int64_t token = row / a.q_per_kv;
  const int64_t head = kv_head * a.q_per_kv + row % a.q_per_kv;
  const float* q = a.q + token * a.q_stride + head * a.head_dim;
  float* out = a.out + token * a.out_stride + head * a.head_dim;
  const int64_t num_keys = a.first_position + token + 1;
  std::vector<float> o(a.head_dim), sum_o(a.head_dim);
  float sum_l = 0.0f, max_m = 0.0f;
  for (int64_t begin = 0; begin < num_keys; begin += kAttentionSplit) {
    const int64_t count = std::min(kAttentionSplit, num_keys - begin);
    float p[kAttentionSplit];
    float m_lanes[16];
    std::fill(m_lanes, m_lanes + 16, -std::numeric_limits<float>::infinity());
    for (int64_t j = 0; j < count; ++j) {
      const int64_t position = begin + j;
      const int64_t in_block = position % a.block_size;
      const uint8_t* keys =
          a.keys + a.block_table[position / a.block_size] * a.block_bytes + kv_head * a.head_bytes;
      float score = 0.0f;
      for (int64_t d = 0; d < a.head_dim; ++d) {
        score = std::fmaf(
            q[d], LoadKv(keys, (in_block / 16 * a.head_dim + d) * 16 + in_block % 16, a.kv_f16),
            score);
      }
      p[j] = score;
      m_lanes[j % 16] = MaxOf(m_lanes[j % 16], score);
    }
    for (int half = 8; half >= 1; half /= 2) {
      for (int j = 0; j < half; ++j) m_lanes[j] = MaxOf(m_lanes[j], m_lanes[j + half]);
    }
    const float m = m_lanes[0];
    float l_lanes[16] = {};
    std::fill(o.begin(), o.end(), 0.0f);
    for (int64_t j = 0; j < count; ++j) {
      p[j] = ExpF32(p[j] - m);
      l_lanes[j % 16] += p[j];
    }
    const float l = FoldSum(l_lanes);
    for (int64_t j = 0; j < count; ++j) {
      const int64_t position = begin + j;
      const uint8_t* values = a.values + a.block_table[position / a.block_size] * a.block_bytes +
                              kv_head * a.head_bytes;
      for (int64_t d = 0; d < a.head_dim; ++d) {
        o[d] = std::fmaf(p[j], LoadKv(values, position % a.block_size * a.head_dim + d, a.kv_f16),
                         o[d]);
      }
    }
    if (begin == 0) {
      max_m = m, sum_l = l, sum_o = o;
      continue;
    }
    const float new_m = MaxOf(max_m, m);
    const float keep = ExpF32(max_m - new_m), add = ExpF32(m - new_m);
    sum_l = std::fmaf(l, add, sum_l * keep);
    for (int64_t d = 0; d < a.head_dim; ++d) sum_o[d] = std::fmaf(o[d], add, sum_o[d] * keep);
    max_m = new_m;
  }
  for (int64_t d = 0; d < a.head_dim; ++d) out[d] = sum_o[d] / sum_l;
}

void Attention(const AttentionArgs& args, int64_t kv_head, int64_t row_begin, int64_t row_end) {
  for (int64_t row = row_begin; row < row_end; ++row) AttentionRow(args, kv_head, row);
}

void NarrowF16(const float* x, int64_t n, uint16_t* out) {
  for (int64_t i = 0; i < n; ++i) out[i] = F32ToF16(x[i]);
}

int64_t Argmax(const float* x, int64_t n) {
  int64_t best = 0;
  float value = -std::numeric_limits<float>::infinity();
  for (int64_t i = 0; i < n; ++i) {
    if (x[i] > value) value = x[i], best = i;
  }
  return best;
}

float Max(const float* x, int64_t n) {
  float value = -std::numeric_limits<float>::infinity();
  for (int64_t i = 0; i < n; ++i) value = x[i] > value ? x[i] : value;
  return value;
}

void ExpScaled(const float* x, int64_t n, float max, float divisor, float* out) {
  const float top = max / divisor;
  for (int64_t i = 0; i < n; ++i) out[i] = ExpF32(x[i] / divisor - top);
}

float SumExp(const float* x, int64_t n, float max) {
  float lanes[16] = {};
  for (int64_t i = 0; i < n; ++i) lanes[i % 16] += ExpF32(x[i] - max);
  return FoldSum(lanes);
}

}  // namespace

const CpuKernels& ScalarKernels() {
  static constexpr CpuKernels kTable = {"scalar",   Matmul,    QuantiseRow, AddRmsNormRow,
                                        SiluMulRow, Attention, NarrowF16,   Argmax,
                                        Max,        ExpScaled, SumExp};
  return kTable;
}

}  // namespace baton
