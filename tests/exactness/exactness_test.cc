// Random trials on tiny models. BATON_EXACTNESS_TRIALS says how many, of each of the four parts,
// and BATON_EXACTNESS_SEED with which one to begin.
#include <iostream>

#include "gtest/gtest.h"
#include "tests/exactness/property.h"
#include "tests/exactness/random_trial.h"

namespace baton {
namespace {

constexpr uint64_t kTrials = 60;

class ExactnessTest : public ::testing::TestWithParam<uint64_t> {};

TEST_P(ExactnessTest, EveryRequestIsAnsweredAsItIsAlone) {
  const uint64_t trials = NumberFromEnvironment("BATON_EXACTNESS_TRIALS", kTrials);
  const uint64_t first = NumberFromEnvironment("BATON_EXACTNESS_SEED", 1) + GetParam() * trials;
  Property property(TinySpace());
  for (uint64_t seed = first; seed < first + trials; ++seed)
    ASSERT_EQ("", property.CheckSeed(seed));
  std::cout << property.coverage().Report();
  if (trials >= kTrials) EXPECT_EQ("", property.coverage().Missing()) << "was never exercised";
}

INSTANTIATE_TEST_SUITE_P(Parts, ExactnessTest, ::testing::Range(uint64_t{0}, uint64_t{4}));

}  // namespace
}  // namespace baton
