// The first windows of what `quality` measures in full.
//
// The floors are for the whole text; a part of it may be worse by chance. How much is known from
// the part itself: three standard errors of its means are allowed, which a text as good as the
// whole stays within in 999 of 1000 parts. (The figures are the same bits on every run, so this
// test does not come and go.)
#include <cstdio>

#include "gtest/gtest.h"
#include "tests/model/quality_measure.h"
#include "tests/model/test_group.h"

namespace baton {
namespace {

TEST(Quality, ShippedPathIsNearFloat32) {
  const std::string path = RealModelPath();
  if (path.empty()) GTEST_SKIP() << "the model is not here: scripts/fetch_model.sh brings it";
  const std::vector<int32_t> tokens = QualityText(path);
  if (tokens.empty()) GTEST_SKIP() << "/usr/share/common-licenses/GPL-3 is not here";
  QualityOptions options;
  options.windows = 3;
  const Quality q = MeasureQuality(path, tokens, options);
  std::printf("%lld positions: mean KL %.5f, same top %.2f %%, perplexity %.4f, float32 %.4f\n",
              static_cast<long long>(q.positions), q.mean_kl, 100 * q.same_top, q.perplexity,
              q.reference_perplexity);
  EXPECT_EQ(q.positions, 3 * 255);
  EXPECT_LE(q.mean_kl, 0.0035 + 3 * q.mean_kl_error);
  EXPECT_GE(q.same_top, 0.96 - 3 * q.same_top_error);
  EXPECT_LE(q.change, 0.008 + 3 * q.change_error);
  // The measurement measures: a model of English, by a path that does round.
  EXPECT_LT(q.reference_perplexity, 50);
  EXPECT_GT(q.mean_kl, 1e-4);
}

}  // namespace
}  // namespace baton
