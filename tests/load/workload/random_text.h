// Text that looks like English, for servers that take nothing else.
#ifndef BATON_TESTS_LOAD_WORKLOAD_RANDOM_TEXT_H_
#define BATON_TESTS_LOAD_WORKLOAD_RANDOM_TEXT_H_

#include <cstddef>
#include <string>

#include "tests/load/workload/seeded_random.h"

namespace baton {

// `words` words drawn uniformly from EnglishWords(), one space between them: about one token each,
// and a token more where the model adds one at the beginning. Empty for 0.
std::string RandomText(SeededRandom* random, size_t words);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_RANDOM_TEXT_H_
