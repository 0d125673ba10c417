// A client of many Generate streams at once, for a process of its own.
#ifndef BATON_TESTS_BUDGETS_MANY_STREAMS_H_
#define BATON_TESTS_BUDGETS_MANY_STREAMS_H_

#include <cstdint>
#include <string>

namespace baton {

struct ManyStreamsOptions {
  std::string address;
  int streams = 1;
  int streams_per_connection = 1;
  uint32_t prompt_tokens = 16;
  uint32_t max_tokens = 16;
};

// Opens the streams, some hundred at a time, and reads them all. Prints "open" when each has had
// its first token, then waits for the end of its input and prints how many pieces came and how many
// tokens they held.
int RunManyStreams(const ManyStreamsOptions& options);

}  // namespace baton

#endif  // BATON_TESTS_BUDGETS_MANY_STREAMS_H_
