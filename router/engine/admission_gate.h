// A limit that keeps its word. Whoever is refused is told when to come back, and until then nobody
// is let in: an estimate that wavers would open the limit early, for whoever comes first a moment
// later, and leave nothing for those who were told to wait.
#ifndef BATON_ROUTER_ENGINE_ADMISSION_GATE_H_
#define BATON_ROUTER_ENGINE_ADMISSION_GATE_H_

#include "absl/time/time.h"

namespace baton {

class AdmissionGate {
 public:
  // What of the limit is free when it opens: an estimate that errs a little still finds room.
  static constexpr double kFreeWhenOpen = 0.1;

  // Lets something in, or does not, where the share `fill` of the limit is taken; at 1 and above
  // nothing comes in. A gate that refuses something closes for `free_in`, the time after which
  // kFreeWhenOpen of the limit will be free; infinite: nobody knows. It opens before that when
  // twice as much is free: the estimate was wrong, and nobody should wait for it.
  bool Admit(absl::Time now, double fill, absl::Duration free_in);
  // When it opens, or opened.
  absl::Time opens() const { return opens_; }
  // What is told at most, and at least; a second when nobody knows.
  static absl::Duration Bounded(absl::Duration closed);
  void Open() { opens_ = absl::InfinitePast(); }

 private:
  absl::Time opens_ = absl::InfinitePast();  // that: it is open
};

}  // namespace baton

#endif  // BATON_ROUTER_ENGINE_ADMISSION_GATE_H_
