#include "tests/load/workload/arrivals.h"

#include <algorithm>
#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tests/load/workload/fixed_math.h"
#include "tests/load/workload/option_check.h"
#include "tests/load/workload/seeded_random.h"

namespace baton {
namespace {

// So small a rate or shape would only give times that no clock holds.
constexpr double kLeastRate = 1e-6, kLeastBurstiness = 1e-3;

// Comparisons are so put that NaN fails them.
absl::Status CheckRamp(const RateRamp& ramp) {
  if (!(ramp.start >= kLeastRate && std::isfinite(ramp.start))) {
    return OutOfRange("--ramp-up-start-rps", ramp.start, "a finite number of at least 1e-06");
  }
  if (!(ramp.end >= ramp.start && std::isfinite(ramp.end))) {
    return OutOfRange("--ramp-up-end-rps", ramp.end,
                      absl::StrCat("a finite number of at least the start's ", ramp.start));
  }
  return absl::OkStatus();
}

absl::Status Check(const ArrivalOptions& options) {
  if (!(options.burstiness >= kLeastBurstiness)) {
    return OutOfRange("--burstiness", options.burstiness, "at least 0.001, or inf");
  }
  if (options.ramp.has_value()) return CheckRamp(*options.ramp);
  if (!(options.rate >= kLeastRate)) {
    return OutOfRange("--request-rate", options.rate, "at least 1e-06, or inf");
  }
  return absl::OkStatus();
}

double RateOf(const ArrivalOptions& options, size_t i, size_t count) {
  if (!options.ramp.has_value()) return options.rate;
  const RateRamp& ramp = *options.ramp;
  const double p = static_cast<double>(i) / std::max<size_t>(count - 1, 1);
  if (ramp.shape == RateRamp::Shape::kLinear) return ramp.start + (ramp.end - ramp.start) * p;
  return ramp.start * FixedExp(p * FixedLog(ramp.end / ramp.start));
}

// In seconds.
double Interval(double rate, double burstiness, SeededRandom* random) {
  if (std::isinf(rate)) return 0;
  if (std::isinf(burstiness)) return 1 / rate;
  if (burstiness == 1) return random->Exponential() / rate;
  return random->Gamma(burstiness) / (rate * burstiness);
}

}  // namespace

absl::StatusOr<std::vector<absl::Duration>> Arrivals(const ArrivalOptions& options, size_t count) {
  const absl::Status checked = Check(options);
  if (!checked.ok()) return checked;
  SeededRandom random({options.seed, kSeedArrivals});
  std::vector<absl::Duration> arrivals;
  double at = 0;
  for (size_t i = 0; i < count; ++i) {
    at += Interval(RateOf(options, i, count), options.burstiness, &random);
    arrivals.push_back(absl::Seconds(at));
  }
  return arrivals;
}

std::vector<absl::Duration> PoissonArrivals(double rate, absl::Duration duration, uint64_t seed) {
  SeededRandom random({seed, kSeedArrivals});
  std::vector<absl::Duration> arrivals;
  double seconds = 0;
  while (true) {
    seconds += Interval(rate, 1, &random);
    const absl::Duration at = absl::Seconds(seconds);
    if (at >= duration) return arrivals;
    arrivals.push_back(at);
  }
}

std::vector<uint32_t> RandomPrompt(uint64_t seed, uint64_t index, uint32_t length, uint32_t first,
                                   uint32_t last) {
  SeededRandom random({seed, kSeedBody, index});
  std::vector<uint32_t> ids(length);
  for (uint32_t& id : ids) id = static_cast<uint32_t>(random.Integer(first, last));
  return ids;
}

}  // namespace baton
