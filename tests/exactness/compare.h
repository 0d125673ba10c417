// Whether two answers are the same, to the bit.
#ifndef BATON_TESTS_EXACTNESS_COMPARE_H_
#define BATON_TESTS_EXACTNESS_COMPARE_H_

#include <string>

#include "router/engine/recording_sink.h"
#include "tests/exactness/coverage.h"

namespace baton {

// The first difference of an answer that ended by itself: token ids, text, log probabilities of
// tokens and alternatives and of the prompt, reasons, stop strings and sums; or the error. ""
// if there is none. How the answer came in pieces and how much of it was cached does not count.
std::string Difference(const RecordingSink& answer, const RecordingSink& expected,
                       Coverage* coverage);

// Likewise of an answer that was cut off: what there is must be the beginning of what is expected.
std::string PrefixDifference(const RecordingSink& answer, const RecordingSink& expected,
                             Coverage* coverage);

}  // namespace baton

#endif  // BATON_TESTS_EXACTNESS_COMPARE_H_
