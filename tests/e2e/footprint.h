// What a test's processes leave behind on the machine: nothing, hopefully.
#ifndef BATON_TESTS_E2E_FOOTPRINT_H_
#define BATON_TESTS_E2E_FOOTPRINT_H_

#include <sys/types.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace baton {

// Made before the processes it is to watch, and before any thread: they inherit a mark in their
// environment, so they are found whoever has become their parent. Other tests' shared memory is
// told apart only by when it appears, so nothing else may run that uses Baton's (tag "exclusive").
class Footprint {
 public:
  Footprint();

  // The processes that carry the mark and have not ended, without this one.
  std::vector<pid_t> Processes() const;

  // Waits until nothing is left, at most `limit`: no process, no new file in /dev/shm, no new
  // abstract socket of Baton's. Then "", else what is left. (A memfd lives as long as a process
  // that has it.)
  std::string Leftovers(absl::Duration limit) const;

 private:
  std::string LeftoversNow() const;

  const std::string mark_;
  const std::set<std::string> shared_memory_before_;
  const std::set<std::string> sockets_before_;
};

// A process's memory, 0 once it has ended.
int64_t ResidentBytes(pid_t pid);

// How many mappings of Baton's shared memory a process has.
int NumSharedMappings(pid_t pid);

}  // namespace baton

#endif  // BATON_TESTS_E2E_FOOTPRINT_H_
