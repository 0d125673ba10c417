// Logarithm and exponential that give the same bits on every machine. The C library's differ in
// their last bit from one version, or one CPU, to the next, and a drawn time or a drawn length
// with them; these use nothing but operations that IEEE 754 rounds exactly,
// and that the build does not contract (.bazelrc).
#ifndef BATON_TESTS_LOAD_WORKLOAD_FIXED_MATH_H_
#define BATON_TESTS_LOAD_WORKLOAD_FIXED_MATH_H_

namespace baton {

// The natural logarithm of a positive finite `x`, to a few units in the last place:
// x = m 2^e with m near 1, ln m = 2 atanh((m - 1) / (m + 1)) by its series.
double FixedLog(double x);

// e^x for any finite `x`, to a few units in the last place: x = k ln 2 + r, e^r by its series.
// 0 and infinity where a double cannot hold the result.
double FixedExp(double x);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_FIXED_MATH_H_
