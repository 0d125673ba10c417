// Which records of a file a run uses.
#ifndef BATON_TESTS_LOAD_WORKLOAD_DATASET_SAMPLE_H_
#define BATON_TESTS_LOAD_WORKLOAD_DATASET_SAMPLE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace baton {

struct SampleOptions {
  size_t num_prompts = 1000;  // 0: the whole file
  bool shuffle = true;        // else in the file's order
  bool oversample = true;     // when the file is too small; else the run is shorter
  uint64_t seed = 0;
  uint64_t point = 0;  // of a sweep, from 0
};

// The numbers 0 to count - 1 in the order in which records are looked at: the same at every point.
std::vector<size_t> SampleOrder(const SampleOptions& options, size_t count);

// How many records, in that order, a run can need at most, so that no more are looked at.
size_t SampleNeeds(const SampleOptions& options, size_t count);

// Of `available` records, which ones a run uses, in order. Point p takes the num_prompts records
// after those of point p - 1, from the beginning again at the end, so that points have no prompt in
// common while the file lasts. A file that is too small is used whole and, as in vLLM, topped up by
// records drawn with replacement. Empty if there are none.
std::vector<size_t> SampleRecords(const SampleOptions& options, size_t available);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_DATASET_SAMPLE_H_
