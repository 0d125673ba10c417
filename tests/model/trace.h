// Logits of whole sequences, kept to be compared bit by bit.
#ifndef BATON_TESTS_MODEL_TRACE_H_
#define BATON_TESTS_MODEL_TRACE_H_

#include <cstdint>
#include <string>
#include <vector>

namespace baton {

using Logits = std::vector<float>;               // [vocab]
using Trace = std::vector<std::vector<Logits>>;  // [sequence][position]

// "" when both hold the same bits everywhere; else what a person needs to find out why: the first
// row that differs (sequence, position), in how many ids, and the first id's two values. A NaN
// equals itself; −0 is not +0.
std::string FirstDifference(const Trace& expected, const Trace& actual);

// Over all rows and ids.
double RootMeanSquare(const Trace& trace);
double RootMeanSquareDifference(const Trace& a, const Trace& b);
double LargestDifference(const Trace& a, const Trace& b);

// SHA-256, lower-case hexadecimal, of the bits of all rows in order.
std::string DigestOf(const Trace& trace);
// The same of any bytes.
std::string DigestOf(const std::string& bytes);

}  // namespace baton

#endif  // BATON_TESTS_MODEL_TRACE_H_
