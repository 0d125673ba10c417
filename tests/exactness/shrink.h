// Makes a failing trial small enough to be read.
#ifndef BATON_TESTS_EXACTNESS_SHRINK_H_
#define BATON_TESTS_EXACTNESS_SHRINK_H_

#include <functional>

#include "tests/exactness/trial.h"

namespace baton {

// Drops requests, then options of requests and of the group, one after the other, as long as
// `fails` says that the rest still does. Returns how many were tried: `most` at most.
int Shrink(Trial* trial, const std::function<bool(const Trial&)>& fails, int most = 400);

}  // namespace baton

#endif  // BATON_TESTS_EXACTNESS_SHRINK_H_
