// Durations, kept whole as far as memory allows, and their percentiles.
#ifndef BATON_TESTS_LOAD_STATS_SAMPLES_H_
#define BATON_TESTS_LOAD_STATS_SAMPLES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"

namespace baton {

// Up to a cap every sample is kept, in microseconds of 32 bits, and percentiles are exact. Beyond
// it samples are counted in buckets whose width is at most 1/1024 of their values (log-linear, as
// HdrHistogram's), and a percentile is the middle of its bucket. Mean, deviation, least and largest
// are exact in either case.
class Samples {
 public:
  static constexpr size_t kDefaultCap = size_t{1} << 24;  // 64 MiB

  Samples() : Samples(kDefaultCap) {}
  explicit Samples(size_t cap) : cap_(cap) {}

  void Add(absl::Duration value);
  void AddMicros(uint32_t us, uint64_t times = 1);
  void AddAll(const Samples& other);

  uint64_t count() const { return count_; }
  bool is_histogram() const { return !buckets_.empty(); }

  // In milliseconds; 0 without samples.
  double mean() const;
  double stddev() const;  // of the population, as numpy's default
  double min() const;
  double max() const;
  // `p` from 0 to 100; interpolated linearly between the two nearest samples, as numpy's default.
  double Percentile(double p) const;

 private:
  static size_t BucketOf(uint32_t us);
  static double MiddleOf(size_t bucket);
  double Ranked(uint64_t rank) const;  // microseconds of the sample number `rank`, from 0
  void Sort() const;

  size_t cap_;
  mutable std::vector<uint32_t> raw_;  // sorted when a percentile is asked for
  mutable bool sorted_ = true;
  std::vector<uint64_t> buckets_;
  uint64_t count_ = 0;
  uint32_t least_ = UINT32_MAX, most_ = 0;
  long double sum_ = 0, sum_of_squares_ = 0;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_STATS_SAMPLES_H_
