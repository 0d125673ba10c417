#include "tests/e2e/process_stats.h"

#include <fcntl.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace baton {
namespace {

constexpr int64_t kMiB = 1 << 20;

ClusterStats Sample() {
  return {{"router", {20, 30, 50 * kMiB}}, {"worker 7", {9, 12, 90 * kMiB}}};
}

TEST(LeakFaults, NothingWhenNothingGrew) {
  ClusterStats after = Sample();
  EXPECT_EQ(LeakFaults(Sample(), after, 8 * kMiB), "");
  after["router"] = {19, 29, 57 * kMiB};
  EXPECT_EQ(LeakFaults(Sample(), after, 8 * kMiB), "");
}

TEST(LeakFaults, NamesWhatGrewAndWhere) {
  ClusterStats after = Sample();
  after["router"].threads = 21;
  EXPECT_EQ(LeakFaults(Sample(), after, 8 * kMiB), "router: 21 threads after 20");
  after = Sample();
  after["worker 7"].descriptors = 13;
  EXPECT_EQ(LeakFaults(Sample(), after, 8 * kMiB), "worker 7: 13 descriptors after 12");
  after = Sample();
  after["worker 7"].resident_bytes = 99 * kMiB;
  EXPECT_EQ(LeakFaults(Sample(), after, 8 * kMiB),
            "worker 7: 99.0 MiB after 90.0 MiB, where 8.0 MiB more are allowed");
}

TEST(LeakFaults, AProcessThatDiedOrCameIsOne) {
  ClusterStats after = Sample();
  after["worker 8"] = after["worker 7"];
  after.erase("worker 7");
  EXPECT_EQ(LeakFaults(Sample(), after, 8 * kMiB),
            "worker 8: was not there before; worker 7: is gone");
}

TEST(ReadProcessStats, SeesAThreadADescriptorAndMemory) {
  const ProcessStats before = ReadProcessStats(getpid());
  EXPECT_GE(before.threads, 1);
  const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  std::vector<char> memory(32 * kMiB, 1);
  std::thread thread([&] {
    const ProcessStats after = ReadProcessStats(getpid());
    EXPECT_EQ(after.threads, before.threads + 1);
    EXPECT_EQ(after.descriptors, before.descriptors + 1);
    EXPECT_GE(after.resident_bytes, before.resident_bytes + 30 * kMiB);
  });
  thread.join();
  close(fd);
  EXPECT_EQ(memory.back(), 1);
}

}  // namespace
}  // namespace baton
