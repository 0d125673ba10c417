// Row kernels have the bits that rows.h says.
#include "kernels/cuda/rows.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/cpu/kernels.h"
#include "kernels/cuda/test_support.h"
#include "kernels/cuda/weight_cases.h"
#include "kernels/dtype.h"
#include "kernels/elementary.h"
#include "kernels/float_bits.h"

namespace baton {
namespace {

constexpr float kUntouched = 12345.0f;
constexpr uint16_t kUntouched16 = 0x1234;
// Fewer than the 256 lanes, as many, more; and multiples of 8 and not.
constexpr int64_t kCols[] = {1, 8, 43, 255, 256, 257, 576, 1003};

int64_t Stride(int64_t cols) { return (cols + 7) / 8 * 8; }

// Memory for all forms of rows, with a row more than is written.
struct Forms {
  Forms(int64_t rows, int64_t cols)
      : f32(static_cast<size_t>((rows + 1) * cols), kUntouched),
        bf16(static_cast<size_t>((rows + 1) * Stride(cols)), kUntouched16),
        f16(static_cast<size_t>((rows + 1) * Stride(cols)), kUntouched16) {
    view.f32 = f32.data();
    view.bf16 = bf16.data();
    view.f16 = f16.data();
    view.stride = Stride(cols);
  }
  DeviceVector<float> f32;
  DeviceVector<uint16_t> bf16, f16;
  RowForms view;
};

std::vector<uint16_t> Narrow(const std::vector<float>& x, int64_t rows, int64_t cols,
                             uint16_t (*narrow)(float)) {
  std::vector<uint16_t> out(static_cast<size_t>((rows + 1) * Stride(cols)), kUntouched16);
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t i = 0; i < Stride(cols); ++i)
      out[r * Stride(cols) + i] = i < cols ? narrow(x[r * cols + i]) : 0;
  }
  return out;
}

// want [rows, cols]. Each form is what was wanted, zeros pad it, and nothing else was written.
void ExpectForms(const std::vector<float>& want, int64_t rows, int64_t cols, const Forms& got) {
  std::vector<float> f32 = want;
  f32.resize(static_cast<size_t>((rows + 1) * cols), kUntouched);
  EXPECT_EQ("", Difference(f32, got.f32.Read()));
  EXPECT_EQ("", Difference(Narrow(want, rows, cols, F32ToBF16), got.bf16.Read()));
  EXPECT_EQ("", Difference(Narrow(want, rows, cols, F32ToF16), got.f16.Read()));
}

TEST(Embedding, HasTheTablesValuesAndZerosForWhatItDoesNotHave) {
  const std::vector<int32_t> ids = {100, 119, 99, 120, 107, -1, 2147483647, 101};
  const int64_t tokens = static_cast<int64_t>(ids.size());
  for (DType dtype : kAllDTypes) {
    for (int64_t cols : {32, 43, 288}) {
      if (cols % BlockElements(dtype) != 0) continue;
      const WeightCase w(dtype, 20, cols, 1);
      std::vector<float> want;
      for (int32_t id : ids) {
        for (int64_t k = 0; k < cols; ++k)
          want.push_back(id >= 100 && id < 120 ? w.Value(id - 100, k) : 0.0f);
      }
      want.resize(want.size() + cols, kUntouched);
      const DeviceVector<uint8_t> table(w.packed);
      const DeviceVector<int32_t> on_device(ids);
      const DeviceVector<float> out(want.size(), kUntouched);
      EmbeddingArgs args;
      args.dtype = dtype;
      args.table = table.data();
      args.rows = 20;
      args.cols = cols;
      args.ids = on_device.data();
      args.first_id = 100;
      args.tokens = tokens;
      args.out = out.data();
      ASSERT_EQ(LaunchEmbedding(TestStream(), args), cudaSuccess);
      EXPECT_EQ("", Difference(want, out.Read())) << DTypeName(dtype) << ", columns " << cols;
    }
  }
}

// A sum of squares in as many lanes; rows.h says 256.
float SumOfSquares(const float* x, int64_t n, int64_t lanes = 256) {
  std::vector<float> lane(static_cast<size_t>(lanes), 0.0f);
  for (int64_t i = 0; i < n; ++i) lane[i % lanes] = std::fmaf(x[i], x[i], lane[i % lanes]);
  for (int64_t half = lanes / 2; half >= 1; half /= 2) {
    for (int64_t j = 0; j < half; ++j) lane[j] = lane[j] + lane[j + half];
  }
  return lane[0];
}

struct NormCase {
  NormCase(int64_t rows, int64_t cols, int spread)
      : rows(rows),
        cols(cols),
        residual(WideNumbers(static_cast<uint64_t>(cols)).Many(rows * cols, spread)),
        delta(WideNumbers(2).Many(rows * cols, spread)),
        weight(WideNumbers(3).Many(cols, 2)) {}

  // The rows after the addition, and the norm of them.
  std::vector<float> Sums(bool with_delta) const {
    std::vector<float> sums = residual;
    for (size_t i = 0; with_delta && i < sums.size(); ++i) sums[i] = sums[i] + delta[i];
    return sums;
  }
  std::vector<float> Expected(const std::vector<float>& sums, int64_t lanes = 256) const {
    std::vector<float> out = sums;
    for (int64_t r = 0; r < rows; ++r) {
      const float mean = SumOfSquares(&sums[r * cols], cols, lanes) / static_cast<float>(cols);
      const float inverse = 1.0f / std::sqrt(mean + kEpsilon);
      for (int64_t i = 0; i < cols; ++i)
        out[r * cols + i] = sums[r * cols + i] * inverse * weight[i];
    }
    return out;
  }

  static constexpr float kEpsilon = 1e-5f;
  int64_t rows, cols;
  std::vector<float> residual, delta, weight;
};

TEST(AddRmsNorm, HasTheSpecifiedBits) {
  constexpr int64_t kRows = 3;
  for (int64_t cols : kCols) {
    for (bool with_delta : {false, true}) {
      const NormCase c(kRows, cols, 8);
      const DeviceVector<float> residual(c.residual), delta(c.delta), weight(c.weight);
      const Forms out(kRows, cols);
      NormArgs args;
      args.residual = residual.data();
      args.delta = with_delta ? delta.data() : nullptr;
      args.weight = weight.data();
      args.epsilon = NormCase::kEpsilon;
      args.rows = kRows;
      args.cols = cols;
      args.out = out.view;
      ASSERT_EQ(LaunchAddRmsNorm(TestStream(), args), cudaSuccess);
      const std::vector<float> sums = c.Sums(with_delta);
      EXPECT_EQ("", Difference(sums, residual.Read())) << cols;
      ExpectForms(c.Expected(sums), kRows, cols, out);
    }
  }
}

// Numbers of about one size, whose sums round at every addition: other lanes give other bits.
TEST(AddRmsNorm, OtherLanesHaveOtherBits) {
  const NormCase c(16, 1003, 1);
  const std::vector<float> want = c.Expected(c.Sums(true));
  EXPECT_GT(NumDifferent(want, c.Expected(c.Sums(true), 16)), 100);
  EXPECT_GT(NumDifferent(want, c.Expected(c.Sums(true), 128)), 100);
}

// Only the sum of squares goes differently on the CPU, in 16 lanes. All of its terms are positive,
// so each of two sums of n is off by at most n · 2^-24 relatively, its square root by half of that;
// five roundings on each side are alike or add 2^-24 each.
TEST(AddRmsNorm, AgreesWithTheCpu) {
  for (int64_t cols : kCols) {
    const NormCase c(1, cols, 4);
    const DeviceVector<float> residual(c.residual), delta(c.delta), weight(c.weight);
    const Forms out(1, cols);
    NormArgs args = {residual.data(), delta.data(), weight.data(), NormCase::kEpsilon, 1, cols,
                     out.view};
    ASSERT_EQ(LaunchAddRmsNorm(TestStream(), args), cudaSuccess);
    std::vector<float> cpu_residual = c.residual, want(static_cast<size_t>(cols));
    ScalarKernels().add_rms_norm_row(cpu_residual.data(), c.delta.data(), c.weight.data(), cols,
                                     NormCase::kEpsilon, want.data());
    const std::vector<float> got = out.f32.Read();
    for (int64_t i = 0; i < cols; ++i) {
      EXPECT_NEAR(got[i], want[i], std::fabs(want[i]) * (static_cast<float>(cols) + 10) * 0x1p-24f);
    }
  }
}

TEST(SiluMul, HasTheSpecifiedBits) {
  constexpr int64_t kRows = 2;
  for (int64_t cols : kCols) {
    std::vector<float> gate_up = WideNumbers(static_cast<uint64_t>(cols)).Many(kRows * 2 * cols, 7);
    gate_up[0] = cols % 2 == 0 ? -0.0f : -200.0f;
    std::vector<float> want, cpu(static_cast<size_t>(kRows * cols));
    for (int64_t r = 0; r < kRows; ++r) {
      const float* const g = &gate_up[r * 2 * cols];
      for (int64_t i = 0; i < cols; ++i)
        want.push_back(g[i] / (1.0f + ExpF32(-g[i])) * g[cols + i]);
      ScalarKernels().silu_mul_row(g, g + cols, cols, &cpu[r * cols]);
    }
    const DeviceVector<float> in(gate_up);
    const Forms out(kRows, cols);
    SiluArgs args = {in.data(), kRows, cols, out.view};
    ASSERT_EQ(LaunchSiluMul(TestStream(), args), cudaSuccess);
    ExpectForms(want, kRows, cols, out);
    EXPECT_EQ("", Difference(cpu, want)) << "the CPU computes the same";
  }
}

TEST(RowForms, AFormThatIsAbsentIsNotWritten) {
  constexpr int64_t kColumns = 43;
  const std::vector<float> gate_up = WideNumbers(4).Many(2 * kColumns, 3);
  const DeviceVector<float> in(gate_up);
  for (int present = 0; present < 8; ++present) {
    const Forms out(1, kColumns);
    SiluArgs args = {in.data(), 1, kColumns, out.view};
    if (present % 2 == 0) args.out.f32 = nullptr;
    if (present / 2 % 2 == 0) args.out.bf16 = nullptr;
    if (present / 4 == 0) args.out.f16 = nullptr;
    ASSERT_EQ(LaunchSiluMul(TestStream(), args), cudaSuccess);
    EXPECT_EQ(out.f32.Read()[0] != kUntouched, present % 2 == 1);
    EXPECT_EQ(out.bf16.Read()[0] != kUntouched16, present / 2 % 2 == 1);
    EXPECT_EQ(out.f16.Read()[0] != kUntouched16, present / 4 == 1);
  }
}

TEST(Add, AddsEachElementOnce) {
  for (int64_t count : {1, 255, 256, 257, 1000}) {
    const std::vector<float> to = WideNumbers(5).Many(count, 12),
                             from = WideNumbers(6).Many(count, 12);
    std::vector<float> want = to;
    for (int64_t i = 0; i < count; ++i) want[i] = to[i] + from[i];
    const DeviceVector<float> device_to(to), device_from(from);
    ASSERT_EQ(LaunchAdd(TestStream(), {device_to.data(), device_from.data(), count}), cudaSuccess);
    EXPECT_EQ("", Difference(want, device_to.Read()));
  }
}

TEST(GatherRows, CopiesRowsInAnyOrder) {
  constexpr int64_t kColumns = 300;
  const std::vector<float> from = WideNumbers(7).Many(9 * kColumns, 5);
  const std::vector<int32_t> indices = {8, 0, 3, 3};
  std::vector<float> want;
  for (int32_t i : indices)
    want.insert(want.end(), from.begin() + i * kColumns, from.begin() + (i + 1) * kColumns);
  want.resize(want.size() + kColumns, kUntouched);
  const DeviceVector<float> device_from(from), out(want.size(), kUntouched);
  const DeviceVector<int32_t> device_indices(indices);
  GatherArgs args = {device_from.data(), device_indices.data(), 4, kColumns, out.data()};
  ASSERT_EQ(LaunchGatherRows(TestStream(), args), cudaSuccess);
  EXPECT_EQ("", Difference(want, out.Read()));
}

// A batch of tokens at some positions, in slots of a cache of shuffled blocks.
// As the cache holds it: no infinity.
uint16_t Stored(float x) {
  const uint16_t f16 = F32ToF16(x);
  if ((f16 & 0x7fff) != 0x7c00) return f16;
  return x < 0 ? 0xfbff : 0x7bff;
}

struct RopeCase {
  static constexpr int64_t kTokens = 5, kContext = 40, kBlocks = 4;
  int64_t num_heads, num_kv_heads, head_dim, rope_dim, block_size;
  bool interleaved;

  int64_t width() const { return (num_heads + 2 * num_kv_heads) * head_dim; }
  int64_t stride() const { return width() + 4; }
  int64_t cache_elements() const { return kBlocks * num_kv_heads * block_size * head_dim; }
};

// The rotation by rows.h's words, of a whole head.
std::vector<float> RotateHead(const RopeCase& c, const float* head, const float* cos,
                              const float* sin) {
  std::vector<float> out(head, head + c.head_dim);
  for (int64_t pair = 0; pair < c.rope_dim / 2; ++pair) {
    const int64_t i0 = c.interleaved ? 2 * pair : pair;
    const int64_t i1 = c.interleaved ? 2 * pair + 1 : pair + c.rope_dim / 2;
    const float a = head[i0] * cos[pair], b = head[i1] * sin[pair];
    const float d = head[i0] * sin[pair], e = head[i1] * cos[pair];
    out[i0] = a - b;
    out[i1] = d + e;
  }
  return out;
}

void CheckRope(const RopeCase& c) {
  constexpr float kScale = 0.3f;
  const int64_t tokens = RopeCase::kTokens, half = c.rope_dim / 2;
  std::vector<float> qkv = WideNumbers(8).Many(tokens * c.stride(), 6);
  qkv[c.num_heads * c.head_dim] = -1e9f;  // a key and a value beyond f16
  qkv[(c.num_heads + c.num_kv_heads) * c.head_dim] = 1e6f;
  std::vector<float> cos, sin;
  for (int64_t i = 0; i < RopeCase::kContext * half; ++i) {
    cos.push_back(static_cast<float>(std::cos(0.37 * static_cast<double>(i))));
    sin.push_back(static_cast<float>(std::sin(0.37 * static_cast<double>(i))));
  }
  const std::vector<int32_t> positions = {0, 39, 7, 8, 1};
  std::vector<int32_t> slots = {static_cast<int32_t>(4 * c.block_size - 1), 0, 17, 18,
                                static_cast<int32_t>(2 * c.block_size)};

  std::vector<uint16_t> want_q(static_cast<size_t>((tokens + 1) * c.num_heads * c.head_dim),
                               kUntouched16);
  std::vector<uint16_t> want_keys(static_cast<size_t>(c.cache_elements()), kUntouched16);
  std::vector<uint16_t> want_values = want_keys;
  for (int64_t t = 0; t < tokens; ++t) {
    const float* const row = &qkv[t * c.stride()];
    const float* const row_cos = cos.data() + positions[t] * half;
    const float* const row_sin = sin.data() + positions[t] * half;
    for (int64_t h = 0; h < c.num_heads; ++h) {
      const std::vector<float> q = RotateHead(c, row + h * c.head_dim, row_cos, row_sin);
      for (int64_t i = 0; i < c.head_dim; ++i)
        want_q[(t * c.num_heads + h) * c.head_dim + i] = F32ToF16(q[i] * kScale);
    }
    for (int64_t h = 0; h < c.num_kv_heads; ++h) {
      const float* const key = row + (c.num_heads + h) * c.head_dim;
      const std::vector<float> k = RotateHead(c, key, row_cos, row_sin);
      for (int64_t i = 0; i < c.head_dim; ++i) {
        const int64_t block = slots[t] / c.block_size, in_block = slots[t] % c.block_size;
        const int64_t at =
            ((block * c.num_kv_heads + h) * c.block_size + in_block) * c.head_dim + i;
        want_keys[at] = Stored(k[i]);
        want_values[at] = Stored(key[c.num_kv_heads * c.head_dim + i]);
      }
    }
  }

  const DeviceVector<float> device_qkv(qkv), device_cos(cos), device_sin(sin);
  const DeviceVector<int32_t> device_positions(positions), device_slots(slots);
  const DeviceVector<uint16_t> q(want_q.size(), kUntouched16);
  const DeviceVector<uint16_t> keys(want_keys.size(), kUntouched16);
  const DeviceVector<uint16_t> values(want_keys.size(), kUntouched16);
  RopeArgs args;
  args.qkv = device_qkv.data();
  args.qkv_stride = c.stride();
  args.num_heads = c.num_heads;
  args.num_kv_heads = c.num_kv_heads;
  args.head_dim = c.head_dim;
  args.cos = device_cos.data();
  args.sin = device_sin.data();
  args.rope_dim = c.rope_dim;
  args.interleaved = c.interleaved;
  args.q_scale = kScale;
  args.positions = device_positions.data();
  args.slot_mapping = device_slots.data();
  args.tokens = tokens;
  args.q = q.data();
  args.keys = keys.data();
  args.values = values.data();
  args.block_size = c.block_size;
  ASSERT_EQ(LaunchRopeKvWrite(TestStream(), args), cudaSuccess);
  EXPECT_EQ("", Difference(want_q, q.Read()));
  EXPECT_EQ("", Difference(want_keys, keys.Read()));
  EXPECT_EQ("", Difference(want_values, values.Read()));
  EXPECT_EQ("", Difference(qkv, device_qkv.Read()));
}

TEST(RopeKvWrite, HasTheSpecifiedBits) {
  for (bool interleaved : {false, true}) {
    CheckRope({1, 1, 8, 8, 16, interleaved});
    CheckRope({6, 2, 24, 16, 32, interleaved});  // a head is not rotated to its end
    CheckRope({4, 4, 64, 64, 16, interleaved});
    CheckRope({16, 1, 40, 0, 16, interleaved});  // not at all
  }
}

TEST(Rows, WrongArgumentsAreRefusedAndNoRowsAreFine) {
  constexpr auto kBad = cudaErrorInvalidValue;
  const cudaStream_t stream = TestStream();
  const DeviceVector<float> f32(64, 1.0f);
  const DeviceVector<uint16_t> f16(64, uint16_t{0});
  const uint64_t launches = emulator::NumLaunches();

  EmbeddingArgs embedding;
  embedding.rows = embedding.cols = 4;
  EXPECT_EQ(LaunchEmbedding(stream, embedding), cudaSuccess);
  embedding.tokens = -1;
  EXPECT_EQ(LaunchEmbedding(stream, embedding), kBad);
  embedding.tokens = 0, embedding.rows = 0;
  EXPECT_EQ(LaunchEmbedding(stream, embedding), kBad);
  embedding.rows = 4, embedding.cols = 0;
  EXPECT_EQ(LaunchEmbedding(stream, embedding), kBad);
  embedding.cols = 40, embedding.dtype = DType::kQ4_0;
  EXPECT_EQ(LaunchEmbedding(stream, embedding), kBad);

  RowForms right;
  right.bf16 = f16.data();
  right.stride = 8;
  RowForms wrong = right;
  wrong.stride = 16;
  NormArgs norm = {f32.data(), nullptr, f32.data(), 0.0f, 0, 5, right};
  EXPECT_EQ(LaunchAddRmsNorm(stream, norm), cudaSuccess);
  norm.rows = -1;
  EXPECT_EQ(LaunchAddRmsNorm(stream, norm), kBad);
  norm.rows = 1, norm.cols = 0;
  EXPECT_EQ(LaunchAddRmsNorm(stream, norm), kBad);
  norm.cols = 5, norm.out = wrong;
  EXPECT_EQ(LaunchAddRmsNorm(stream, norm), kBad);
  std::swap(norm.out.bf16, norm.out.f16);
  EXPECT_EQ(LaunchAddRmsNorm(stream, norm), kBad);

  SiluArgs silu = {f32.data(), 0, 5, right};
  EXPECT_EQ(LaunchSiluMul(stream, silu), cudaSuccess);
  silu.rows = int64_t{1} << 31;
  EXPECT_EQ(LaunchSiluMul(stream, silu), kBad);
  silu.rows = 1, silu.out = wrong;
  EXPECT_EQ(LaunchSiluMul(stream, silu), kBad);
  silu.out = right, silu.cols = 0;
  EXPECT_EQ(LaunchSiluMul(stream, silu), kBad);

  EXPECT_EQ(LaunchAdd(stream, {f32.data(), f32.data(), 0}), cudaSuccess);
  EXPECT_EQ(LaunchAdd(stream, {f32.data(), f32.data(), -1}), kBad);
  EXPECT_EQ(LaunchAdd(stream, {f32.data(), f32.data(), -256}), kBad);
  EXPECT_EQ(LaunchGatherRows(stream, {f32.data(), nullptr, 0, 4, f32.data()}), cudaSuccess);
  EXPECT_EQ(LaunchGatherRows(stream, {f32.data(), nullptr, -1, 4, f32.data()}), kBad);
  EXPECT_EQ(LaunchGatherRows(stream, {f32.data(), nullptr, 1, -1, f32.data()}), kBad);

  RopeArgs rope;
  rope.num_heads = 4, rope.num_kv_heads = 2, rope.head_dim = 8, rope.rope_dim = 8;
  rope.block_size = 16;
  EXPECT_EQ(LaunchRopeKvWrite(stream, rope), cudaSuccess);
  const struct {
    const char* what;
    void (*change)(RopeArgs*);
  } kWrong[] = {
      {"an odd rope_dim", [](RopeArgs* a) { a->rope_dim = 7; }},
      {"a negative rope_dim", [](RopeArgs* a) { a->rope_dim = -2; }},
      {"rope_dim beyond the head", [](RopeArgs* a) { a->rope_dim = 10; }},
      {"no positions in a block", [](RopeArgs* a) { a->block_size = 0; }},
      {"no KV heads", [](RopeArgs* a) { a->num_kv_heads = 0; }},
      {"heads that do not share evenly", [](RopeArgs* a) { a->num_heads = 5; }},
      {"negative tokens", [](RopeArgs* a) { a->tokens = -1; }},
      {"elements that are not there", [](RopeArgs* a) { a->head_dim = 0, a->rope_dim = 0; }},
  };
  for (const auto& w : kWrong) {
    RopeArgs args = rope;
    w.change(&args);
    EXPECT_EQ(LaunchRopeKvWrite(stream, args), kBad) << w.what;
  }
  EXPECT_EQ(emulator::NumLaunches(), launches);
}

}  // namespace
}  // namespace baton
