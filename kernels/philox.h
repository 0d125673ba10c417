// Philox 4x32-10, the counter-based random number generator of Salmon et al., "Parallel random
// numbers: as easy as 1, 2, 3" (SC 2011). A draw is a pure function of (seed, choice, position): it
// can be made again at any time, anywhere.
#ifndef BATON_KERNELS_PHILOX_H_
#define BATON_KERNELS_PHILOX_H_

#include <array>
#include <cstdint>

#include "kernels/host_device.h"

namespace baton {

BATON_HOST_DEVICE inline std::array<uint32_t, 4> Philox4x32(std::array<uint32_t, 4> counter,
                                                            std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53} * counter[0];
    const uint64_t p1 = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(p1 >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(p1),
               static_cast<uint32_t>(p0 >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(p0)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

// Uniform in [0, 1), a multiple of 2^-53. Keyed by the request's seed; counted by the position of
// the token that is drawn and the index of the choice.
BATON_HOST_DEVICE inline double UniformDraw(uint64_t seed, uint32_t choice, uint64_t position) {
  const auto bits = Philox4x32(
      {static_cast<uint32_t>(position), static_cast<uint32_t>(position >> 32), choice, 0},
      {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
  const uint64_t u53 = (uint64_t{bits[0]} << 21) | (bits[1] >> 11);
  return static_cast<double>(u53) * 0x1p-53;
}

}  // namespace baton

#endif  // BATON_KERNELS_PHILOX_H_
