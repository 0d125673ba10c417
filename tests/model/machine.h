// What this machine can do at best, to be printed beside every measurement.
#ifndef BATON_TESTS_MODEL_MACHINE_H_
#define BATON_TESTS_MODEL_MACHINE_H_

#include <string>

namespace baton {

struct MachinePeaks {
  double int8_one_thread = 0;  // operations/s (a multiply-add is two); 0 without AVX-512 VNNI
  double int8_all = 0;         // all `threads` together
  double read_bandwidth = 0;   // bytes/s, all threads together, from memory far beyond the caches
};

// "model name" of /proc/cpuinfo with the number of processors.
std::string CpuModel();

// Measures for about a second. Other load makes it less: the best of several short runs counts.
MachinePeaks MeasurePeaks(int threads);

}  // namespace baton

#endif  // BATON_TESTS_MODEL_MACHINE_H_
