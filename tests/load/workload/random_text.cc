#include "tests/load/workload/random_text.h"

#include "absl/strings/str_cat.h"
#include "tests/load/workload/english_words.h"

namespace baton {

std::string RandomText(SeededRandom* random, size_t words) {
  const auto list = EnglishWords();
  std::string text;
  for (size_t i = 0; i < words; ++i) {
    absl::StrAppend(&text, i == 0 ? "" : " ", list[random->Integer(0, list.size() - 1)]);
  }
  return text;
}

}  // namespace baton
