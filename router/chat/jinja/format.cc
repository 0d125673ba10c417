#include "router/chat/jinja/format.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status_macros.h"
#include "router/chat/jinja/unicode.h"

namespace baton {
namespace jinja {
namespace {

void AppendStringRepr(const Text& text, TextBuilder* out) {
  const absl::string_view bytes = text.bytes();
  const bool has_single = absl::StrContains(bytes, '\'');
  const char quote = has_single && !absl::StrContains(bytes, '"') ? '"' : '\'';
  const absl::string_view quote_text(&quote, 1);
  out->Append(quote_text, true);
  for (size_t pos = 0; pos < bytes.size();) {
    const CodePoint cp = DecodeUtf8(bytes, pos);
    const uint32_t c = cp.value;
    std::string escaped;
    if (c == '\\' || c == static_cast<uint32_t>(quote)) {
      escaped = {'\\', static_cast<char>(c)};
    } else if (c == '\n' || c == '\r' || c == '\t') {
      escaped = c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
    } else if (!IsPrintable(c)) {
      escaped = c < 0x100     ? absl::StrFormat("\\x%02x", c)
                : c < 0x10000 ? absl::StrFormat("\\u%04x", c)
                              : absl::StrFormat("\\U%08x", c);
    }
    if (escaped.empty()) {
      out->Append(text, pos, pos + cp.size);
    } else {
      out->Append(escaped, text.IsTrusted(pos, pos + cp.size));
    }
    pos += cp.size;
  }
  out->Append(quote_text, true);
}

absl::Status AppendItems(Budget& budget, const Sequence& sequence, TextBuilder* out) {
  for (size_t i = 0; i < sequence.items.size(); ++i) {
    if (i > 0) out->Append(", ", true);
    RETURN_IF_ERROR(AppendRepr(budget, sequence.items[i], out));
  }
  return absl::OkStatus();
}

absl::Status AppendSequence(Budget& budget, const Sequence& sequence, TextBuilder* out) {
  static constexpr const char* kOpen[] = {"[",           "(", "", "dict_keys([", "dict_values([",
                                          "dict_items(["};
  static constexpr const char* kClose[] = {"]", ")", "", "])", "])", "])"};
  if (sequence.kind == SequenceKind::kIterator) {
    return absl::UnimplementedError("printing an iterator; use the filter 'list' before");
  }
  if (sequence.kind == SequenceKind::kRange) {
    out->Append(absl::StrCat("range(", sequence.range_start, ", ", sequence.range_stop), true);
    if (sequence.range_step != 1) out->Append(absl::StrCat(", ", sequence.range_step), true);
    out->Append(")", true);
    return absl::OkStatus();
  }
  out->Append(kOpen[static_cast<int>(sequence.kind)], true);
  RETURN_IF_ERROR(AppendItems(budget, sequence, out));
  if (sequence.kind == SequenceKind::kTuple && sequence.items.size() == 1) out->Append(",", true);
  out->Append(kClose[static_cast<int>(sequence.kind)], true);
  return absl::OkStatus();
}

absl::Status AppendDict(Budget& budget, const Dict& dict, TextBuilder* out) {
  out->Append("{", true);
  bool first = true;
  for (const auto& [key, value] : dict.entries()) {
    if (!first) out->Append(", ", true);
    first = false;
    RETURN_IF_ERROR(AppendRepr(budget, key, out));
    out->Append(": ", true);
    RETURN_IF_ERROR(AppendRepr(budget, value, out));
  }
  out->Append("}", true);
  return absl::OkStatus();
}

}  // namespace

std::string FloatRepr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), std::fabs(value),
                                 std::chars_format::scientific);
  const absl::string_view all(buffer, end.ptr - buffer);
  const size_t e = all.find('e');
  const int exponent = std::atoi(std::string(all.substr(e + 1)).c_str());
  std::string digits(1, all[0]);
  if (e > 2) absl::StrAppend(&digits, all.substr(2, e - 2));
  const int size = static_cast<int>(digits.size());
  const std::string sign = std::signbit(value) ? "-" : "";
  if (exponent < -4 || exponent >= 16) {
    const std::string fraction = size > 1 ? "." + digits.substr(1) : "";
    return absl::StrFormat("%s%c%se%c%02d", sign, digits[0], fraction, exponent < 0 ? '-' : '+',
                           std::abs(exponent));
  }
  if (exponent < 0) return absl::StrCat(sign, "0.", std::string(-exponent - 1, '0'), digits);
  if (size <= exponent + 1) {
    return absl::StrCat(sign, digits, std::string(exponent + 1 - size, '0'), ".0");
  }
  return absl::StrCat(sign, digits.substr(0, exponent + 1), ".", digits.substr(exponent + 1));
}

absl::Status AppendRepr(Budget& budget, const Value& value, TextBuilder* out) {
  RETURN_IF_ERROR(budget.Steps(1));
  if (value.is(Kind::kUndefined)) {
    out->Append("Undefined", true);
    return absl::OkStatus();
  }
  if (!value.is(Kind::kString)) return AppendStr(budget, value, out);
  RETURN_IF_ERROR(budget.Allocate(2 * value.text().size()));
  AppendStringRepr(value.text(), out);
  return absl::OkStatus();
}

absl::Status AppendStr(Budget& budget, const Value& value, TextBuilder* out) {
  RETURN_IF_ERROR(budget.Allocate(sizeof(Value)));
  switch (value.kind()) {
    case Kind::kUndefined:
      return absl::OkStatus();
    case Kind::kNone:
      out->Append("None", value.trusted());
      return absl::OkStatus();
    case Kind::kBool:
      out->Append(value.as_bool() ? "True" : "False", value.trusted());
      break;
    case Kind::kInt:
      out->Append(absl::StrCat(value.as_int()), value.trusted());
      break;
    case Kind::kFloat:
      out->Append(FloatRepr(value.as_float()), value.trusted());
      break;
    case Kind::kString:
      RETURN_IF_ERROR(budget.Allocate(value.text().size()));
      out->Append(value.text());
      break;
    case Kind::kSequence:
      return AppendSequence(budget, value.sequence(), out);
    case Kind::kDict:
      return AppendDict(budget, value.dict(), out);
    case Kind::kNamespace:
    case Kind::kObject:
      return absl::UnimplementedError(absl::StrCat("printing a ", value.type_name()));
  }
  return absl::OkStatus();
}

absl::StatusOr<Text> Str(Budget& budget, const Value& value) {
  if (value.is(Kind::kString)) return value.text();
  TextBuilder builder;
  RETURN_IF_ERROR(AppendStr(budget, value, &builder));
  return builder.Build();
}

}  // namespace jinja
}  // namespace baton
