// Python's int() and float() of strings.
#ifndef BATON_ROUTER_CHAT_JINJA_NUMBERS_H_
#define BATON_ROUTER_CHAT_JINJA_NUMBERS_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace baton {
namespace jinja {

// int(text, base): white space around, a sign, underscores between digits, a prefix that fits the
// base; base 0 goes by the prefix. Null when it is no integer, OUT_OF_RANGE when it is one beyond
// 64 bits. Digits are ASCII.
absl::StatusOr<std::optional<int64_t>> ParseInt(absl::string_view text, int64_t base);

// float(text), "inf" and "nan" included. Null when it is no number.
std::optional<double> ParseFloat(absl::string_view text);

// int(number): OUT_OF_RANGE beyond 64 bits and for infinities, null for NaN.
absl::StatusOr<std::optional<int64_t>> Truncate(double number);

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_NUMBERS_H_
