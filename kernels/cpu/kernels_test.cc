// Every table of kernels computes the specification's bits; the specification agrees with plain
// double arithmetic.
#include "kernels/cpu/kernels.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "gtest/gtest.h"
#include "kernels/cpu/kernel_cases.h"
#include "kernels/dequantise.h"
#include "kernels/elementary.h"
#include "kernels/float_bits.h"

namespace baton {
namespace {

constexpr DType kTypes[] = {DType::kF32,  DType::kF16,  DType::kBF16,
                            DType::kQ8_0, DType::kQ4_0, DType::kQ4_1};

::testing::AssertionResult SameBits(const std::vector<float>& a, const std::vector<float>& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (FloatBits(a[i]) != FloatBits(b[i]) && !(std::isnan(a[i]) && std::isnan(b[i]))) {
      return ::testing::AssertionFailure() << "element " << i << ": " << a[i] << " and " << b[i];
    }
  }
  return ::testing::AssertionSuccess();
}

class Kernels : public ::testing::Test {
 protected:
  void SetUp() override {
    if (Avx512Kernels() == nullptr) GTEST_SKIP() << "this CPU has no AVX-512 with VNNI and BF16";
  }
};

std::vector<float> Product(const CpuKernels& k, const MatrixCase& m, const ActivationCase& x) {
  std::vector<float> y(x.view.rows * m.packed.rows, -1.0f);
  k.matmul(m.packed, 0, m.packed.num_panels(), x.view, 0, x.view.rows, y.data(), m.packed.rows);
  return y;
}

TEST(Specification, ProductsAgreeWithDoubleArithmetic) {
  for (DType type : kTypes) {
    const MatrixCase m(type, 21, 64, 1);
    const ActivationCase x(3, 64, 2);
    const std::vector<float> y = Product(ScalarKernels(), m, x);
    std::vector<float> row(64);
    for (int64_t r = 0; r < 21; ++r) {
      DequantiseRow(type, m.file_rows.data() + r * 64 / BlockElements(type) * BlockBytes(type), 64,
                    row.data());
      for (int64_t t = 0; t < 3; ++t) {
        double want = 0, magnitude = 0;
        for (int64_t k = 0; k < 64; ++k) {
          float xk = x.f32[t * 64 + k];
          if (IsQuantised(type)) xk = x.scale[t * 2 + k / 32] * x.q8[t * 64 + k];
          if (type == DType::kBF16) xk = BF16ToF32(x.bf16[t * 64 + k]);
          want += static_cast<double>(row[k]) * xk;
          magnitude += std::fabs(static_cast<double>(row[k]) * xk);
        }
        // 64 roundings of relative size 2^-24 each, of the sum's magnitude.
        EXPECT_NEAR(y[t * 21 + r], want, magnitude * 64 * 0x1p-24) << DTypeName(type);
      }
    }
  }
}

TEST(Specification, PackingKeepsEveryValue) {
  for (DType type : kTypes) {
    const MatrixCase m(type, 37, 96, 3);
    std::vector<float> want(96), got(96);
    for (int64_t r = 0; r < 37; ++r) {
      DequantiseRow(type, m.file_rows.data() + r * 96 / BlockElements(type) * BlockBytes(type), 96,
                    want.data());
      UnpackRow(m.packed, r, got.data());
      EXPECT_TRUE(SameBits(want, got)) << DTypeName(type) << " row " << r;
    }
  }
}

TEST(Specification, AttentionAgreesWithDoubleArithmetic) {
  AttentionCase c(2, 3, 16, 16, 300, 5, /*kv_f16=*/false, 4);
  for (int64_t h = 0; h < 2; ++h) ScalarKernels().attention(c.args, h, 0, c.num_rows());
  const float* keys = reinterpret_cast<const float*>(c.keys.data());
  const float* values = reinterpret_cast<const float*>(c.values.data());
  for (int64_t t = 0; t < 5; ++t) {
    for (int64_t head = 0; head < 6; ++head) {
      std::vector<double> score, out(16);
      double sum = 0;
      const int64_t n = 300 + t + 1;
      auto base = [&](int64_t p) { return (c.block_table[p / 16] * 2 + head / 3) * 16 * 16; };
      for (int64_t p = 0; p < n; ++p) {
        double s = 0;
        for (int64_t d = 0; d < 16; ++d)
          s += c.q[(t * 6 + head) * 16 + d] * keys[base(p) + d * 16 + p % 16];
        score.push_back(std::exp(s));
        sum += score.back();
      }
      for (int64_t p = 0; p < n; ++p) {
        for (int64_t d = 0; d < 16; ++d)
          out[d] += score[p] / sum * values[base(p) + p % 16 * 16 + d];
      }
      for (int64_t d = 0; d < 16; ++d) EXPECT_NEAR(c.out[(t * 6 + head) * 16 + d], out[d], 2e-6);
    }
  }
}

TEST_F(Kernels, ProductsHaveTheSpecificationsBits) {
  for (DType type : kTypes) {
    for (int64_t rows : {1, 16, 40}) {
      for (int64_t cols : {32, 160, 576}) {
        const MatrixCase m(type, rows, cols, rows * 1000 + cols);
        for (int64_t tokens : {1, 2, 3, 5, 8, 12, 13, 31}) {
          const ActivationCase x(tokens, cols, tokens, tokens % 2 ? 1.0f : 1e-3f);
          EXPECT_TRUE(SameBits(Product(ScalarKernels(), m, x), Product(*Avx512Kernels(), m, x)))
              << DTypeName(type) << ' ' << rows << 'x' << cols << ", tokens " << tokens;
        }
      }
    }
  }
}

TEST_F(Kernels, PlainProductsOfAnyWidthHaveTheSpecificationsBits) {
  for (DType type : {DType::kF32, DType::kF16, DType::kBF16}) {
    for (int64_t cols : {1, 7, 33}) {
      const MatrixCase m(type, 18, cols, cols);
      const ActivationCase x(4, cols, 9);
      EXPECT_TRUE(SameBits(Product(ScalarKernels(), m, x), Product(*Avx512Kernels(), m, x)))
          << DTypeName(type);
    }
  }
}

TEST_F(Kernels, Bf16ProductsTreatSubnormalsAsTheInstructionDoes) {
  const MatrixCase m(DType::kBF16, 16, 64, 5);
  for (float spread : {1e-37f, 1e-38f, 3e-39f, 1e38f}) {
    const ActivationCase x(3, 64, 6, spread);
    EXPECT_TRUE(SameBits(Product(ScalarKernels(), m, x), Product(*Avx512Kernels(), m, x)))
        << spread;
  }
}

TEST_F(Kernels, RowOperationsHaveTheSpecificationsBits) {
  const CpuKernels& fast = *Avx512Kernels();
  const CpuKernels& spec = ScalarKernels();
  for (int64_t n : {32, 64, 576, 1536}) {
    for (float spread : {1.0f, 30.0f, 1e-20f, 1e-32f, 1e30f}) {
      ActivationCase x(2, n, n, spread);
      std::vector<int8_t> q(n);
      std::vector<float> scale(n / 32), scaled_sum(n / 32);
      std::vector<int32_t> sum(n / 32);
      fast.quantise_row(x.f32.data(), n, q.data(), scale.data(), scaled_sum.data(), sum.data());
      EXPECT_TRUE(std::equal(q.begin(), q.end(), x.q8.begin()));
      EXPECT_TRUE(std::equal(sum.begin(), sum.end(), x.sum.begin()));
      EXPECT_TRUE(SameBits(scale, {x.scale.begin(), x.scale.begin() + n / 32}));
      EXPECT_TRUE(SameBits(scaled_sum, {x.scaled_sum.begin(), x.scaled_sum.begin() + n / 32}));
    }
  }
  for (int64_t n : {1, 15, 16, 17, 576, 1000}) {
    const ActivationCase a(1, n, n + 1), b(1, n, n + 2, 20.0f);
    std::vector<float> r1 = a.f32, r2 = a.f32, o1(n), o2(n);
    spec.add_rms_norm_row(r1.data(), b.f32.data(), b.f32.data(), n, 1e-5f, o1.data());
    fast.add_rms_norm_row(r2.data(), b.f32.data(), b.f32.data(), n, 1e-5f, o2.data());
    EXPECT_TRUE(SameBits(r1, r2) && SameBits(o1, o2));
    spec.add_rms_norm_row(r1.data(), nullptr, b.f32.data(), n, 1e-5f, o1.data());
    fast.add_rms_norm_row(r2.data(), nullptr, b.f32.data(), n, 1e-5f, o2.data());
    EXPECT_TRUE(SameBits(r1, r2) && SameBits(o1, o2));
    spec.silu_mul_row(b.f32.data(), a.f32.data(), n, o1.data());
    fast.silu_mul_row(b.f32.data(), a.f32.data(), n, o2.data());
    EXPECT_TRUE(SameBits(o1, o2));
    EXPECT_EQ(spec.argmax(b.f32.data(), n), fast.argmax(b.f32.data(), n));
    const float top = spec.max(b.f32.data(), n);
    EXPECT_EQ(top, fast.max(b.f32.data(), n));
    EXPECT_EQ(spec.sum_exp(b.f32.data(), n, top), fast.sum_exp(b.f32.data(), n, top));
    spec.exp_scaled(b.f32.data(), n, top, 0.7f, o1.data());
    fast.exp_scaled(b.f32.data(), n, top, 0.7f, o2.data());
    EXPECT_TRUE(SameBits(o1, o2));
  }
}

TEST_F(Kernels, ExpHasTheSpecificationsBitsEverywhere) {
  std::vector<float> x, want, got;
  for (uint64_t bits = 0; bits < (uint64_t{1} << 32); bits += 65521)
    x.push_back(BitsFloat(static_cast<uint32_t>(bits)));
  for (float v = -104.0f; v < 104.0f; v += 0.0007f) x.push_back(v);
  for (float edge : {ExpConstants::kMin, ExpConstants::kMax}) {
    for (int i = -3; i <= 3; ++i) x.push_back(BitsFloat(FloatBits(edge) + i));
  }
  want.resize(x.size());
  got.resize(x.size());
  ScalarKernels().exp_scaled(x.data(), x.size(), 0.0f, 1.0f, want.data());
  Avx512Kernels()->exp_scaled(x.data(), x.size(), 0.0f, 1.0f, got.data());
  EXPECT_TRUE(SameBits(want, got));
}

TEST_F(Kernels, NarrowingHasTheSpecificationsBits) {
  std::vector<float> x;
  for (uint64_t bits = 0; bits < (uint64_t{1} << 32); bits += 9973)
    x.push_back(BitsFloat(static_cast<uint32_t>(bits)));
  std::vector<uint16_t> want(x.size()), got(x.size());
  ScalarKernels().narrow_f16(x.data(), x.size(), want.data());
  Avx512Kernels()->narrow_f16(x.data(), x.size(), got.data());
  for (size_t i = 0; i < x.size(); ++i) ASSERT_EQ(want[i], got[i]) << x[i];
}

TEST_F(Kernels, NonFiniteValuesAreDefined) {
  for (float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    std::vector<float> x(64, 1.0f);
    x[40] = bad;
    for (const CpuKernels* k : {&ScalarKernels(), Avx512Kernels()}) {
      int8_t q[64];
      float scale[2], scaled_sum[2];
      int32_t sum[2];
      k->quantise_row(x.data(), 64, q, scale, scaled_sum, sum);
      EXPECT_EQ(sum[0], 32 * 127) << k->name;
      EXPECT_TRUE(std::isnan(scale[1]) && std::isnan(scaled_sum[1])) << k->name;
      EXPECT_EQ(sum[1], 0) << k->name;
    }
  }
  std::vector<float> nans(20, std::numeric_limits<float>::quiet_NaN());
  nans[17] = -2.0f;
  EXPECT_EQ(ScalarKernels().argmax(nans.data(), 20), 17);
  EXPECT_EQ(Avx512Kernels()->argmax(nans.data(), 20), 17);
  std::vector<float> equal(100, 3.0f);
  EXPECT_EQ(ScalarKernels().argmax(equal.data(), 100), 0);
  EXPECT_EQ(Avx512Kernels()->argmax(equal.data(), 100), 0);
}

TEST_F(Kernels, AttentionHasTheSpecificationsBitsForAnyTiling) {
  for (bool f16 : {true, false}) {
    for (int64_t head_dim : {16, 24, 64, 80}) {
      for (int64_t q_per_kv : {1, 3, 4}) {
        for (int64_t first : {0, 1, 120, 127, 250}) {
          AttentionCase c(2, q_per_kv, head_dim, 32, first, 9, f16, first + head_dim);
          for (int64_t h = 0; h < 2; ++h) ScalarKernels().attention(c.args, h, 0, c.num_rows());
          const std::vector<float> want = c.out;
          for (int64_t tile : {int64_t{1}, int64_t{5}, kAttentionRows}) {
            std::fill(c.out.begin(), c.out.end(), -1.0f);
            for (int64_t h = 0; h < 2; ++h) {
              for (int64_t r = 0; r < c.num_rows(); r += tile) {
                Avx512Kernels()->attention(c.args, h, r, std::min(c.num_rows(), r + tile));
              }
            }
            EXPECT_TRUE(SameBits(want, c.out))
                << "head_dim " << head_dim << " first " << first << " tile " << tile;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace baton
