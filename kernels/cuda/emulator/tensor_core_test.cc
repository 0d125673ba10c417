// The arithmetic of one step of a tensor core, by hand, and that 128 of them are an mma.
#include "kernels/cuda/emulator/tensor_core.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/float_bits.h"

namespace baton {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

struct Format {
  const char* name;
  float (*step)(const uint16_t* a, const uint16_t* b, float c);
  uint16_t (*narrow)(float x);
  float (*widen)(uint16_t x);
  int exponents;  // of random numbers: in [−exponents, exponents]
};
const Format kBF16 = {"bf16", TensorCoreStepBF16, F32ToBF16, BF16ToF32, 40};
const Format kF16 = {"f16", TensorCoreStepF16, F32ToF16, F16ToF32, 13};

struct Product {
  float a, b;
};

// c + Σ a · b, absent products being 0 · 0.
float Step(const Format& f, const std::vector<Product>& products, float c) {
  uint16_t a[16] = {}, b[16] = {};
  for (size_t k = 0; k < products.size(); ++k) {
    a[k] = f.narrow(products[k].a);
    b[k] = f.narrow(products[k].b);
  }
  return f.step(a, b, c);
}

struct Case {
  std::vector<Product> products;
  float c;
  float want;
};

void Check(const std::vector<Case>& cases, std::vector<const Format*> formats = {&kBF16, &kF16}) {
  for (const Format* f : formats) {
    for (size_t i = 0; i < cases.size(); ++i) {
      const float got = Step(*f, cases[i].products, cases[i].c);
      EXPECT_EQ(FloatBits(got), FloatBits(cases[i].want))
          << f->name << " case " << i << ": " << got << ", want " << cases[i].want;
    }
  }
}

TEST(TensorCore, SumsThatFitAreExact) {
  Check({
      {{}, 0.0f, 0.0f},
      {{}, -0.0f, 0.0f},  // a zero sum is +0
      {{}, 0x1.fffffep+30f, 0x1.fffffep+30f},
      {{}, -0x1p-149f, -0x1p-149f},
      {{{1, 1}}, 0.0f, 1.0f},
      {{{3, -5}, {0.5f, 0.25f}}, 7.0f, -7.875f},
      {{{1, 1}, {-1, 1}}, 0.0f, 0.0f},
      {std::vector<Product>(16, {1.5f, 1.5f}), 1.0f, 37.0f},
      {{{1024, 1}, {-1024, 1}}, 0x1p-10f, 0x1p-10f},
  });
}

// A term that is not the largest keeps 25 bits behind the largest one's point.
TEST(TensorCore, TermsAreCutTowardZeroAt25Bits) {
  const Product up = {0x1p-12f, 0x1p-12f};      // 2^-24
  const Product last = {0x1p-12f, 0x1p-13f};    // 2^-25: the last bit that is kept
  const Product beyond = {0x1p-13f, 0x1p-13f};  // 2^-26
  const Product minus_up = {-0x1p-12f, 0x1p-12f}, minus_last = {-0x1p-12f, 0x1p-13f},
                minus_beyond = {-0x1p-13f, 0x1p-13f};
  const Product one = {1, 1}, minus_one = {-1, 1};
  Check({
      // A float near 1 has 23 bits: two of 2^-24 are one, four of 2^-25 too, but none of 2^-26.
      {{one, up, up}, 0, 0x1.000002p+0f},
      {{one, last, last, last, last}, 0, 0x1.000002p+0f},
      {{one, last, last, last}, 0, 1.0f},
      {{one, beyond, beyond, beyond, beyond, beyond, beyond, beyond, beyond}, 0, 1.0f},
      {{minus_one, minus_up, minus_up}, 0, -0x1.000002p+0f},
      {{minus_one, minus_last, minus_last, minus_last}, 0, -1.0f},
      {{minus_one, minus_beyond, minus_beyond, minus_beyond, minus_beyond}, 0, -1.0f},
      // Below a power of two a float has one bit more.
      {{one, minus_up}, 0, 0x1.fffffep-1f},
      {{one, minus_last}, 0, 0x1.fffffep-1f},  // 1 − 2^-25 = 0x1.ffffffp-1, cut
      {{one, minus_beyond}, 0, 1.0f},          // cut toward zero before the sum
      {{minus_one, last}, 0, -0x1.fffffep-1f},
      {{minus_one, beyond}, 0, -1.0f},
      {{one, up, minus_one}, 0, 0x1p-24f},
      {{one, last, minus_one}, 0, 0x1p-25f},
      {{one, beyond, minus_one}, 0, 0.0f},
      // The accumulator is cut likewise, and aligns the others.
      {{one, minus_one}, 0x1.8p-25f, 0x1p-25f},
      {{one, minus_one}, -0x1.8p-25f, -0x1p-25f},
      {{one, minus_one}, 0x1.fp-26f, 0.0f},
      {{beyond}, 1.0f, 1.0f},
      {{up, up}, 1.0f, 0x1.000002p+0f},
      {{up}, -1.0f, -0x1.fffffep-1f},
  });
}

// A product's exponent is the sum of its factors', though 1.5 · 1.5 is more than 2.
TEST(TensorCore, ProductsAlignByTheirFactorsExponents) {
  const Product last = {0x1p-12f, 0x1p-13f};
  Check({{{{1.5f, 1.5f}, {-1.5f, 1.5f}, last}, 0, 0x1p-25f},
         {{{2.0f, 1.125f}, {-2.0f, 1.125f}, last}, 0, 0.0f}});
}

TEST(TensorCore, TheResultIsCutTowardZero) {
  Check({
      {{{1, 1}}, 0x1p-24f, 1.0f},
      {{{1, 1}}, 0x1.fffffep-24f, 1.0f},  // nearest even would give more
      {{{-1, 1}}, -0x1.fffffep-24f, -1.0f},
      {{{1, 1}}, 0x1p+24f, 0x1p+24f},
      {{{3, 1}}, 0x1p+24f, 0x1.000002p+24f},
      {{{-3, 1}}, -0x1p+24f, -0x1.000002p+24f},
      {{{1, 1}}, -0x1p+24f, -0x1.fffffep+23f},
  });
}

TEST(TensorCore, SubnormalsCount) {
  // Of the operands: 2^-24 is the smallest f16, 2^-133 the smallest bf16.
  Check({{{{0x1p-24f, 0x1p+10f}}, 0, 0x1p-14f},
         {{{0x1.8p-23f, -2}}, 0, -0x1.8p-22f},
         {{{0x1p-24f, 0x1p-24f}}, 0, 0x1p-48f}},
        {&kF16});
  Check({{{{0x1p-133f, 0x1p+10f}}, 0, 0x1p-123f},
         {{{0x1.8p-132f, 0x1p+100f}}, 0, 0x1.8p-32f},
         // Of results: cut at 2^-149.
         {{{0x1p-100f, 0x1p-49f}}, 0, 0x1p-149f},
         {{{0x1p-100f, 0x1.8p-49f}}, 0, 0x1p-149f},
         {{{-0x1p-100f, 0x1.8p-49f}}, 0x1p-148f, 0.0f},  // 2^-148 − 1.5 · 2^-149 is cut
         {{{0x1p-100f, 0x1p-50f}}, 0, 0.0f},
         {{{0x1p-100f, 0x1p-50f}}, 0x1p-149f, 0x1p-149f},
         {{{-0x1p-100f, 0x1p-40f}}, 0x1p-126f, 0x1.fff8p-127f}},
        {&kBF16});
}

TEST(TensorCore, TooMuchIsInfinity) {
  const float most = std::numeric_limits<float>::max();
  Check({{{{0x1p+100f, 0x1p+100f}}, 0, kInf},
         {{{-0x1p+100f, 0x1p+100f}}, 0, -kInf},
         {{{0x1p+100f, 0x1p+100f}, {-0x1p+100f, 0x1p+100f}}, 1.0f, 0.0f},
         {{{0x1p+64f, 0x1p+64f}}, -most, 0x1p+104f},
         {{{0x1p+52f, 0x1p+52f}}, most, kInf},
         {{{0x1p+52f, 0x1p+51f}}, most, most}},
        {&kBF16});
}

TEST(TensorCore, WhatIsNotFinite) {
  const float nan = BitsFloat(0x7fffffffu);
  Check({{{{kInf, 2}}, 0, kInf},
         {{{kInf, -2}}, 5, -kInf},
         {{{-kInf, -kInf}, {1, 1}}, 0, kInf},
         {{{1, 1}}, kInf, kInf},
         {{{1, 1}}, -kInf, -kInf},
         {{{kInf, 1}}, kInf, kInf},
         {{{kInf, 1}}, -kInf, nan},
         {{{kInf, 1}, {kInf, -1}}, 0, nan},
         {{{kInf, 0}}, 0, nan},
         {{{0, -kInf}}, kInf, nan},
         {{{kNaN, 1}}, 0, nan},
         {{{1, -kNaN}}, 0, nan},
         {{{0, kNaN}}, 0, nan},
         {{{1, 1}}, kNaN, nan},
         {{{1, 1}}, -kNaN, nan}});
}

// Random operands of wide exponents, some of them zero, subnormal or equal to others.
class RandomStep {
 public:
  RandomStep(const Format& f, std::mt19937& rng) : f_(f) {
    for (int k = 0; k < 16; ++k) {
      a[k] = Draw(rng);
      b[k] = Draw(rng);
    }
    c = f.widen(Draw(rng)) * f.widen(Draw(rng)) * (1.0f + static_cast<float>(rng() % 1000) * 1e-6f);
    if (rng() % 3 == 0) c = 0.0f;
  }
  uint16_t a[16], b[16];
  float c;

 private:
  uint16_t Draw(std::mt19937& rng) const {
    if (rng() % 16 == 0) return static_cast<uint16_t>(rng() % 8);
    const int spread = rng() % 2 == 0 ? 3 : f_.exponents;
    const int exponent = static_cast<int>(rng() % static_cast<unsigned>(2 * spread + 1)) - spread;
    const float x = std::ldexp(1.0f + static_cast<float>(rng() % 2048) / 2048.0f, exponent);
    return f_.narrow(rng() % 2 == 0 ? x : -x);
  }
  const Format& f_;
};

TEST(TensorCore, TheOrderOfProductsDoesNotMatter) {
  std::mt19937 rng(1);
  for (const Format* f : {&kBF16, &kF16}) {
    for (int trial = 0; trial < 500; ++trial) {
      RandomStep s(*f, rng);
      const uint32_t want = FloatBits(f->step(s.a, s.b, s.c));
      std::vector<int> order = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
      for (int i = 0; i < 4; ++i) {
        std::shuffle(order.begin(), order.end(), rng);
        uint16_t a[16], b[16];
        for (int k = 0; k < 16; ++k) {
          a[k] = s.a[order[static_cast<size_t>(k)]];
          b[k] = s.b[order[static_cast<size_t>(k)]];
        }
        ASSERT_EQ(FloatBits(f->step(a, b, s.c)), want) << f->name << " trial " << trial;
        ASSERT_EQ(FloatBits(f->step(b, a, s.c)), want) << "factors exchanged";
      }
    }
  }
}

// 17 terms lose less than 2^-25 of the largest exponent each, the result less than 2^-23 of itself
// or 2^-149.
TEST(TensorCore, TheErrorIsBounded) {
  std::mt19937 rng(2);
  for (const Format* f : {&kBF16, &kF16}) {
    int inexact = 0;
    for (int trial = 0; trial < 5000; ++trial) {
      const RandomStep s(*f, rng);
      double want = s.c;
      int highest = s.c == 0 ? -1000 : std::ilogb(s.c);
      for (int k = 0; k < 16; ++k) {
        const double x = f->widen(s.a[k]), y = f->widen(s.b[k]);
        want += x * y;
        // Subnormal operands have the exponent of the smallest normal number.
        if (x * y != 0)
          highest = std::max(highest, std::max(std::ilogb(x), f == &kF16 ? -14 : -126) +
                                          std::max(std::ilogb(y), f == &kF16 ? -14 : -126));
      }
      const double got = f->step(s.a, s.b, s.c);
      // The sum in double is off by 17 roundings of 2^-53 of at most 2^(highest + 7).
      const double bound = 17 * std::ldexp(1.0, highest - 25) + std::fabs(want) * 0x1p-23 +
                           0x1p-149 + 17 * std::ldexp(1.0, highest + 7 - 53);
      ASSERT_LE(std::fabs(got - want), bound) << f->name << " trial " << trial << " want " << want;
      inexact += got != want;
    }
    EXPECT_GT(inexact, 1000) << f->name;  // or the bound was not tried
  }
}

template <typename Mma>
void CheckMma(const Format& f, Mma mma) {
  std::mt19937 rng(3);
  for (int trial = 0; trial < 20; ++trial) {
    uint16_t a[16][16], b[8][16];
    float d[16][8], before[16][8];
    for (int i = 0; i < 16; ++i) {
      const RandomStep s(f, rng);
      std::copy(s.a, s.a + 16, a[i]);
      if (i < 8) std::copy(s.b, s.b + 16, b[i]);
      for (int j = 0; j < 8; ++j) before[i][j] = d[i][j] = RandomStep(f, rng).c;
    }
    if (trial % 4 == 3) {  // some of it not finite
      a[trial % 16][5] = f.narrow(kInf);
      b[trial % 8][7] = f.narrow(kNaN);
      before[2][3] = d[2][3] = -kInf;
    }
    mma(a, b, d);
    for (int i = 0; i < 16; ++i) {
      for (int j = 0; j < 8; ++j)
        ASSERT_EQ(FloatBits(d[i][j]), FloatBits(f.step(a[i], b[j], before[i][j]))) << f.name;
    }
  }
}

TEST(TensorCore, AnMmaIs128Steps) {
  CheckMma(kBF16, TensorCoreMmaBF16);
  CheckMma(kF16, TensorCoreMmaF16);
}

}  // namespace
}  // namespace baton
