#include "kernels/philox.h"

#include "gtest/gtest.h"

namespace baton {
namespace {

// Known answers published with Random123 (kat_vectors, philox4x32 10).
TEST(Philox, MatchesThePublishedVectors) {
  EXPECT_EQ(Philox4x32({0, 0, 0, 0}, {0, 0}),
            (std::array<uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(Philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (std::array<uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (std::array<uint32_t, 4>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(UniformDraw, DependsOnEveryPartOfTheKey) {
  const double u = UniformDraw(1, 0, 7);
  EXPECT_EQ(u, UniformDraw(1, 0, 7));
  EXPECT_NE(u, UniformDraw(2, 0, 7));
  EXPECT_NE(u, UniformDraw(1, 1, 7));
  EXPECT_NE(u, UniformDraw(1, 0, 8));
  EXPECT_NE(u, UniformDraw(1 + (uint64_t{1} << 40), 0, 7));
}

TEST(UniformDraw, IsUniform) {
  int buckets[16] = {};
  for (int i = 0; i < 160000; ++i) ++buckets[static_cast<int>(UniformDraw(42, 0, i) * 16)];
  double chi2 = 0;
  for (int n : buckets) chi2 += (n - 10000.0) * (n - 10000.0) / 10000.0;
  EXPECT_LT(chi2, 37.7);  // 15 degrees of freedom, p = 0.001
}

}  // namespace
}  // namespace baton
