#include "router/chat/jinja/numbers.h"

#include <cmath>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "router/chat/jinja/strings.h"

namespace baton {
namespace jinja {
namespace {

int DigitValue(char c) {
  if (absl::ascii_isdigit(c)) return c - '0';
  return absl::ascii_isalpha(c) ? absl::ascii_tolower(c) - 'a' + 10 : 99;
}

// Without the white space around it.
std::string Stripped(absl::string_view text) {
  return std::string(Strip(Text(std::string(text), true), Sides::kBoth, nullptr).bytes());
}

// Without its underscores; false when one does not stand between two digits.
bool RemoveUnderscores(std::string* text) {
  std::string out;
  for (size_t i = 0; i < text->size(); ++i) {
    if ((*text)[i] != '_') {
      out.push_back((*text)[i]);
    } else if (i == 0 || i + 1 == text->size() || !absl::ascii_isalnum((*text)[i - 1]) ||
               !absl::ascii_isalnum((*text)[i + 1])) {
      return false;
    }
  }
  *text = out;
  return true;
}

int PrefixBase(absl::string_view digits) {
  if (digits.size() < 2 || digits[0] != '0') return 0;
  switch (absl::ascii_tolower(digits[1])) {
    case 'x':
      return 16;
    case 'o':
      return 8;
    case 'b':
      return 2;
    default:
      return 0;
  }
}

}  // namespace

absl::StatusOr<std::optional<int64_t>> ParseInt(absl::string_view text, int64_t base) {
  std::string stripped = Stripped(text);
  absl::string_view digits = stripped;
  const bool negative = absl::ConsumePrefix(&digits, "-");
  if (!negative) absl::ConsumePrefix(&digits, "+");
  const int prefix = PrefixBase(digits);
  if (prefix != 0 && (base == 0 || base == prefix)) {
    base = prefix;
    digits.remove_prefix(2);
    absl::ConsumePrefix(&digits, "_");
  }
  std::string rest(digits);
  if (!RemoveUnderscores(&rest) || rest.empty()) return std::nullopt;
  if (base == 0) {  // no prefix: decimal, and no leading zeros
    base = 10;
    if (rest[0] == '0' && rest.find_first_not_of('0') != std::string::npos) return std::nullopt;
  }
  if (base < 2 || base > 36) return std::nullopt;
  for (const char c : rest) {
    if (DigitValue(c) >= base) return std::nullopt;
  }
  int64_t value = 0;
  for (const char c : rest) {
    const int64_t digit = negative ? -DigitValue(c) : DigitValue(c);
    if (__builtin_mul_overflow(value, base, &value) ||
        __builtin_add_overflow(value, digit, &value)) {
      return absl::OutOfRangeError(
          absl::StrCat("the integer ", text.substr(0, 40), " is beyond 64 bits"));
    }
  }
  return value;
}

std::optional<double> ParseFloat(absl::string_view text) {
  std::string stripped = Stripped(text);
  absl::string_view word = stripped;
  if (!absl::ConsumePrefix(&word, "-")) absl::ConsumePrefix(&word, "+");
  const bool is_word = absl::EqualsIgnoreCase(word, "inf") ||
                       absl::EqualsIgnoreCase(word, "infinity") ||
                       absl::EqualsIgnoreCase(word, "nan");
  if (!is_word && (word.empty() || !RemoveUnderscores(&stripped) ||
                   stripped.find_first_not_of("0123456789+-.eE") != std::string::npos)) {
    return std::nullopt;
  }
  double value = 0;
  if (!absl::SimpleAtod(stripped, &value)) return std::nullopt;
  return value;
}

absl::StatusOr<std::optional<int64_t>> Truncate(double number) {
  if (std::isnan(number)) return std::nullopt;
  if (!(std::fabs(number) < 0x1p63)) {
    return absl::OutOfRangeError("a float too large for an integer of 64 bits");
  }
  return static_cast<int64_t>(number);
}

}  // namespace jinja
}  // namespace baton
