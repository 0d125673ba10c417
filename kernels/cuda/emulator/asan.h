// What the emulator tells AddressSanitizer: BATON_ASAN is defined where it is there, and memory
// that is poisoned may not be touched; without it, nothing comes of it.
#ifndef BATON_KERNELS_CUDA_EMULATOR_ASAN_H_
#define BATON_KERNELS_CUDA_EMULATOR_ASAN_H_

#if defined(__SANITIZE_ADDRESS__)
#define BATON_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BATON_ASAN 1
#endif
#endif

#ifdef BATON_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#else
#define ASAN_POISON_MEMORY_REGION(begin, bytes) (static_cast<void>(begin), static_cast<void>(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(begin, bytes) \
  (static_cast<void>(begin), static_cast<void>(bytes))
#endif

#endif  // BATON_KERNELS_CUDA_EMULATOR_ASAN_H_
