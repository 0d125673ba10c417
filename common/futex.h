// Sleeping on a 32-bit word, within a process or between processes that share its memory.
#ifndef BATON_COMMON_FUTEX_H_
#define BATON_COMMON_FUTEX_H_

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"

namespace baton {

// Sleeps while *word == expected, until woken or `timeout` passes; may return early for no reason.
// `shared`: the word is in memory that other processes map too.
void FutexWait(const std::atomic<uint32_t>* word, uint32_t expected, absl::Duration timeout,
               bool shared);

// Wakes all who sleep on the word.
void FutexWakeAll(const std::atomic<uint32_t>* word, bool shared);

// One turn of a spin loop.
inline void CpuRelax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  asm volatile("" ::: "memory");
#endif
}

}  // namespace baton

#endif  // BATON_COMMON_FUTEX_H_
