// How many events a second, over the last ten seconds.
#ifndef BATON_COMMON_RATE_METER_H_
#define BATON_COMMON_RATE_METER_H_

#include <array>
#include <cstdint>

#include "absl/time/time.h"

namespace baton {

// Not thread-safe. Times never go back.
class RateMeter {
 public:
  void Add(absl::Time now, uint64_t count) {
    Advance(now);
    buckets_[second_ % kBuckets] += count;
  }

  // Events a second over the last ten whole seconds, or since the first event if that is less.
  double PerSecond(absl::Time now) {
    Advance(now);
    uint64_t sum = 0;
    int64_t seconds = 0;
    for (int64_t s = second_ - 1; s >= first_ && s >= second_ - kWindow; --s, ++seconds)
      sum += buckets_[s % kBuckets];
    return seconds == 0 ? 0.0 : static_cast<double>(sum) / static_cast<double>(seconds);
  }

 private:
  static constexpr int64_t kWindow = 10;
  static constexpr int64_t kBuckets = 16;

  void Advance(absl::Time now) {
    const int64_t second = absl::ToUnixSeconds(now);
    if (first_ < 0) first_ = second_ = second;
    if (second - second_ > kBuckets) {
      buckets_.fill(0);
      second_ = second;
    }
    while (second_ < second) buckets_[++second_ % kBuckets] = 0;
  }

  std::array<uint64_t, kBuckets> buckets_{};
  int64_t second_ = 0;
  int64_t first_ = -1;
};

}  // namespace baton

#endif  // BATON_COMMON_RATE_METER_H_
