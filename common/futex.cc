#include "common/futex.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <ctime>

namespace baton {

static_assert(sizeof(std::atomic<uint32_t>) == 4 && std::atomic<uint32_t>::is_always_lock_free,
              "futex needs the word");

void FutexWait(const std::atomic<uint32_t>* word, uint32_t expected, absl::Duration timeout,
               bool shared) {
  const timespec ts = absl::ToTimespec(timeout);
  syscall(SYS_futex, word, shared ? FUTEX_WAIT : FUTEX_WAIT_PRIVATE, expected,
          timeout == absl::InfiniteDuration() ? nullptr : &ts, nullptr, 0);
}

void FutexWakeAll(const std::atomic<uint32_t>* word, bool shared) {
  syscall(SYS_futex, word, shared ? FUTEX_WAKE : FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

}  // namespace baton
