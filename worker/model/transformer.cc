#include "worker/model/transformer.h"

#include <algorithm>
#include <cmath>

#include "common/status_macros.h"
#include "kernels/elementary.h"

namespace baton {
namespace {

// Hands out aligned pieces of memory, or only measures.
class Carver {
 public:
  explicit Carver(uint8_t* memory) : memory_(memory) {}
  uint8_t* Take(int64_t bytes) {
    uint8_t* begin = memory_ == nullptr ? nullptr : memory_ + used_;
    used_ += (bytes + 63) / 64 * 64;
    return begin;
  }
  float* Floats(int64_t count) { return reinterpret_cast<float*>(Take(count * 4)); }
  int64_t used() const { return used_; }

 private:
  uint8_t* const memory_;
  int64_t used_ = 0;
};

// Weights that read the same activations run as one product where they can: those of the same form.
absl::Status MatmulAll(Ops& ops, Stream& stream, absl::Span<const Weight> weights,
                       const Activations& x, float* y, int64_t ldy) {
  size_t begin = 0;
  int64_t offset = 0;
  while (begin < weights.size()) {
    size_t end = begin + 1;
    int64_t width = weights[begin].rows;
    while (end < weights.size() &&
           ops.FormFor(weights[end].dtype) == ops.FormFor(weights[begin].dtype)) {
      width += weights[end++].rows;
    }
    RETURN_IF_ERROR(ops.Matmul(stream, weights.subspan(begin, end - begin), x, y + offset, ldy));
    offset += width;
    begin = end;
  }
  return absl::OkStatus();
}

}  // namespace

int64_t Transformer::WorkspaceBytes(const ModelConfig& config, const Shard& shard,
                                    const ModelWeights& weights, Ops& ops,
                                    const StepLimits& limits) {
  Transformer measured(config, shard, weights, ops);
  return measured.Carve(nullptr, limits) + ops.ReserveBytes(measured.LimitsOf(limits));
}

OpsLimits Transformer::LimitsOf(const StepLimits& limits) const {
  OpsLimits l;
  l.max_tokens = limits.max_tokens;
  l.max_rows = limits.max_rows;
  l.max_positions = limits.max_positions;
  l.max_sequences = limits.max_sequences;
  l.num_heads = shard_.heads.size();
  l.num_kv_heads = shard_.kv_heads.size();
  l.head_dim = config_.head_dim;
  l.vocab = config_.vocab_size;
  return l;
}

absl::StatusOr<std::unique_ptr<Transformer>> Transformer::Create(const ModelConfig& config,
                                                                 const Shard& shard,
                                                                 const ModelWeights& weights,
                                                                 Ops& ops, Device& device,
                                                                 const StepLimits& limits) {
  std::unique_ptr<Transformer> t(new Transformer(config, shard, weights, ops));
  ASSIGN_OR_RETURN(t->memory_, device.Allocate(t->Carve(nullptr, limits), "The workspace"));
  t->Carve(t->memory_.data(), limits);
  RETURN_IF_ERROR(t->FillRopeTables(device, limits.max_positions));
  RETURN_IF_ERROR(ops.Reserve(device, t->LimitsOf(limits)));
  for (int r = 0; r < shard.parallelism.tp; ++r) {
    const Parallelism peer = {shard.parallelism.tp, 1, r};
    ASSIGN_OR_RETURN(const Shard peer_shard, MakeShard(config, peer));
    t->vocab_columns_.push_back(peer_shard.vocab.size());
  }
  return t;
}

int64_t Transformer::Carve(uint8_t* memory, const StepLimits& limits) {
  normed_forms_ = attention_forms_ = ffn_forms_ = 0;
  for (const LayerWeights& l : weights_.layers) {
    for (const Weight* w : {&l.q, &l.k, &l.v, &l.gate, &l.up})
      normed_forms_ |= ops_.FormFor(w->dtype);
    attention_forms_ |= ops_.FormFor(l.attn_output.dtype);
    ffn_forms_ |= ops_.FormFor(l.down.dtype);
  }
  if (shard_.last_stage()) normed_forms_ |= ops_.FormFor(weights_.head.dtype);
  const int64_t tokens = limits.max_tokens, rows = limits.max_rows, hidden = config_.hidden_size;
  const int64_t norm_rows = std::max(tokens, rows);
  Carver c(memory);
  cos_ = c.Floats(limits.max_positions * config_.rope_dim / 2);
  sin_ = c.Floats(limits.max_positions * config_.rope_dim / 2);
  residual_ = c.Floats(tokens * hidden);
  delta_ = c.Floats(tokens * hidden);
  qkv_ = c.Floats(tokens * (shard_.heads.size() + 2 * shard_.kv_heads.size()) * config_.head_dim);
  gate_up_ = c.Floats(tokens * 2 * shard_.ffn.size());
  normed_memory_ = c.Take(ops_.ActivationBytes(norm_rows, hidden, normed_forms_));
  attention_memory_ = c.Take(
      ops_.ActivationBytes(tokens, shard_.heads.size() * config_.head_dim, attention_forms_));
  ffn_memory_ = c.Take(ops_.ActivationBytes(tokens, shard_.ffn.size(), ffn_forms_));
  if (shard_.last_stage()) {
    row_residual_ = c.Floats(rows * hidden);
    row_delta_ = c.Floats(rows * hidden);
    local_logits_ = c.Floats(rows * shard_.vocab.size());
    logits_ = shard_.parallelism.tp == 1 ? local_logits_ : c.Floats(rows * config_.vocab_size);
  }
  return c.used();
}

// cos and sin of position · base^(−2i / rope_dim), computed in double and rounded once.
absl::Status Transformer::FillRopeTables(Device& device, int64_t positions) {
  const int64_t half = config_.rope_dim / 2;
  const double log_base = LogF64(config_.rope_base);
  std::vector<float> all_cos(positions * half), all_sin(positions * half);
  for (int64_t i = 0; i < half; ++i) {
    const double frequency =
        ExpF64(-2.0 * static_cast<double>(i) / static_cast<double>(config_.rope_dim) * log_base);
    for (int64_t p = 0; p < positions; ++p) {
      double sin, cos;
      SinCosF64(static_cast<double>(p) / config_.rope_scale * frequency, &sin, &cos);
      all_cos[p * half + i] = static_cast<float>(cos);
      all_sin[p * half + i] = static_cast<float>(sin);
    }
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<Stream> stream, device.NewStream());
  const int64_t bytes = positions * half * static_cast<int64_t>(sizeof(float));
  RETURN_IF_ERROR(device.CopyToDevice(*stream, cos_, all_cos.data(), bytes));
  RETURN_IF_ERROR(device.CopyToDevice(*stream, sin_, all_sin.data(), bytes));
  return stream->Synchronize();
}

absl::Status Transformer::Forward(Stream& stream, const RaggedBatch& batch,
                                  absl::Span<const int32_t> token_ids,
                                  absl::Span<const int32_t> rows, const KvCacheView& cache,
                                  Communicator& tp, Communicator& pp) {
  const int64_t elements = batch.num_tokens * config_.hidden_size;
  RETURN_IF_ERROR(ops_.StartStep(stream, {batch, token_ids, rows}));
  if (shard_.first_stage()) {
    const int32_t first_id = static_cast<int32_t>(shard_.vocab.begin);
    RETURN_IF_ERROR(ops_.Embedding(stream, weights_.embedding, first_id, token_ids, residual_));
    // Exactly one rank has each token's row, and zeros change no bit.
    if (tp.size() > 1) RETURN_IF_ERROR(tp.AllReduceSum(stream, residual_, elements));
  } else {
    RETURN_IF_ERROR(pp.ReceiveFromPrevious(stream, residual_, elements * sizeof(float)));
  }
  const float* pending = nullptr;  // what the next norm adds to the residual
  for (int64_t i = 0; i < shard_.layers.size(); ++i)
    RETURN_IF_ERROR(Layer(stream, batch, i, cache, tp, &pending));
  if (shard_.last_stage()) return Head(stream, rows, pending, tp);
  RETURN_IF_ERROR(ops_.Add(stream, elements, residual_, pending));
  return pp.SendToNext(stream, residual_, elements * sizeof(float));
}

absl::Status Transformer::Layer(Stream& stream, const RaggedBatch& batch, int64_t index,
                                const KvCacheView& cache, Communicator& tp, const float** pending) {
  const LayerWeights& w = weights_.layers[index];
  const int64_t tokens = batch.num_tokens, hidden = config_.hidden_size,
                head_dim = config_.head_dim;
  const int64_t heads = shard_.heads.size(),
                qkv_width = (heads + 2 * shard_.kv_heads.size()) * head_dim;
  const Activations normed = ops_.ViewActivations(normed_memory_, tokens, hidden, normed_forms_);
  const Activations attended =
      ops_.ViewActivations(attention_memory_, tokens, heads * head_dim, attention_forms_);
  const Activations activated =
      ops_.ViewActivations(ffn_memory_, tokens, shard_.ffn.size(), ffn_forms_);

  RETURN_IF_ERROR(
      ops_.AddRmsNorm(stream, residual_, *pending, w.attn_norm, config_.norm_epsilon, normed));
  RETURN_IF_ERROR(MatmulAll(ops_, stream, {w.q, w.k, w.v}, normed, qkv_, qkv_width));
  RopeKvArgs rope;
  rope.qkv = qkv_;
  rope.qkv_stride = qkv_width;
  rope.num_heads = heads;
  rope.cos = cos_;
  rope.sin = sin_;
  rope.rope_dim = config_.rope_dim;
  rope.interleaved = config_.interleaved_rope;
  rope.q_scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(head_dim)));
  rope.cache = cache;
  rope.layer = index;
  RETURN_IF_ERROR(ops_.RopeKvWrite(stream, batch, rope));
  AttentionOpArgs attention;
  attention.q = qkv_;
  attention.q_stride = qkv_width;
  attention.num_heads = heads;
  attention.cache = cache;
  attention.layer = index;
  RETURN_IF_ERROR(ops_.PagedAttention(stream, batch, attention, attended));
  RETURN_IF_ERROR(ops_.Matmul(stream, {w.attn_output}, attended, delta_, hidden));
  if (tp.size() > 1) RETURN_IF_ERROR(tp.AllReduceSum(stream, delta_, tokens * hidden));

  RETURN_IF_ERROR(
      ops_.AddRmsNorm(stream, residual_, delta_, w.ffn_norm, config_.norm_epsilon, normed));
  RETURN_IF_ERROR(MatmulAll(ops_, stream, {w.gate, w.up}, normed, gate_up_, 2 * shard_.ffn.size()));
  RETURN_IF_ERROR(ops_.SiluMul(stream, gate_up_, activated));
  RETURN_IF_ERROR(ops_.Matmul(stream, {w.down}, activated, delta_, hidden));
  if (tp.size() > 1) RETURN_IF_ERROR(tp.AllReduceSum(stream, delta_, tokens * hidden));
  *pending = delta_;
  return absl::OkStatus();
}

absl::Status Transformer::Head(Stream& stream, absl::Span<const int32_t> rows, const float* pending,
                               Communicator& tp) {
  if (rows.empty()) return absl::OkStatus();
  const int64_t hidden = config_.hidden_size, count = static_cast<int64_t>(rows.size());
  // Only the rows that are wanted go on.
  RETURN_IF_ERROR(ops_.GatherRows(stream, residual_, rows, hidden, row_residual_));
  RETURN_IF_ERROR(ops_.GatherRows(stream, pending, rows, hidden, row_delta_));
  const Activations normed = ops_.ViewActivations(normed_memory_, count, hidden, normed_forms_);
  RETURN_IF_ERROR(ops_.AddRmsNorm(stream, row_residual_, row_delta_, weights_.output_norm,
                                  config_.norm_epsilon, normed));
  RETURN_IF_ERROR(ops_.Matmul(stream, {weights_.head}, normed, local_logits_, shard_.vocab.size()));
  if (tp.size() == 1) return absl::OkStatus();
  return tp.GatherColumns(stream, 0, local_logits_, count, vocab_columns_, logits_);
}

}  // namespace baton
