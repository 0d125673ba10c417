// FNV-1a of 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/): digests of what was asked and
// answered.
#ifndef BATON_TESTS_LOAD_REQUEST_FNV1A_H_
#define BATON_TESTS_LOAD_REQUEST_FNV1A_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace baton {

class Fnv1a {
 public:
  void Add(uint8_t byte) { digest_ = (digest_ ^ byte) * 0x100000001b3u; }
  void Add(absl::string_view bytes) {
    for (const char c : bytes) Add(static_cast<uint8_t>(c));
  }
  // Little-endian.
  void AddInteger(uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) Add(static_cast<uint8_t>(value >> (8 * i)));
  }
  uint64_t digest() const { return digest_; }

 private:
  uint64_t digest_ = 0xcbf29ce484222325u;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REQUEST_FNV1A_H_
