#include "main/console.h"

#include <sstream>

#include "gtest/gtest.h"

namespace baton {
namespace {

TEST(Console, OverwritesProgressOnATerminal) {
  std::ostringstream out;
  Console console(&out, /*terminal=*/true);
  console.ShowProgress("1 %", absl::UnixEpoch());
  console.ShowProgress("1 %", absl::UnixEpoch());
  console.PrintLine("a line");
  console.EndProgress();
  console.EndProgress();
  EXPECT_EQ(out.str(), "\r\x1b[K1 %\r\x1b[Ka line\n1 %\r\x1b[K");
}

TEST(Console, PrintsProgressNowAndThenElsewhere) {
  std::ostringstream out;
  Console console(&out, /*terminal=*/false, absl::Seconds(3));
  for (int second = 0; second < 5; ++second) {
    console.ShowProgress("at " + std::to_string(second), absl::UnixEpoch() + absl::Seconds(second));
  }
  console.PrintLine("a line");
  console.EndProgress();
  EXPECT_EQ(out.str(), "at 0\nat 3\na line\n");
}

}  // namespace
}  // namespace baton
