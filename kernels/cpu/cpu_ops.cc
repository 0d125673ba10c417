#include "kernels/cpu/cpu_ops.h"

#include <algorithm>
#include <cstring>

#include "kernels/cpu/packed_weight.h"
#include "kernels/cpu/sampling.h"
#include "kernels/float_bits.h"

namespace baton {
namespace {

PackedWeight Packed(const Weight& w) {
  PackedWeight p;
  p.dtype = w.dtype;
  p.rows = w.rows;
  p.cols = w.cols;
  p.data = w.data;
  return p;
}

int64_t Align64(int64_t bytes) { return (bytes + 63) / 64 * 64; }

// Rows below which waking other threads costs more than it gains.
constexpr int64_t kMinParallelRows = 4;
// Tokens of one part of a product: their int8 rows stay in a core's second-level cache.
constexpr int64_t kTokenBlock = 192;

}  // namespace

int64_t CpuOps::WeightBytes(DType dtype, int64_t rows, int64_t cols) const {
  Weight w;
  w.dtype = dtype;
  w.rows = rows;
  w.cols = cols;
  return Packed(w).num_bytes();
}

absl::Status CpuOps::PackRows(Stream&, const Weight& w, int64_t row, int64_t num_rows,
                              const uint8_t* src) {
  baton::PackRows(Packed(w), row, num_rows, src);
  return absl::OkStatus();
}

uint32_t CpuOps::FormFor(DType dtype) const {
  if (IsQuantised(dtype)) return kFormQ8;
  return dtype == DType::kBF16 ? kFormBF16 : kFormF32;
}

int64_t CpuOps::ActivationBytes(int64_t rows, int64_t cols, uint32_t forms) const {
  int64_t bytes = Align64(rows * cols * 4);
  if (forms & kFormBF16) bytes += Align64(rows * ((cols + 1) / 2 * 2) * 2);
  if (forms & kFormQ8) bytes += Align64(rows * cols) + 3 * Align64(rows * cols / kGroup * 4);
  return bytes;
}

Activations CpuOps::ViewActivations(uint8_t* memory, int64_t rows, int64_t cols,
                                    uint32_t forms) const {
  Activations x;
  x.rows = rows;
  x.cols = cols;
  x.forms = forms | kFormF32;
  auto take = [&memory](int64_t bytes) {
    uint8_t* begin = memory;
    memory += Align64(bytes);
    return begin;
  };
  x.f32 = reinterpret_cast<float*>(take(rows * cols * 4));
  if (forms & kFormBF16)
    x.bf16 = reinterpret_cast<uint16_t*>(take(rows * ((cols + 1) / 2 * 2) * 2));
  if (forms & kFormQ8) {
    const int64_t scale_bytes = rows * cols / kGroup * 4;
    x.q8 = reinterpret_cast<int8_t*>(take(rows * cols));
    x.scale = reinterpret_cast<float*>(take(scale_bytes));
    x.scaled_sum = reinterpret_cast<float*>(take(scale_bytes));
    x.sum = reinterpret_cast<int32_t*>(take(scale_bytes));
  }
  return x;
}

void CpuOps::ForRows(int64_t rows, absl::FunctionRef<void(int64_t)> fn) {
  if (rows < kMinParallelRows) {
    for (int64_t row = 0; row < rows; ++row) fn(row);
    return;
  }
  const int64_t parts = std::min<int64_t>(rows, 4 * pool_.num_threads());
  pool_.ParallelFor(parts, [&](int64_t part, int) {
    for (int64_t row = rows * part / parts; row < rows * (part + 1) / parts; ++row) fn(row);
  });
}

void CpuOps::FillForms(const Activations& x, int64_t row) const {
  const float* f32 = x.f32 + row * x.cols;
  if (x.bf16 != nullptr) {
    const int64_t stride = (x.cols + 1) / 2 * 2;
    uint16_t* bf16 = x.bf16 + row * stride;
    for (int64_t k = 0; k < x.cols; ++k) bf16[k] = F32ToBF16(f32[k]);
    if (stride > x.cols) bf16[x.cols] = 0;
  }
  if (x.q8 != nullptr) {
    const int64_t g = row * (x.cols / kGroup);
    kernels_.quantise_row(f32, x.cols, x.q8 + row * x.cols, x.scale + g, x.scaled_sum + g,
                          x.sum + g);
  }
}

absl::Status CpuOps::Embedding(Stream&, const Weight& table, int32_t first_id,
                               absl::Span<const int32_t> ids, float* out) {
  const PackedWeight w = Packed(table);
  ForRows(ids.size(), [&](int64_t t) {
    const int64_t row = int64_t{ids[t]} - first_id;
    float* dst = out + t * w.cols;
    if (row < 0 || row >= w.rows) {
      std::memset(dst, 0, w.cols * sizeof(float));
    } else {
      UnpackRow(w, row, dst);
    }
  });
  return absl::OkStatus();
}

absl::Status CpuOps::AddRmsNorm(Stream&, float* residual, const float* delta, const float* weight,
                                float epsilon, const Activations& out) {
  const int64_t n = out.cols;
  ForRows(out.rows, [&](int64_t t) {
    kernels_.add_rms_norm_row(residual + t * n, delta == nullptr ? nullptr : delta + t * n, weight,
                              n, epsilon, out.f32 + t * n);
    FillForms(out, t);
  });
  return absl::OkStatus();
}

absl::Status CpuOps::Matmul(Stream&, absl::Span<const Weight> weights, const Activations& x,
                            float* y, int64_t ldy) {
  if (x.rows == 0) return absl::OkStatus();
  int64_t total_panels = 0;
  for (const Weight& w : weights) total_panels += Packed(w).num_panels();
  const int64_t token_blocks = (x.rows + kTokenBlock - 1) / kTokenBlock;
  const int64_t panel_parts = std::min<int64_t>(total_panels, 6 * pool_.num_threads());
  pool_.ParallelFor(token_blocks * panel_parts, [&](int64_t part, int) {
    const int64_t block = part / panel_parts, chunk = part % panel_parts;
    const int64_t t_begin = x.rows * block / token_blocks,
                  t_end = x.rows * (block + 1) / token_blocks;
    int64_t begin = total_panels * chunk / panel_parts,
            end = total_panels * (chunk + 1) / panel_parts;
    float* out = y;
    for (const Weight& weight : weights) {
      const PackedWeight w = Packed(weight);
      const int64_t n = w.num_panels();
      if (begin < n) kernels_.matmul(w, begin, std::min(end, n), x, t_begin, t_end, out, ldy);
      begin = std::max<int64_t>(0, begin - n);
      end -= n;
      if (end <= 0) break;
      out += w.rows;
    }
  });
  return absl::OkStatus();
}

absl::Status CpuOps::RopeKvWrite(Stream&, const RaggedBatch& batch, const RopeKvArgs& args) {
  const KvCacheView& cache = args.cache;
  const int64_t hd = cache.head_dim, half = args.rope_dim / 2, kv_heads = cache.num_kv_heads;
  const int64_t step = args.interleaved ? 1 : half;  // from one element of a pair to the other
  auto rotate = [&](float* head, const float* cos, const float* sin) {
    for (int64_t i = 0; i < half; ++i) {
      float* pair = head + (args.interleaved ? 2 * i : i);
      const float x0 = pair[0], x1 = pair[step];
      pair[0] = x0 * cos[i] - x1 * sin[i];
      pair[step] = x0 * sin[i] + x1 * cos[i];
    }
  };
  ForRows(batch.num_tokens, [&](int64_t t) {
    float* q = args.qkv + t * args.qkv_stride;
    float* k = q + args.num_heads * hd;
    const float* v = k + kv_heads * hd;
    const float* cos = args.cos + batch.positions[t] * half;
    const float* sin = args.sin + batch.positions[t] * half;
    for (int64_t h = 0; h < args.num_heads; ++h) {
      rotate(q + h * hd, cos, sin);
      for (int64_t d = 0; d < hd; ++d) q[h * hd + d] *= args.q_scale;
    }
    const int64_t block = batch.slot_mapping[t] / cache.block_size,
                  offset = batch.slot_mapping[t] % cache.block_size;
    const int64_t base = args.layer * cache.layer_bytes() + block * cache.block_bytes();
    for (int64_t h = 0; h < kv_heads; ++h) {
      rotate(k + h * hd, cos, sin);
      uint8_t* key = cache.keys + base + h * cache.head_bytes();
      uint8_t* value = cache.values + base + h * cache.head_bytes();
      const int64_t key_at = offset / 16 * hd * 16 + offset % 16;
      if (cache.dtype == DType::kF16) {
        uint16_t narrow[512];
        kernels_.narrow_f16(k + h * hd, hd, narrow);
        uint16_t* keys = reinterpret_cast<uint16_t*>(key) + key_at;
        for (int64_t d = 0; d < hd; ++d) keys[d * 16] = narrow[d];
        kernels_.narrow_f16(v + h * hd, hd, reinterpret_cast<uint16_t*>(value) + offset * hd);
      } else {
        float* keys = reinterpret_cast<float*>(key) + key_at;
        for (int64_t d = 0; d < hd; ++d) keys[d * 16] = k[h * hd + d];
        std::memcpy(reinterpret_cast<float*>(value) + offset * hd, v + h * hd, hd * sizeof(float));
      }
    }
  });
  return absl::OkStatus();
}

absl::Status CpuOps::PagedAttention(Stream&, const RaggedBatch& batch, const AttentionOpArgs& args,
                                    const Activations& out) {
  const KvCacheView& cache = args.cache;
  const int64_t q_per_kv = args.num_heads / cache.num_kv_heads;
  // A task is one tile of rows of one sequence and one KV head; task_offsets_[s] is the first of
  // sequence s.
  task_offsets_.assign(1, 0);
  for (int64_t s = 0; s < batch.num_sequences; ++s) {
    const int64_t rows = (batch.q_offsets[s + 1] - batch.q_offsets[s]) * q_per_kv;
    task_offsets_.push_back(task_offsets_.back() +
                            (rows + kAttentionRows - 1) / kAttentionRows * cache.num_kv_heads);
  }
  const int64_t num_tasks = task_offsets_.back();
  const int64_t parts = std::min<int64_t>(num_tasks, 16 * pool_.num_threads());
  pool_.ParallelFor(parts, [&](int64_t part, int) {
    const int64_t begin = num_tasks * part / parts, end = num_tasks * (part + 1) / parts;
    int64_t s = std::upper_bound(task_offsets_.begin(), task_offsets_.end(), begin) -
                task_offsets_.begin() - 1;
    for (int64_t task = begin; task < end; ++task) {
      while (task >= task_offsets_[s + 1]) ++s;
      const int64_t first_token = batch.q_offsets[s];
      const int64_t rows = (batch.q_offsets[s + 1] - first_token) * q_per_kv;
      const int64_t tiles = (rows + kAttentionRows - 1) / kAttentionRows;
      const int64_t local = task - task_offsets_[s];
      AttentionArgs a;
      a.q = args.q + first_token * args.q_stride;
      a.q_stride = args.q_stride;
      a.out = out.f32 + first_token * out.cols;
      a.out_stride = out.cols;
      a.keys = cache.keys + args.layer * cache.layer_bytes();
      a.values = cache.values + args.layer * cache.layer_bytes();
      a.block_bytes = cache.block_bytes();
      a.head_bytes = cache.head_bytes();
      a.block_table = batch.block_tables[s];
      a.block_size = cache.block_size;
      a.head_dim = cache.head_dim;
      a.q_per_kv = q_per_kv;
      a.first_position = batch.first_positions[s];
      a.kv_f16 = cache.dtype == DType::kF16;
      const int64_t row = local % tiles * kAttentionRows;
      kernels_.attention(a, local / tiles, row, std::min(rows, row + kAttentionRows));
    }
  });
  ForRows(batch.num_tokens, [&](int64_t t) { FillForms(out, t); });
  return absl::OkStatus();
}

absl::Status CpuOps::SiluMul(Stream&, const float* gate_up, const Activations& out) {
  ForRows(out.rows, [&](int64_t t) {
    const float* gate = gate_up + t * 2 * out.cols;
    kernels_.silu_mul_row(gate, gate + out.cols, out.cols, out.f32 + t * out.cols);
    FillForms(out, t);
  });
  return absl::OkStatus();
}

absl::Status CpuOps::Add(Stream&, int64_t count, float* residual, const float* delta) {
  for (int64_t i = 0; i < count; ++i) residual[i] += delta[i];
  return absl::OkStatus();
}

absl::Status CpuOps::GatherRows(Stream&, const float* from, absl::Span<const int32_t> rows,
                                int64_t cols, float* out) {
  for (size_t i = 0; i < rows.size(); ++i)
    std::memcpy(out + i * cols, from + rows[i] * cols, cols * sizeof(float));
  return absl::OkStatus();
}

absl::Status CpuOps::Sample(Stream&, absl::Span<const SampleRow> rows, int64_t vocab,
                            absl::Span<SampleResult> results) {
  sample_scratch_.resize(pool_.num_threads());
  pool_.ParallelFor(rows.size(), [&](int64_t i, int thread) {
    results[i] = SampleFrom(kernels_, rows[i], vocab, sample_scratch_[thread]);
  });
  return absl::OkStatus();
}

}  // namespace baton
