#include "kernels/cuda/cuda_ops.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "common/check.h"
#include "common/status_macros.h"
#include "kernels/cuda/cuda_status.h"
#include "kernels/cuda/weight_layout.h"
#include "kernels/cuda/weight_packing.h"

namespace baton {
namespace {

int64_t Align256(int64_t bytes) { return (bytes + 255) / 256 * 256; }

RowForms FormsOf(const Activations& x) {
  RowForms forms;
  forms.f32 = x.f32;
  forms.bf16 = x.bf16;
  forms.f16 = x.f16;
  forms.stride = RowStride(x.cols);
  return forms;
}

int64_t QueriesBytes(const OpsLimits& l) {
  return Align256(l.max_tokens * l.num_heads * l.head_dim * 2);
}

int64_t PartialBytes(const OpsLimits& l) {
  return Align256(MaxPartialPieces(l) * (l.head_dim + 2) * 4);
}

}  // namespace

CudaOps::~CudaOps() {
  if (uploaded_ != nullptr) cudaEventDestroy(uploaded_);
}

int64_t CudaOps::WeightBytes(DType dtype, int64_t rows, int64_t cols) const {
  return CudaWeightLayout{dtype, rows, cols}.num_bytes();
}

absl::Status CudaOps::PackRows(Stream& stream, const Weight& w, int64_t row, int64_t num_rows,
                               const uint8_t* src) {
  for (const PackedPiece& piece : PackForCuda({w.dtype, w.rows, w.cols}, row, num_rows, src)) {
    RETURN_IF_ERROR(
        CudaStatus(cudaMemcpy2DAsync(w.data + piece.offset, static_cast<size_t>(piece.pitch),
                                     piece.bytes.data(), static_cast<size_t>(piece.width),
                                     static_cast<size_t>(piece.width),
                                     piece.bytes.size() / static_cast<size_t>(piece.width),
                                     cudaMemcpyHostToDevice, NativeStream(stream)),
                   "copying weights to the GPU"));
    RETURN_IF_ERROR(stream.Synchronize());
  }
  return absl::OkStatus();
}

uint32_t CudaOps::FormFor(DType dtype) const {
  if (dtype == DType::kF32) return kFormF32;
  return dtype == DType::kF16 ? kFormF16 : kFormBF16;
}

int64_t CudaOps::ActivationBytes(int64_t rows, int64_t cols, uint32_t forms) const {
  int64_t bytes = 0;
  if (forms & kFormF32) bytes += Align256(rows * cols * 4);
  if (forms & kFormBF16) bytes += Align256(rows * RowStride(cols) * 2);
  if (forms & kFormF16) bytes += Align256(rows * RowStride(cols) * 2);
  return bytes;
}

Activations CudaOps::ViewActivations(uint8_t* memory, int64_t rows, int64_t cols,
                                     uint32_t forms) const {
  Activations x;
  x.rows = rows;
  x.cols = cols;
  x.forms = forms;
  const auto take = [&memory](int64_t bytes) {
    uint8_t* const begin = memory;
    memory += Align256(bytes);
    return begin;
  };
  if (forms & kFormF32) x.f32 = reinterpret_cast<float*>(take(rows * cols * 4));
  if (forms & kFormBF16) x.bf16 = reinterpret_cast<uint16_t*>(take(rows * RowStride(cols) * 2));
  if (forms & kFormF16) x.f16 = reinterpret_cast<uint16_t*>(take(rows * RowStride(cols) * 2));
  return x;
}

int64_t CudaOps::ReserveBytes(const OpsLimits& limits) const {
  return Align256(MaxStepArraysBytes(limits)) + QueriesBytes(limits) + PartialBytes(limits);
}

absl::Status CudaOps::Reserve(Device& device, const OpsLimits& limits) {
  if (limits.head_dim % 8 != 0 || limits.head_dim > kMaxHeadDim) {
    return absl::InvalidArgumentError(
        absl::StrCat("the model's head dimension is ", limits.head_dim,
                     "; on a GPU it can be a multiple of 8 up to ", kMaxHeadDim));
  }
  limits_ = limits;
  ASSIGN_OR_RETURN(memory_, device.Allocate(ReserveBytes(limits), "The operations' memory"));
  arrays_ = memory_.data();
  queries_ = reinterpret_cast<uint16_t*>(arrays_ + Align256(MaxStepArraysBytes(limits)));
  partial_ = reinterpret_cast<float*>(reinterpret_cast<uint8_t*>(queries_) + QueriesBytes(limits));
  ASSIGN_OR_RETURN(staging_, PinnedBuffer::Create(MaxStepArraysBytes(limits)));
  ASSIGN_OR_RETURN(logits_, PinnedBuffer::Create(limits.max_rows * limits.vocab * 4));
  return CudaStatus(cudaEventCreateWithFlags(&uploaded_, cudaEventDisableTiming),
                    "making an event");
}

absl::Status CudaOps::StartStep(Stream& stream, const StepArrays& arrays) {
  RETURN_IF_ERROR(
      CudaStatus(cudaEventSynchronize(uploaded_), "waiting for the last step's arrays"));
  layout_ = WriteStepArrays(arrays, limits_, staging_.data());
  BATON_CHECK(layout_.bytes <= staging_.size());
  RETURN_IF_ERROR(
      CudaStatus(cudaMemcpyAsync(arrays_, staging_.data(), static_cast<size_t>(layout_.bytes),
                                 cudaMemcpyHostToDevice, NativeStream(stream)),
                 "copying the step's arrays"));
  return CudaStatus(cudaEventRecord(uploaded_, NativeStream(stream)), "recording an event");
}

absl::Status CudaOps::Embedding(Stream& stream, const Weight& table, int32_t first_id,
                                absl::Span<const int32_t> ids, float* out) {
  EmbeddingArgs args;
  args.dtype = table.dtype;
  args.table = table.data;
  args.rows = table.rows;
  args.cols = table.cols;
  args.ids = reinterpret_cast<const int32_t*>(arrays_ + layout_.ids);
  args.first_id = first_id;
  args.tokens = static_cast<int64_t>(ids.size());
  args.out = out;
  return CudaStatus(LaunchEmbedding(NativeStream(stream), args), "embedding");
}

absl::Status CudaOps::AddRmsNorm(Stream& stream, float* residual, const float* delta,
                                 const float* weight, float epsilon, const Activations& out) {
  NormArgs args;
  args.residual = residual;
  args.delta = delta;
  args.weight = weight;
  args.epsilon = epsilon;
  args.rows = out.rows;
  args.cols = out.cols;
  args.out = FormsOf(out);
  return CudaStatus(LaunchAddRmsNorm(NativeStream(stream), args), "norm");
}

absl::Status CudaOps::Matmul(Stream& stream, absl::Span<const Weight> weights, const Activations& x,
                             float* y, int64_t ldy) {
  size_t begin = 0;
  while (begin < weights.size()) {
    GemmArgs args;
    args.dtype = weights[begin].dtype;
    int64_t outputs = 0;
    while (begin < weights.size() && weights[begin].dtype == args.dtype &&
           args.num_weights < kMaxGemmWeights) {
      outputs += weights[begin].rows;
      args.weights[args.num_weights++] = {weights[begin].data, weights[begin].rows};
      ++begin;
    }
    args.cols = x.cols;
    const uint32_t form = FormFor(args.dtype);
    args.x = form == kFormF32 ? static_cast<const void*>(x.f32) : form == kFormF16 ? x.f16 : x.bf16;
    args.x_stride = form == kFormF32 ? x.cols : RowStride(x.cols);
    args.tokens = x.rows;
    args.y = y;
    args.ldy = ldy;
    RETURN_IF_ERROR(
        CudaStatus(LaunchGemm(NativeStream(stream), args, choose_tile_(x.rows)), "matrix product"));
    y += outputs;
  }
  return absl::OkStatus();
}

absl::Status CudaOps::RopeKvWrite(Stream& stream, const RaggedBatch& batch,
                                  const RopeKvArgs& args) {
  const KvCacheView& cache = args.cache;
  if (cache.dtype != DType::kF16) {
    return absl::InvalidArgumentError(
        absl::StrCat("the KV cache's type is ", DTypeName(cache.dtype), "; on a GPU it is F16"));
  }
  RopeArgs rope;
  rope.qkv = args.qkv;
  rope.qkv_stride = args.qkv_stride;
  rope.num_heads = args.num_heads;
  rope.num_kv_heads = cache.num_kv_heads;
  rope.head_dim = cache.head_dim;
  rope.cos = args.cos;
  rope.sin = args.sin;
  rope.rope_dim = args.rope_dim;
  rope.interleaved = args.interleaved;
  rope.q_scale = args.q_scale;
  rope.positions = reinterpret_cast<const int32_t*>(arrays_ + layout_.positions);
  rope.slot_mapping = reinterpret_cast<const int32_t*>(arrays_ + layout_.slot_mapping);
  rope.tokens = batch.num_tokens;
  rope.q = queries_;
  rope.keys = reinterpret_cast<uint16_t*>(cache.keys + args.layer * cache.layer_bytes());
  rope.values = reinterpret_cast<uint16_t*>(cache.values + args.layer * cache.layer_bytes());
  rope.block_size = cache.block_size;
  return CudaStatus(LaunchRopeKvWrite(NativeStream(stream), rope), "rope");
}

absl::Status CudaOps::PagedAttention(Stream& stream, const RaggedBatch& batch,
                                     const AttentionOpArgs& args, const Activations& out) {
  const KvCacheView& cache = args.cache;
  AttentionKernelArgs a;
  a.q = queries_;
  a.keys = reinterpret_cast<const uint16_t*>(cache.keys + args.layer * cache.layer_bytes());
  a.values = reinterpret_cast<const uint16_t*>(cache.values + args.layer * cache.layer_bytes());
  a.num_heads = args.num_heads;
  a.num_kv_heads = cache.num_kv_heads;
  a.head_dim = cache.head_dim;
  a.block_size = cache.block_size;
  a.sequences = reinterpret_cast<const AttentionSequence*>(arrays_ + layout_.sequences);
  a.num_sequences = batch.num_sequences;
  a.blocks = reinterpret_cast<const int32_t*>(arrays_ + layout_.blocks);
  a.max_prefill_rows = layout_.max_prefill_rows;
  a.max_decode_positions = layout_.max_decode_positions;
  a.partial = partial_;
  a.out = FormsOf(out);
  return CudaStatus(LaunchAttention(NativeStream(stream), a), "attention");
}

absl::Status CudaOps::SiluMul(Stream& stream, const float* gate_up, const Activations& out) {
  SiluArgs args;
  args.gate_up = gate_up;
  args.rows = out.rows;
  args.cols = out.cols;
  args.out = FormsOf(out);
  return CudaStatus(LaunchSiluMul(NativeStream(stream), args), "activation");
}

absl::Status CudaOps::Add(Stream& stream, int64_t count, float* residual, const float* delta) {
  return CudaStatus(LaunchAdd(NativeStream(stream), {residual, delta, count}), "add");
}

absl::Status CudaOps::GatherRows(Stream& stream, const float* from, absl::Span<const int32_t> rows,
                                 int64_t cols, float* out) {
  GatherArgs args;
  args.from = from;
  args.indices = reinterpret_cast<const int32_t*>(arrays_ + layout_.rows);
  args.rows = static_cast<int64_t>(rows.size());
  args.cols = cols;
  args.out = out;
  return CudaStatus(LaunchGatherRows(NativeStream(stream), args), "gather");
}

absl::Status CudaOps::Sample(Stream& stream, absl::Span<const SampleRow> rows, int64_t vocab,
                             absl::Span<SampleResult> results) {
  float* const logits = reinterpret_cast<float*>(logits_.data());
  for (size_t i = 0; i < rows.size(); ++i) {
    RETURN_IF_ERROR(CudaStatus(cudaMemcpyAsync(logits + i * vocab, rows[i].logits,
                                               static_cast<size_t>(vocab) * sizeof(float),
                                               cudaMemcpyDeviceToHost, NativeStream(stream)),
                               "copying logits"));
  }
  RETURN_IF_ERROR(stream.Synchronize());
  for (size_t i = 0; i < rows.size(); ++i) {
    SampleRow row = rows[i];
    row.logits = logits + i * vocab;
    results[i] = SampleFrom(BestKernels(), row, vocab, sample_scratch_);
  }
  return absl::OkStatus();
}

}  // namespace baton
