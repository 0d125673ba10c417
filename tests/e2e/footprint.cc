#include "tests/e2e/footprint.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/e2e/process.h"

namespace baton {
namespace {

constexpr char kMarkVariable[] = "BATON_E2E_TEST";

std::set<std::string> Entries(const std::string& directory) {
  std::set<std::string> names;
  DIR* dir = opendir(directory.c_str());
  if (dir == nullptr) return names;
  while (const dirent* entry = readdir(dir)) names.insert(entry->d_name);
  closedir(dir);
  return names;
}

// The names of abstract Unix sockets that start with "baton/".
std::set<std::string> AbstractSockets() {
  std::set<std::string> names;
  std::ifstream table("/proc/net/unix");
  for (std::string line; std::getline(table, line);) {
    const size_t at = line.find(" @baton/");
    if (at != std::string::npos) names.insert(line.substr(at + 1));
  }
  return names;
}

std::vector<std::string> NewOnes(const std::set<std::string>& now,
                                 const std::set<std::string>& before) {
  std::vector<std::string> fresh;
  std::set_difference(now.begin(), now.end(), before.begin(), before.end(),
                      std::back_inserter(fresh));
  return fresh;
}

// The same for all of this process's life: changing the environment is not safe beside threads.
std::string Mark() {
  static const std::string mark = [] {
    const std::string value = std::to_string(getpid());
    setenv(kMarkVariable, value.c_str(), 1);
    return absl::StrCat(kMarkVariable, "=", value);
  }();
  return mark;
}

}  // namespace

Footprint::Footprint()
    : mark_(Mark()),
      shared_memory_before_(Entries("/dev/shm")),
      sockets_before_(AbstractSockets()) {}

std::vector<pid_t> Footprint::Processes() const {
  std::vector<pid_t> pids;
  for (const std::string& name : Entries("/proc")) {
    pid_t pid;
    if (!absl::SimpleAtoi(name, &pid) || pid == getpid()) continue;
    std::ifstream environment(absl::StrCat("/proc/", name, "/environ"), std::ios::binary);
    for (std::string variable; std::getline(environment, variable, '\0');) {
      if (variable != mark_) continue;
      if (IsAlive(pid)) pids.push_back(pid);
      break;
    }
  }
  return pids;
}

std::string Footprint::LeftoversNow() const {
  std::string left;
  for (const pid_t pid : Processes()) {
    std::string name;
    std::getline(std::ifstream(absl::StrCat("/proc/", pid, "/comm")), name);
    absl::StrAppend(&left, "process ", pid, " (", name, "); ");
  }
  for (const std::string& file : NewOnes(Entries("/dev/shm"), shared_memory_before_)) {
    absl::StrAppend(&left, "/dev/shm/", file, "; ");
  }
  for (const std::string& socket : NewOnes(AbstractSockets(), sockets_before_)) {
    absl::StrAppend(&left, "socket ", socket, "; ");
  }
  return left;
}

std::string Footprint::Leftovers(absl::Duration limit) const {
  std::string left;
  Eventually(limit, [&] {
    left = LeftoversNow();
    return left.empty();
  });
  return left;
}

int64_t ResidentBytes(pid_t pid) {
  std::ifstream statm(absl::StrCat("/proc/", pid, "/statm"));
  int64_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

int NumSharedMappings(pid_t pid) {
  int count = 0;
  std::ifstream maps(absl::StrCat("/proc/", pid, "/maps"));
  for (std::string line; std::getline(maps, line);) {
    if (absl::StrContains(line, "/memfd:baton")) ++count;
  }
  return count;
}

}  // namespace baton
