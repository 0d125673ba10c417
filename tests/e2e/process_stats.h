// What the operating system says that a process holds: the measure of a leak.
#ifndef BATON_TESTS_E2E_PROCESS_STATS_H_
#define BATON_TESTS_E2E_PROCESS_STATS_H_

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>

namespace baton {

struct ProcessStats {
  int threads = 0;
  int descriptors = 0;
  int64_t resident_bytes = 0;
};

// By what each process is: "router", "worker 1234" (with its process id).
using ClusterStats = std::map<std::string, ProcessStats>;

// All zero once the process has ended.
ProcessStats ReadProcessStats(pid_t pid);

// Of the router and the workers that `baton serve` of process id `serve` has started.
ClusterStats ReadClusterStats(pid_t serve);

// What `after` has more than `before`: any thread, any descriptor, more than `margin_bytes` of
// memory in any process, or other processes. "" when nothing; having less is no leak.
std::string LeakFaults(const ClusterStats& before, const ClusterStats& after, int64_t margin_bytes);

// For people: "router: 20 threads, 31 descriptors, 45.2 MiB; worker 1234: ...".
std::string ToText(const ClusterStats& stats);

}  // namespace baton

#endif  // BATON_TESTS_E2E_PROCESS_STATS_H_
