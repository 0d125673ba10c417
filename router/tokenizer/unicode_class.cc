#include "router/tokenizer/unicode_class.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace baton {
namespace {

constexpr uint32_t kRuns[] = {
#include "router/tokenizer/unicode_tables.inc"
};

constexpr char32_t kMaxCodePoint = 0x10FFFF;

CharClass Search(char32_t code_point) {
  if (code_point > kMaxCodePoint) return CharClass::kOther;
  const uint32_t key = static_cast<uint32_t>(code_point) << 3 | 7;
  const uint32_t* run = std::upper_bound(std::begin(kRuns), std::end(kRuns), key);
  return static_cast<CharClass>(*(run - 1) & 7);  // the first run starts at U+0000
}

constexpr size_t kNumCached = 0x800;  // all that UTF-8 spells in one or two bytes

std::array<CharClass, kNumCached> MakeCache() {
  std::array<CharClass, kNumCached> cache;
  for (size_t i = 0; i < kNumCached; ++i) cache[i] = Search(static_cast<char32_t>(i));
  return cache;
}

}  // namespace

CharClass ClassOf(char32_t code_point) {
  static const std::array<CharClass, kNumCached> cache = MakeCache();
  return code_point < kNumCached ? cache[code_point] : Search(code_point);
}

}  // namespace baton
