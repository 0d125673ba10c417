#include "router/engine/admission_gate.h"

#include <algorithm>

namespace baton {
namespace {

constexpr absl::Duration kLeast = absl::Milliseconds(10);
constexpr absl::Duration kMost = absl::Minutes(1);
constexpr absl::Duration kWhenUnknown = absl::Seconds(1);

}  // namespace

absl::Duration AdmissionGate::Bounded(absl::Duration closed) {
  if (closed == absl::InfiniteDuration()) return kWhenUnknown;
  return std::min(std::max(closed, kLeast), kMost);
}

bool AdmissionGate::Admit(absl::Time now, double fill, absl::Duration free_in) {
  const bool due = opens_ <= now;
  if (fill < (due ? 1 : 1 - 2 * kFreeWhenOpen)) {
    Open();
    return true;
  }
  if (due) opens_ = now + Bounded(free_in);
  return false;
}

}  // namespace baton
