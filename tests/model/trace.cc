#include "tests/model/trace.h"

#include <openssl/sha.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "common/check.h"

namespace baton {
namespace {

uint32_t Bits(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof(bits));
  return bits;
}

// "" when equal.
std::string RowDifference(const Logits& expected, const Logits& actual) {
  if (expected.size() != actual.size())
    return absl::StrFormat("%d logits against %d", actual.size(), expected.size());
  size_t count = 0, first = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    if (Bits(expected[i]) == Bits(actual[i])) continue;
    if (count++ == 0) first = i;
  }
  if (count == 0) return "";
  return absl::StrFormat("%d of %d logits differ, first id %d: %.9g (%08x), expected %.9g (%08x)",
                         count, expected.size(), first, actual[first], Bits(actual[first]),
                         expected[first], Bits(expected[first]));
}

// Calls fn(a, b) for every logit.
template <typename Fn>
int64_t ForPairs(const Trace& a, const Trace& b, Fn fn) {
  int64_t count = 0;
  BATON_CHECK(a.size() == b.size());
  for (size_t s = 0; s < a.size(); ++s) {
    BATON_CHECK(a[s].size() == b[s].size());
    for (size_t p = 0; p < a[s].size(); ++p) {
      for (size_t i = 0; i < a[s][p].size(); ++i) fn(a[s][p][i], b[s][p][i]);
      count += static_cast<int64_t>(a[s][p].size());
    }
  }
  return count;
}

}  // namespace

std::string FirstDifference(const Trace& expected, const Trace& actual) {
  if (expected.size() != actual.size())
    return absl::StrFormat("%d sequences, expected %d", actual.size(), expected.size());
  for (size_t s = 0; s < expected.size(); ++s) {
    if (expected[s].size() != actual[s].size()) {
      return absl::StrFormat("sequence %d: %d positions, expected %d", s, actual[s].size(),
                             expected[s].size());
    }
    for (size_t p = 0; p < expected[s].size(); ++p) {
      const std::string difference = RowDifference(expected[s][p], actual[s][p]);
      if (!difference.empty()) {
        return absl::StrFormat("sequence %d, position %d of %d: %s", s, p, expected[s].size(),
                               difference);
      }
    }
  }
  return "";
}

double RootMeanSquare(const Trace& trace) {
  double sum = 0;
  const int64_t count = ForPairs(trace, trace, [&](double a, double) { sum += a * a; });
  return std::sqrt(sum / static_cast<double>(count));
}

double RootMeanSquareDifference(const Trace& a, const Trace& b) {
  double sum = 0;
  const int64_t count = ForPairs(a, b, [&](double x, double y) { sum += (x - y) * (x - y); });
  return std::sqrt(sum / static_cast<double>(count));
}

double LargestDifference(const Trace& a, const Trace& b) {
  double largest = 0;
  ForPairs(a, b, [&](double x, double y) { largest = std::max(largest, std::fabs(x - y)); });
  return largest;
}

std::string DigestOf(const std::string& bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest), sizeof(digest)));
}

std::string DigestOf(const Trace& trace) {
  std::string bytes;
  for (const std::vector<Logits>& sequence : trace) {
    for (const Logits& row : sequence)
      bytes.append(reinterpret_cast<const char*>(row.data()), row.size() * sizeof(float));
  }
  return DigestOf(bytes);
}

}  // namespace baton
