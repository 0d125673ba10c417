// The CPU backend: kernels (kernels.h) spread over a pool of threads. Which thread computes what
// never changes a bit.
#ifndef BATON_KERNELS_CPU_CPU_OPS_H_
#define BATON_KERNELS_CPU_CPU_OPS_H_

#include <string>
#include <vector>

#include "kernels/cpu/kernels.h"
#include "kernels/cpu/sampling.h"
#include "kernels/cpu/thread_pool.h"
#include "kernels/ops.h"

namespace baton {

// Not thread-safe: one caller at a time. `kernels` must outlive this.
class CpuOps : public Ops {
 public:
  explicit CpuOps(int num_threads, const CpuKernels& kernels = BestKernels())
      : kernels_(kernels), pool_(num_threads) {}

  int64_t WeightBytes(DType dtype, int64_t rows, int64_t cols) const override;
  absl::Status PackRows(Stream& stream, const Weight& w, int64_t row, int64_t num_rows,
                        const uint8_t* src) override;
  uint32_t FormFor(DType dtype) const override;
  int64_t ActivationBytes(int64_t rows, int64_t cols, uint32_t forms) const override;
  Activations ViewActivations(uint8_t* memory, int64_t rows, int64_t cols,
                              uint32_t forms) const override;

  int64_t ReserveBytes(const OpsLimits&) const override { return 0; }
  absl::Status Reserve(Device&, const OpsLimits&) override { return absl::OkStatus(); }
  absl::Status StartStep(Stream&, const StepArrays&) override { return absl::OkStatus(); }
  absl::Status Embedding(Stream& stream, const Weight& table, int32_t first_id,
                         absl::Span<const int32_t> ids, float* out) override;
  absl::Status AddRmsNorm(Stream& stream, float* residual, const float* delta, const float* weight,
                          float epsilon, const Activations& out) override;
  absl::Status Matmul(Stream& stream, absl::Span<const Weight> weights, const Activations& x,
                      float* y, int64_t ldy) override;
  absl::Status RopeKvWrite(Stream& stream, const RaggedBatch& batch,
                           const RopeKvArgs& args) override;
  absl::Status PagedAttention(Stream& stream, const RaggedBatch& batch, const AttentionOpArgs& args,
                              const Activations& out) override;
  absl::Status SiluMul(Stream& stream, const float* gate_up, const Activations& out) override;
  absl::Status Add(Stream& stream, int64_t count, float* residual, const float* delta) override;
  absl::Status GatherRows(Stream& stream, const float* from, absl::Span<const int32_t> rows,
                          int64_t cols, float* out) override;
  absl::Status Sample(Stream& stream, absl::Span<const SampleRow> rows, int64_t vocab,
                      absl::Span<SampleResult> results) override;
  std::string arithmetic_version() const override { return "cpu2"; }

 private:
  // Calls fn(row) for every row, in parallel when there are enough.
  void ForRows(int64_t rows, absl::FunctionRef<void(int64_t row)> fn);
  // Derives the other forms of one row from its f32 form.
  void FillForms(const Activations& x, int64_t row) const;

  const CpuKernels& kernels_;
  ThreadPool pool_;
  std::vector<int64_t> task_offsets_;            // scratch of PagedAttention
  std::vector<SamplingScratch> sample_scratch_;  // one a thread
};

}  // namespace baton

#endif  // BATON_KERNELS_CPU_CPU_OPS_H_
