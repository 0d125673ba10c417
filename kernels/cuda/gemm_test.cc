// Products have the bits that gemm.h says, whatever the tile.
#include "kernels/cuda/gemm.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/cpu/kernel_cases.h"
#include "kernels/cpu/kernels.h"
#include "kernels/cpu/packed_weight.h"
#include "kernels/cuda/emulator/tensor_core.h"
#include "kernels/cuda/test_support.h"
#include "kernels/cuda/weight_cases.h"
#include "kernels/dtype.h"
#include "kernels/float_bits.h"
#include "kernels/tensor.h"

namespace baton {
namespace {

constexpr float kUntouched = 12345.0f;

struct Case {
  std::vector<int64_t> rows;  // of each weight
  int64_t cols, tokens;
};

// Outputs, columns and tokens that fill no tile, and some that do; 576 columns are more than any
// tile has in flight.
const Case kPlainCases[] = {{{1}, 1, 1},          {{33}, 7, 2},     {{31, 1}, 40, 9},
                            {{20, 7, 40}, 72, 8}, {{130}, 100, 17}, {{16, 130}, 24, 130},
                            {{32}, 584, 16},      {{128}, 64, 65}};
const Case kQuantisedCases[] = {{{1}, 32, 1},     {{33}, 96, 2},        {{20, 7, 40}, 64, 9},
                                {{130}, 160, 17}, {{16, 130}, 32, 130}, {{32}, 576, 16}};

// Activations with NaN where nobody may look: from the end of a row's last eight columns on.
struct Inputs {
  Inputs(const Case& c, uint64_t seed)
      : stride((c.cols + 7) / 8 * 8 + 8), f32(WideNumbers(seed).Many(c.tokens * c.cols, 9)) {}
  int64_t stride;
  std::vector<float> f32;  // [tokens, cols]
};

std::vector<uint16_t> Narrow(const Inputs& x, const Case& c, uint16_t (*narrow)(float)) {
  std::vector<uint16_t> out(static_cast<size_t>(c.tokens * x.stride), 0x7fff);
  for (int64_t t = 0; t < c.tokens; ++t) {
    for (int64_t k = 0; k < x.stride - 8; ++k)
      out[t * x.stride + k] = k < c.cols ? narrow(x.f32[t * c.cols + k]) : 0;
  }
  return out;
}

using Step = float (*)(const uint16_t* a, const uint16_t* b, float c);

struct Operands {
  uint16_t (*narrow)(float);
  float (*widen)(uint16_t);
  Step step;
};

Operands OperandsFor(DType dtype) {
  if (dtype == DType::kF16) return {F32ToF16, F16ToF32, TensorCoreStepF16};
  return {F32ToBF16, BF16ToF32, TensorCoreStepBF16};
}

// How a sum goes: as gemm.h says, and two ways that must not pass for it.
enum class Order { kSpecified, kDescending, kSplit };

// An output by gemm.h's words.
float Output(const WeightCase& w, const float* x, int64_t row, Order order) {
  const int64_t cols = w.layout.cols;
  if (w.layout.dtype == DType::kF32) {
    float acc = 0.0f;
    for (int64_t k = 0; k < cols; ++k) acc = std::fmaf(w.Value(row, k), x[k], acc);
    return acc;
  }
  const Operands operands = OperandsFor(w.layout.dtype);
  const int64_t steps = (cols + 15) / 16;
  float acc[2] = {};
  for (int64_t i = 0; i < steps; ++i) {
    const int64_t step = order == Order::kDescending ? steps - 1 - i : i;
    uint16_t a[16] = {}, b[16] = {};
    for (int64_t k = step * 16; k < std::min(cols, step * 16 + 16); ++k) {
      a[k % 16] = operands.narrow(w.Value(row, k));
      b[k % 16] = operands.narrow(x[k]);
    }
    float& sum = acc[order == Order::kSplit ? step % 2 : 0];
    sum = operands.step(a, b, sum);
  }
  return order == Order::kSplit ? acc[0] + acc[1] : acc[0];
}

class Product {
 public:
  Product(DType dtype, const Case& c, uint64_t seed) : c_(c), dtype_(dtype), x_(c, seed) {
    for (int64_t rows : c.rows) {
      weights_.push_back(std::make_unique<WeightCase>(dtype, rows, c.cols, ++seed));
      on_device_.push_back(std::make_unique<DeviceVector<uint8_t>>(weights_.back()->packed));
      outputs_ += rows;
    }
  }

  int64_t ldy() const { return outputs_ + 3; }

  // y with a line more than there are tokens.
  std::vector<float> Expected(Order order = Order::kSpecified) const {
    std::vector<float> y(static_cast<size_t>((c_.tokens + 1) * ldy()), kUntouched);
    for (int64_t t = 0; t < c_.tokens; ++t) {
      int64_t column = 0;
      for (const auto& w : weights_) {
        for (int64_t row = 0; row < w->layout.rows; ++row)
          y[t * ldy() + column++] = Output(*w, &x_.f32[t * c_.cols], row, order);
      }
    }
    return y;
  }

  std::vector<float> Computed(GemmTile tile) const {
    const DeviceVector<float> f32(x_.f32);
    const DeviceVector<uint16_t> narrow(Narrow(x_, c_, OperandsFor(dtype_).narrow));
    const DeviceVector<float> y(static_cast<size_t>((c_.tokens + 1) * ldy()), kUntouched);
    GemmArgs args;
    args.dtype = dtype_;
    for (size_t i = 0; i < weights_.size(); ++i)
      args.weights[i] = {on_device_[i]->data(), weights_[i]->layout.rows};
    args.num_weights = static_cast<int>(weights_.size());
    args.cols = c_.cols;
    args.x = dtype_ == DType::kF32 ? static_cast<const void*>(f32.data()) : narrow.data();
    args.x_stride = dtype_ == DType::kF32 ? c_.cols : x_.stride;
    args.tokens = c_.tokens;
    args.y = y.data();
    args.ldy = ldy();
    EXPECT_EQ(LaunchGemm(TestStream(), args, tile), cudaSuccess);
    return y.Read();
  }

  std::string name() const {
    std::string name = DTypeName(dtype_);
    for (int64_t rows : c_.rows) name += " " + std::to_string(rows);
    return name + " x " + std::to_string(c_.cols) + ", tokens " + std::to_string(c_.tokens);
  }

 private:
  const Case c_;
  const DType dtype_;
  const Inputs x_;
  int64_t outputs_ = 0;
  std::vector<std::unique_ptr<WeightCase>> weights_;
  std::vector<std::unique_ptr<DeviceVector<uint8_t>>> on_device_;
};

void CheckType(DType dtype) {
  const bool quantised = IsQuantised(dtype);
  const Case* const begin = quantised ? std::begin(kQuantisedCases) : std::begin(kPlainCases);
  const Case* const end = quantised ? std::end(kQuantisedCases) : std::end(kPlainCases);
  for (const Case* c = begin; c != end; ++c) {
    const Product product(dtype, *c, static_cast<uint64_t>(c - begin) * 100);
    const std::vector<float> want = product.Expected();
    for (GemmTile tile : kGemmTiles) {
      ASSERT_EQ("", Difference(want, product.Computed(tile)))
          << product.name() << ", tile " << GemmTileName(tile);
    }
  }
}

TEST(Gemm, F32HasTheSpecifiedBits) { CheckType(DType::kF32); }
TEST(Gemm, F16HasTheSpecifiedBitsInEveryTile) { CheckType(DType::kF16); }
TEST(Gemm, BF16HasTheSpecifiedBitsInEveryTile) { CheckType(DType::kBF16); }
TEST(Gemm, Q8_0HasTheSpecifiedBitsInEveryTile) { CheckType(DType::kQ8_0); }
TEST(Gemm, Q4_0HasTheSpecifiedBitsInEveryTile) { CheckType(DType::kQ4_0); }
TEST(Gemm, Q4_1HasTheSpecifiedBitsInEveryTile) { CheckType(DType::kQ4_1); }

// The comparison above can fail: other orders of the same sum differ on such data.
TEST(Gemm, OtherOrdersHaveOtherBits) {
  for (DType dtype : {DType::kF16, DType::kBF16, DType::kQ8_0, DType::kQ4_0, DType::kQ4_1}) {
    const Product product(dtype, {{33}, 96, 4}, 7);
    const std::vector<float> got = product.Computed(GemmTile::k32x8);
    EXPECT_EQ(NumDifferent(product.Expected(), got), 0);
    for (Order order : {Order::kDescending, Order::kSplit})
      EXPECT_GT(NumDifferent(product.Expected(order), got), 33) << DTypeName(dtype);
  }
}

// Against the CPU's plain product of the weights' values and the activations in f32, with M = Σ |w|
// · |x|:
//  - operands are rounded, the weight by u_w and the activation by u_x relatively: M · (u_w + u_x +
//  u_w · u_x), u being 2^-8 for bf16, 2^-11 for f16 and 0 where the value is one already; an f16
//  below 2^-14 is off by 2^-25 instead;
//  - a tensor core's step cuts 17 terms at 2^-25 of at most 2 M, and its result at 2^-23 of at most
//  2 M: (17 / 4 + 1) · 2^-23 · 2 M, less than 11 · 2^-23 · M;
//  - the CPU rounds once a column, 2^-24 of at most M.
// F32 is the same sum in both.
TEST(Gemm, AgreesWithTheCpu) {
  constexpr int64_t kRows = 37, kTokens = 11;
  for (DType dtype : kAllDTypes) {
    for (int64_t cols : {32, 288}) {
      // Of one scale, as models have them.
      const WeightCase matrix(dtype, kRows, cols, MatrixCase(dtype, kRows, cols, 5).file_rows);
      const ActivationCase x(kTokens, cols, 6);
      PackedWeight cpu;
      cpu.dtype = DType::kF32;
      cpu.rows = kRows;
      cpu.cols = cols;
      AlignedBytes cpu_memory(cpu.num_bytes());
      cpu.data = cpu_memory.data();
      PackRows(cpu, 0, kRows, reinterpret_cast<const uint8_t*>(matrix.values.data()));
      std::vector<float> want(kTokens * kRows);
      ScalarKernels().matmul(cpu, 0, cpu.num_panels(), x.view, 0, kTokens, want.data(), kRows);

      std::vector<uint16_t> narrow(x.f32.size());
      const Operands operands = OperandsFor(dtype);
      std::transform(x.f32.begin(), x.f32.end(), narrow.begin(), operands.narrow);
      const DeviceVector<uint8_t> weight(matrix.packed);
      const DeviceVector<float> f32(x.f32);
      const DeviceVector<uint16_t> x16(narrow);
      const DeviceVector<float> y(want.size(), kUntouched);
      GemmArgs args;
      args.dtype = dtype;
      args.weights[0] = {weight.data(), kRows};
      args.num_weights = 1;
      args.cols = args.x_stride = cols;
      args.x = dtype == DType::kF32 ? static_cast<const void*>(f32.data()) : x16.data();
      args.tokens = kTokens;
      args.y = y.data();
      args.ldy = kRows;
      ASSERT_EQ(LaunchGemm(TestStream(), args, GemmTile::k32x16), cudaSuccess);
      const std::vector<float> got = y.Read();
      if (dtype == DType::kF32) {
        EXPECT_EQ("", Difference(want, got));
        continue;
      }
      const double u_x = dtype == DType::kF16 ? 0x1p-11 : 0x1p-8;
      const double u_w = IsQuantised(dtype) ? 0x1p-8 : 0.0;
      const double smallest = dtype == DType::kF16 ? 0x1p-25 : 0.0;
      const double steps = static_cast<double>(cols) / 16, columns = static_cast<double>(cols);
      double worst = 0;
      for (int64_t i = 0; i < kTokens * kRows; ++i) {
        double magnitude = 0, weights = 0;
        for (int64_t k = 0; k < cols; ++k) {
          const double value = std::fabs(matrix.values[i % kRows * cols + k]);
          magnitude += value * std::fabs(x.f32[i / kRows * cols + k]);
          weights += value;
        }
        const double bound =
            magnitude * (u_w + u_x + u_w * u_x + steps * 11 * 0x1p-23 + columns * 0x1p-24) +
            weights * smallest;
        worst = std::max(worst, std::fabs(double{want[i]} - got[i]) / bound);
      }
      EXPECT_LE(worst, 1.0) << DTypeName(dtype) << ", columns " << cols;
      EXPECT_GT(worst, 0.005) << DTypeName(dtype) << ": the bound says nothing";
    }
  }
}

TEST(Gemm, WrongArgumentsAreRefused) {
  const DeviceVector<uint8_t> memory(1 << 16, 0);
  const DeviceVector<float> y(64 * 64, kUntouched);
  GemmArgs right;
  right.dtype = DType::kBF16;
  right.weights[0] = {memory.data(), 32};
  right.weights[1] = {memory.data() + 4096, 16};
  right.num_weights = 2;
  right.cols = 32;
  right.x = memory.data() + 8192;
  right.x_stride = 32;
  right.tokens = 2;
  right.y = y.data();
  right.ldy = 48;
  const struct {
    const char* what;
    void (*change)(GemmArgs*);
  } kWrong[] = {
      {"no weights", [](GemmArgs* a) { a->num_weights = 0; }},
      {"too many weights", [](GemmArgs* a) { a->num_weights = 4; }},
      {"a weight beyond their number", [](GemmArgs* a) { a->num_weights = 1; }},
      {"a weight without rows", [](GemmArgs* a) { a->weights[1].rows = 0; }},
      {"negative rows", [](GemmArgs* a) { a->weights[0].rows = -1; }},
      {"an unaligned weight", [](GemmArgs* a) { a->weights[1].data += 8; }},
      {"no weight's data", [](GemmArgs* a) { a->weights[1].data = nullptr; }},
      {"no columns", [](GemmArgs* a) { a->cols = 0; }},
      {"blocks that are not whole", [](GemmArgs* a) { a->dtype = DType::kQ8_0, a->cols = 24; }},
      {"negative tokens", [](GemmArgs* a) { a->tokens = -1; }},
      {"no x", [](GemmArgs* a) { a->x = nullptr; }},
      {"an unaligned x", [](GemmArgs* a) { a->x = static_cast<const uint8_t*>(a->x) + 8; }},
      {"x_stride below cols", [](GemmArgs* a) { a->x_stride = 24; }},
      {"x_stride no multiple of 8", [](GemmArgs* a) { a->x_stride = 36; }},
      {"no y", [](GemmArgs* a) { a->y = nullptr; }},
      {"ldy below the outputs", [](GemmArgs* a) { a->ldy = 47; }},
  };
  const uint64_t launches = emulator::NumLaunches();
  for (const auto& wrong : kWrong) {
    GemmArgs args = right;
    wrong.change(&args);
    for (GemmTile tile : kGemmTiles)
      EXPECT_EQ(LaunchGemm(TestStream(), args, tile), cudaErrorInvalidValue) << wrong.what;
  }
  EXPECT_EQ(LaunchGemm(TestStream(), right, static_cast<GemmTile>(99)), cudaErrorInvalidValue);
  GemmArgs none = right;
  none.tokens = 0;
  EXPECT_EQ(LaunchGemm(TestStream(), none, GemmTile::k32x8), cudaSuccess);
  EXPECT_EQ(NumDifferent(y.Read(), std::vector<float>(64 * 64, kUntouched)), 0);
  EXPECT_EQ(emulator::NumLaunches(), launches);
  EXPECT_EQ(LaunchGemm(TestStream(), right, GemmTile::k32x8), cudaSuccess);
  EXPECT_EQ(NumDifferent(y.Read(), std::vector<float>(64 * 64, kUntouched)), 2 * 48);
  EXPECT_EQ(emulator::NumLaunches(), launches + 1);
}

TEST(Gemm, TheTileThatIsTakenHasRoomForTheTokens) {
  EXPECT_EQ(DefaultGemmTile(1), GemmTile::k32x8);
  EXPECT_EQ(DefaultGemmTile(8), GemmTile::k32x8);
  EXPECT_EQ(DefaultGemmTile(9), GemmTile::k32x16);
  EXPECT_EQ(DefaultGemmTile(17), GemmTile::k32x64);
  EXPECT_EQ(DefaultGemmTile(65), GemmTile::k128x128);
}

}  // namespace
}  // namespace baton
