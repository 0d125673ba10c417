// Speed of the products, beside the machine's own int8 and f32 peaks. Rates are in 10^9 operations
// a second (a multiply-add is two), one thread.
#include <benchmark/benchmark.h>

#include "kernels/cpu/kernel_cases.h"
#include "kernels/cpu/kernels.h"

namespace baton {
namespace {

// A stack of matrices larger than the caches, as in a model: args are the type, rows, columns,
// tokens.
void BM_Matmul(benchmark::State& state) {
  const DType type = static_cast<DType>(state.range(0));
  const int64_t rows = state.range(1), cols = state.range(2), tokens = state.range(3);
  const MatrixCase one(type, rows, cols, 1);
  const int64_t copies = std::max<int64_t>(1, (64 << 20) / one.packed.num_bytes());
  AlignedBytes memory(copies * one.packed.num_bytes());
  for (int64_t i = 0; i < copies; ++i) {
    std::copy_n(one.packed.data, one.packed.num_bytes(),
                memory.data() + i * one.packed.num_bytes());
  }
  const ActivationCase x(tokens, cols, 2);
  std::vector<float> y(tokens * rows);
  int64_t i = 0;
  for (auto _ : state) {
    PackedWeight w = one.packed;
    w.data = memory.data() + i++ % copies * one.packed.num_bytes();
    BestKernels().matmul(w, 0, w.num_panels(), x.view, 0, tokens, y.data(), rows);
  }
  state.counters["Gop/s"] = benchmark::Counter(2e-9 * rows * cols * tokens * state.iterations(),
                                               benchmark::Counter::kIsRate);
  state.counters["GB/s"] = benchmark::Counter(1e-9 * one.packed.num_bytes() * state.iterations(),
                                              benchmark::Counter::kIsRate);
  state.SetLabel(std::string(DTypeName(type)) + " " + BestKernels().name);
}
BENCHMARK(BM_Matmul)
    ->ArgsProduct({{static_cast<int>(DType::kQ4_1), static_cast<int>(DType::kQ8_0)},
                   {1536},
                   {576},
                   {1, 2, 4, 8, 12, 16, 32, 256}})
    ->Unit(benchmark::kMicrosecond);

void BM_Attention(benchmark::State& state) {
  AttentionCase c(3, 3, 64, 16, state.range(0), state.range(1), true, 3);
  for (auto _ : state) {
    for (int64_t h = 0; h < 3; ++h) {
      for (int64_t r = 0; r < c.num_rows(); r += kAttentionRows) {
        BestKernels().attention(c.args, h, r, std::min(c.num_rows(), r + kAttentionRows));
      }
    }
  }
  state.SetLabel("context, tokens");
}
BENCHMARK(BM_Attention)
    ->Args({128, 1})
    ->Args({255, 1})
    ->Args({0, 128})
    ->Args({0, 512})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace baton

BENCHMARK_MAIN();
