// BATON_CHECK: for broken invariants only (a bug), never for anything an input, a peer or a device
// can cause. It prints the condition and the place, and the process dies.
#ifndef BATON_COMMON_CHECK_H_
#define BATON_COMMON_CHECK_H_

#include <cstdio>
#include <cstdlib>

#define BATON_CHECK(condition)                                                               \
  do {                                                                                       \
    if (!(condition)) {                                                                      \
      std::fprintf(stderr, "%s:%d: broken invariant: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                          \
    }                                                                                        \
  } while (false)

#endif  // BATON_COMMON_CHECK_H_
