#include "tests/e2e/process_stats.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace baton {
namespace {

constexpr double kMiB = 1 << 20;

std::vector<std::string> Entries(const std::string& directory) {
  std::vector<std::string> names;
  DIR* dir = opendir(directory.c_str());
  if (dir == nullptr) return names;
  while (const dirent* entry = readdir(dir)) {
    if (entry->d_name[0] != '.') names.push_back(entry->d_name);
  }
  closedir(dir);
  return names;
}

// 0 when there is no such process.
pid_t ParentOf(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/stat"));
  std::string text;
  std::getline(file, text);
  const size_t name_end = text.rfind(')');  // "PID (NAME) STATE PARENT ..."
  if (name_end == std::string::npos) return 0;
  std::istringstream rest(text.substr(name_end + 1));
  std::string state;
  pid_t parent = 0;
  rest >> state >> parent;
  return parent;
}

// The subcommand that a process of the binary runs.
std::string Subcommand(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/cmdline"), std::ios::binary);
  std::string binary, subcommand;
  std::getline(file, binary, '\0');
  std::getline(file, subcommand, '\0');
  return subcommand;
}

std::string Faults(const ProcessStats& before, const ProcessStats& after, int64_t margin_bytes) {
  std::vector<std::string> faults;
  if (after.threads > before.threads) {
    faults.push_back(absl::StrCat(after.threads, " threads after ", before.threads));
  }
  if (after.descriptors > before.descriptors) {
    faults.push_back(absl::StrCat(after.descriptors, " descriptors after ", before.descriptors));
  }
  if (after.resident_bytes > before.resident_bytes + margin_bytes) {
    faults.push_back(absl::StrFormat("%.1f MiB after %.1f MiB, where %.1f MiB more are allowed",
                                     after.resident_bytes / kMiB, before.resident_bytes / kMiB,
                                     margin_bytes / kMiB));
  }
  return absl::StrJoin(faults, ", ");
}

}  // namespace

ProcessStats ReadProcessStats(pid_t pid) {
  ProcessStats stats;
  const std::string root = absl::StrCat("/proc/", pid);
  stats.threads = static_cast<int>(Entries(root + "/task").size());
  stats.descriptors = static_cast<int>(Entries(root + "/fd").size());
  std::ifstream statm(root + "/statm");
  int64_t size = 0, resident = 0;
  statm >> size >> resident;
  stats.resident_bytes = resident * sysconf(_SC_PAGESIZE);
  return stats;
}

ClusterStats ReadClusterStats(pid_t serve) {
  ClusterStats stats;
  for (const std::string& name : Entries("/proc")) {
    pid_t pid;
    if (!absl::SimpleAtoi(name, &pid) || ParentOf(pid) != serve) continue;
    const std::string role = Subcommand(pid);
    stats[role == "router" ? role : absl::StrCat(role, " ", pid)] = ReadProcessStats(pid);
  }
  return stats;
}

std::string LeakFaults(const ClusterStats& before, const ClusterStats& after,
                       int64_t margin_bytes) {
  std::vector<std::string> faults;
  for (const auto& [name, stats] : after) {
    const auto it = before.find(name);
    const std::string fault =
        it == before.end() ? "was not there before" : Faults(it->second, stats, margin_bytes);
    if (!fault.empty()) faults.push_back(absl::StrCat(name, ": ", fault));
  }
  for (const auto& [name, stats] : before) {
    if (after.count(name) == 0) faults.push_back(absl::StrCat(name, ": is gone"));
  }
  return absl::StrJoin(faults, "; ");
}

std::string ToText(const ClusterStats& stats) {
  std::vector<std::string> texts;
  for (const auto& [name, s] : stats) {
    texts.push_back(absl::StrFormat("%s: %d threads, %d descriptors, %.1f MiB", name, s.threads,
                                    s.descriptors, s.resident_bytes / kMiB));
  }
  return absl::StrJoin(texts, "; ");
}

}  // namespace baton
