#include "router/fleet/random_words.h"

#include <atomic>
#include <cstring>
#include <random>

#include "absl/strings/str_cat.h"

namespace baton {

uint64_t RandomWord() {
  static std::atomic<uint64_t> salt{0};
  std::random_device device;
  return (uint64_t{device()} << 32 | device()) + salt++;
}

BlockHashKey RandomKey() {
  BlockHashKey key;
  for (size_t i = 0; i < key.size(); i += sizeof(uint64_t)) {
    const uint64_t word = RandomWord();
    std::memcpy(key.data() + i, &word, sizeof(word));
  }
  return key;
}

std::string RandomName(uint64_t epoch) {
  return absl::StrCat(absl::Hex(RandomWord(), absl::kZeroPad16),
                      absl::Hex(RandomWord(), absl::kZeroPad16), ".", epoch);
}

}  // namespace baton
