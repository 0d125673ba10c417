// The CUDA backend: kernels (gemm.h, rows.h, attention.h) enqueued on a stream. Their headers say
// what they compute, to the bit, which depends on nothing that is chosen here.
#ifndef BATON_KERNELS_CUDA_CUDA_OPS_H_
#define BATON_KERNELS_CUDA_CUDA_OPS_H_

#include <cuda_runtime.h>

#include <cstdint>
#include <string>

#include "kernels/cpu/sampling.h"
#include "kernels/cuda/attention.h"
#include "kernels/cuda/cuda_device.h"
#include "kernels/cuda/gemm.h"
#include "kernels/cuda/rows.h"
#include "kernels/cuda/step_arrays.h"
#include "kernels/ops.h"

namespace baton {

// Not thread-safe: one caller at a time.
class CudaOps : public Ops {
 public:
  // Chooses the shape of a product's blocks; which one, changes no bit.
  using TileChooser = GemmTile (*)(int64_t tokens);
  explicit CudaOps(TileChooser choose_tile = DefaultGemmTile) : choose_tile_(choose_tile) {}
  ~CudaOps() override;

  int64_t WeightBytes(DType dtype, int64_t rows, int64_t cols) const override;
  absl::Status PackRows(Stream& stream, const Weight& w, int64_t row, int64_t num_rows,
                        const uint8_t* src) override;
  uint32_t FormFor(DType dtype) const override;
  int64_t ActivationBytes(int64_t rows, int64_t cols, uint32_t forms) const override;
  Activations ViewActivations(uint8_t* memory, int64_t rows, int64_t cols,
                              uint32_t forms) const override;

  int64_t ReserveBytes(const OpsLimits& limits) const override;
  absl::Status Reserve(Device& device, const OpsLimits& limits) override;

  absl::Status StartStep(Stream& stream, const StepArrays& arrays) override;
  absl::Status Embedding(Stream& stream, const Weight& table, int32_t first_id,
                         absl::Span<const int32_t> ids, float* out) override;
  absl::Status AddRmsNorm(Stream& stream, float* residual, const float* delta, const float* weight,
                          float epsilon, const Activations& out) override;
  absl::Status Matmul(Stream& stream, absl::Span<const Weight> weights, const Activations& x,
                      float* y, int64_t ldy) override;
  // INVALID_ARGUMENT if the cache is not f16.
  absl::Status RopeKvWrite(Stream& stream, const RaggedBatch& batch,
                           const RopeKvArgs& args) override;
  // Of the queries of the last RopeKvWrite.
  absl::Status PagedAttention(Stream& stream, const RaggedBatch& batch, const AttentionOpArgs& args,
                              const Activations& out) override;
  absl::Status SiluMul(Stream& stream, const float* gate_up, const Activations& out) override;
  absl::Status Add(Stream& stream, int64_t count, float* residual, const float* delta) override;
  absl::Status GatherRows(Stream& stream, const float* from, absl::Span<const int32_t> rows,
                          int64_t cols, float* out) override;
  // Waits for the logits and samples on the host: the CPU's draws.
  absl::Status Sample(Stream& stream, absl::Span<const SampleRow> rows, int64_t vocab,
                      absl::Span<SampleResult> results) override;
  std::string arithmetic_version() const override { return "cuda1"; }

 private:
  const TileChooser choose_tile_;
  OpsLimits limits_;
  StepArraysLayout layout_;        // of this step
  Buffer memory_;                  // of the device: arrays, queries, partial sums of attention
  PinnedBuffer staging_, logits_;  // of the host
  cudaEvent_t uploaded_ = nullptr;
  uint8_t* arrays_ = nullptr;
  uint16_t* queries_ = nullptr;  // [max_tokens, num_heads · head_dim]
  float* partial_ = nullptr;
  SamplingScratch sample_scratch_;
};

}  // namespace baton

#endif  // BATON_KERNELS_CUDA_CUDA_OPS_H_
