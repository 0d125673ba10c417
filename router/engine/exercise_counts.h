// For tests that must know what they have exercised: counts by name. Thread-safe.
#ifndef BATON_ROUTER_ENGINE_EXERCISE_COUNTS_H_
#define BATON_ROUTER_ENGINE_EXERCISE_COUNTS_H_

#include <cstdint>
#include <map>
#include <string>

#include "common/mutex.h"

namespace baton {

class ExerciseCounts {
 public:
  void Add(const std::string& what, uint64_t by = 1) {
    MutexLock lock(&mu_);
    counts_[what] += by;
  }
  uint64_t operator[](const std::string& what) const {
    MutexLock lock(&mu_);
    const auto it = counts_.find(what);
    return it == counts_.end() ? 0 : it->second;
  }

 private:
  mutable Mutex mu_;
  std::map<std::string, uint64_t> counts_ ABSL_GUARDED_BY(mu_);
};

}  // namespace baton

#endif  // BATON_ROUTER_ENGINE_EXERCISE_COUNTS_H_
