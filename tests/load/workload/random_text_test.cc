#include "tests/load/workload/random_text.h"

#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "tests/load/workload/english_words.h"

namespace baton {
namespace {

TEST(EnglishWords, AreShortAndEachThereOnce) {
  std::set<absl::string_view> words;
  for (const absl::string_view word : EnglishWords()) {
    EXPECT_TRUE(words.insert(word).second) << word;
    EXPECT_TRUE(word.size() >= 1 && word.size() <= 8) << word;
    for (const char c : word) EXPECT_TRUE(absl::ascii_islower(c)) << word;
  }
  EXPECT_GE(words.size(), 500u);
}

TEST(RandomText, HasTheAskedWords) {
  const auto words = EnglishWords();
  const std::set<absl::string_view> known(words.begin(), words.end());
  SeededRandom random({1});
  for (const size_t count : {1, 2, 300}) {
    const std::string text = RandomText(&random, count);
    const std::vector<std::string> parts = absl::StrSplit(text, ' ');
    EXPECT_EQ(parts.size(), count);
    for (const std::string& part : parts) EXPECT_EQ(known.count(part), 1u) << part;
  }
  EXPECT_EQ(RandomText(&random, 0), "");
}

TEST(RandomText, IsTheSameFromTheSameSeed) {
  SeededRandom a({3}), b({3}), c({4});
  const std::string text = RandomText(&a, 20);
  EXPECT_EQ(RandomText(&b, 20), text);
  EXPECT_NE(RandomText(&c, 20), text);
}

}  // namespace
}  // namespace baton
