#include "tests/load/stats/samples.h"

#include <algorithm>
#include <cmath>

namespace baton {
namespace {

// Values below 2^11 have buckets of their own; from there on each power of two has 2^10.
constexpr int kSubBits = 10;

}  // namespace

void Samples::Add(absl::Duration value) {
  AddMicros(static_cast<uint32_t>(std::clamp<int64_t>(
      absl::ToInt64Microseconds(value + absl::Nanoseconds(500)), 0, UINT32_MAX)));
}

void Samples::AddMicros(uint32_t us, uint64_t times) {
  count_ += times;
  least_ = std::min(least_, us);
  most_ = std::max(most_, us);
  sum_ += static_cast<long double>(us) * static_cast<long double>(times);
  sum_of_squares_ += static_cast<long double>(us) * us * static_cast<long double>(times);
  if (buckets_.empty() && raw_.size() + times > cap_) {
    buckets_.resize(BucketOf(UINT32_MAX) + 1);
    for (const uint32_t value : raw_) ++buckets_[BucketOf(value)];
    raw_ = {};
  }
  if (!buckets_.empty()) {
    buckets_[BucketOf(us)] += times;
  } else {
    raw_.insert(raw_.end(), times, us);
    sorted_ = false;
  }
}

void Samples::AddAll(const Samples& other) {
  for (const uint32_t us : other.raw_) AddMicros(us);
  if (other.buckets_.empty()) return;
  const Samples before = *this;
  for (size_t bucket = 0; bucket < other.buckets_.size(); ++bucket) {
    if (other.buckets_[bucket] == 0) continue;
    AddMicros(static_cast<uint32_t>(MiddleOf(bucket)), other.buckets_[bucket]);
  }
  // What is exact stays so.
  count_ = before.count_ + other.count_;
  least_ = std::min(before.least_, other.least_);
  most_ = std::max(before.most_, other.most_);
  sum_ = before.sum_ + other.sum_;
  sum_of_squares_ = before.sum_of_squares_ + other.sum_of_squares_;
}

size_t Samples::BucketOf(uint32_t us) {
  if (us < (2u << kSubBits)) return us;
  const int exponent = 31 - __builtin_clz(us) - kSubBits;  // at least 1
  return (static_cast<size_t>(exponent) << kSubBits) + (us >> exponent);
}

double Samples::MiddleOf(size_t bucket) {
  if (bucket < (2u << kSubBits)) return static_cast<double>(bucket);
  const size_t exponent = (bucket >> kSubBits) - 1;
  const size_t least = (bucket - (exponent << kSubBits)) << exponent;
  return static_cast<double>(least) + static_cast<double>((size_t{1} << exponent) - 1) / 2;
}

void Samples::Sort() const {
  if (!sorted_) std::sort(raw_.begin(), raw_.end());
  sorted_ = true;
}

double Samples::Ranked(uint64_t rank) const {
  if (rank == 0) return least_;
  if (rank + 1 == count_) return most_;
  if (buckets_.empty()) return raw_[rank];
  uint64_t below = 0;
  size_t bucket = 0;
  while (below + buckets_[bucket] <= rank) below += buckets_[bucket++];
  return std::clamp(MiddleOf(bucket), static_cast<double>(least_), static_cast<double>(most_));
}

double Samples::Percentile(double p) const {
  if (count_ == 0) return 0;
  Sort();
  const double at = p / 100 * static_cast<double>(count_ - 1);
  const auto rank = static_cast<uint64_t>(std::floor(at));
  const double low = Ranked(rank), high = Ranked(std::min(rank + 1, count_ - 1));
  return (low + (at - std::floor(at)) * (high - low)) / 1000;
}

double Samples::mean() const {
  return count_ == 0 ? 0 : static_cast<double>(sum_ / static_cast<long double>(count_) / 1000);
}

double Samples::stddev() const {
  if (count_ == 0) return 0;
  const long double mean = sum_ / static_cast<long double>(count_);
  const long double variance = sum_of_squares_ / static_cast<long double>(count_) - mean * mean;
  return std::sqrt(static_cast<double>(std::max(variance, 0.0L))) / 1000;
}

double Samples::min() const { return count_ == 0 ? 0 : least_ / 1000.0; }

double Samples::max() const { return most_ / 1000.0; }

}  // namespace baton
