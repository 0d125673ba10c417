#include "tests/model/timed_ops.h"

#include <chrono>

#include "absl/strings/str_cat.h"

namespace baton {
namespace {

class TimedOps : public Ops {
 public:
  TimedOps(std::unique_ptr<Ops> ops, OpTimes* times) : ops_(std::move(ops)), times_(times) {}

  int64_t WeightBytes(DType dtype, int64_t rows, int64_t cols) const override {
    return ops_->WeightBytes(dtype, rows, cols);
  }
  absl::Status PackRows(Stream& stream, const Weight& w, int64_t row, int64_t num_rows,
                        const uint8_t* src) override {
    return ops_->PackRows(stream, w, row, num_rows, src);
  }
  int64_t ReserveBytes(const OpsLimits& limits) const override {
    return ops_->ReserveBytes(limits);
  }
  absl::Status Reserve(Device& device, const OpsLimits& limits) override {
    return ops_->Reserve(device, limits);
  }
  absl::Status StartStep(Stream& stream, const StepArrays& arrays) override {
    return ops_->StartStep(stream, arrays);
  }
  absl::Status GatherRows(Stream& stream, const float* from, absl::Span<const int32_t> rows,
                          int64_t cols, float* out) override {
    return Time("gather", [&] { return ops_->GatherRows(stream, from, rows, cols, out); });
  }
  uint32_t FormFor(DType dtype) const override { return ops_->FormFor(dtype); }
  int64_t ActivationBytes(int64_t rows, int64_t cols, uint32_t forms) const override {
    return ops_->ActivationBytes(rows, cols, forms);
  }
  Activations ViewActivations(uint8_t* memory, int64_t rows, int64_t cols,
                              uint32_t forms) const override {
    return ops_->ViewActivations(memory, rows, cols, forms);
  }
  std::string arithmetic_version() const override { return ops_->arithmetic_version(); }

  absl::Status Embedding(Stream& stream, const Weight& table, int32_t first_id,
                         absl::Span<const int32_t> ids, float* out) override {
    return Time("embedding", [&] { return ops_->Embedding(stream, table, first_id, ids, out); });
  }
  absl::Status AddRmsNorm(Stream& stream, float* residual, const float* delta, const float* weight,
                          float epsilon, const Activations& out) override {
    return Time("add + norm + quantise",
                [&] { return ops_->AddRmsNorm(stream, residual, delta, weight, epsilon, out); });
  }
  absl::Status Matmul(Stream& stream, absl::Span<const Weight> weights, const Activations& x,
                      float* y, int64_t ldy) override {
    int64_t rows = 0;
    for (const Weight& w : weights) rows += w.rows;
    return Time(absl::StrCat("product ", rows, " x ", x.cols),
                [&] { return ops_->Matmul(stream, weights, x, y, ldy); });
  }
  absl::Status RopeKvWrite(Stream& stream, const RaggedBatch& batch,
                           const RopeKvArgs& args) override {
    return Time("rope + kv write", [&] { return ops_->RopeKvWrite(stream, batch, args); });
  }
  absl::Status PagedAttention(Stream& stream, const RaggedBatch& batch, const AttentionOpArgs& args,
                              const Activations& out) override {
    return Time("attention + quantise",
                [&] { return ops_->PagedAttention(stream, batch, args, out); });
  }
  absl::Status SiluMul(Stream& stream, const float* gate_up, const Activations& out) override {
    return Time("silu + mul + quantise", [&] { return ops_->SiluMul(stream, gate_up, out); });
  }
  absl::Status Add(Stream& stream, int64_t count, float* residual, const float* delta) override {
    return Time("add", [&] { return ops_->Add(stream, count, residual, delta); });
  }
  absl::Status Sample(Stream& stream, absl::Span<const SampleRow> rows, int64_t vocab,
                      absl::Span<SampleResult> results) override {
    return Time("sample", [&] { return ops_->Sample(stream, rows, vocab, results); });
  }

 private:
  template <typename Fn>
  absl::Status Time(const std::string& name, Fn fn) {
    const auto start = std::chrono::steady_clock::now();
    absl::Status status = fn();
    (*times_)[name] += std::chrono::nanoseconds(std::chrono::steady_clock::now() - start).count();
    return status;
  }

  const std::unique_ptr<Ops> ops_;
  OpTimes* const times_;
};

}  // namespace

std::unique_ptr<Ops> MakeTimedOps(std::unique_ptr<Ops> ops, OpTimes* times) {
  return std::make_unique<TimedOps>(std::move(ops), times);
}

}  // namespace baton
