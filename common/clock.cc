#include "common/clock.h"

#include <chrono>

#include "absl/time/clock.h"

namespace baton {
namespace {

class MonotonicClock : public Clock {
 public:
  absl::Time Now() const override {
    return start_ + absl::FromChrono(std::chrono::steady_clock::now() - origin_);
  }

 private:
  const absl::Time start_ = absl::Now();
  const std::chrono::steady_clock::time_point origin_ = std::chrono::steady_clock::now();
};

}  // namespace

const Clock* Clock::Real() {
  static const Clock* const clock = new MonotonicClock;
  return clock;
}

}  // namespace baton
