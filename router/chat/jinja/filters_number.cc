// Filters on numbers.
#include <cmath>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status_macros.h"
#include "router/chat/jinja/arithmetic.h"
#include "router/chat/jinja/call_args.h"
#include "router/chat/jinja/filters.h"
#include "router/chat/jinja/numbers.h"

namespace baton {
namespace jinja {
namespace {

using Result = absl::StatusOr<Value>;

Result Abs(Runtime&, const Value& input, CallArgs args) {
  RETURN_IF_ERROR(BoundArgs::Bind("abs", std::move(args), {}, 0).status());
  if (input.is(Kind::kFloat)) return Value::Float(std::fabs(input.as_float()), input.trusted());
  if (!input.is_integer()) {
    return absl::InvalidArgumentError(
        absl::StrCat("bad operand type for abs(): '", input.type_name(), "'"));
  }
  return input.as_int() < 0 ? Negate(input) : Positive(input);
}

// Null when int(input) raises TypeError or ValueError, in which case float(input) is tried.
absl::StatusOr<std::optional<int64_t>> ToInt(const Value& input, int64_t base) {
  switch (input.kind()) {
    case Kind::kUndefined:
      return absl::InvalidArgumentError(input.why_undefined());
    case Kind::kBool:
    case Kind::kInt:
      return input.as_int();
    case Kind::kFloat:
      return Truncate(input.as_float());
    case Kind::kString: {
      ASSIGN_OR_RETURN(const auto parsed, ParseInt(input.text().bytes(), base));
      if (parsed.has_value()) return parsed;
      const auto number = ParseFloat(input.text().bytes());
      if (!number.has_value() || std::isinf(*number)) return std::nullopt;
      return Truncate(*number);
    }
    default:
      return std::nullopt;
  }
}

Result Int(Runtime& runtime, const Value& input, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound,
                   BoundArgs::Bind("int", std::move(args), {"default", "base"}, 0));
  ASSIGN_OR_RETURN(const int64_t base, bound.Int(1, 10));
  if (input.is(Kind::kString)) RETURN_IF_ERROR(runtime.budget().Allocate(input.text().size()));
  ASSIGN_OR_RETURN(const auto value, ToInt(input, base));
  if (value.has_value()) return Value::Int(*value, input.trusted());
  return bound.Has(0) ? bound[0] : Value::Int(0);
}

Result Float(Runtime& runtime, const Value& input, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound,
                   BoundArgs::Bind("float", std::move(args), {"default"}, 0));
  if (input.is(Kind::kUndefined)) return absl::InvalidArgumentError(input.why_undefined());
  if (input.is_number()) return Value::Float(input.as_float(), input.trusted());
  if (input.is(Kind::kString)) {
    RETURN_IF_ERROR(runtime.budget().Allocate(input.text().size()));
    const auto value = ParseFloat(input.text().bytes());
    if (value.has_value()) return Value::Float(*value, input.trusted());
  }
  return bound.Has(0) ? bound[0] : Value::Float(0);
}

// Python's round(float, n): exact, because printf rounds the exact decimal value, ties to even.
double RoundFloat(double d, int64_t precision) {
  if (!std::isfinite(d) || precision > 323) return d;
  if (precision >= 0) {
    return std::strtod(absl::StrFormat("%.*f", static_cast<int>(precision), d).c_str(), nullptr);
  }
  if (precision < -308) return std::copysign(0.0, d);
  const double scale = std::pow(10.0, static_cast<double>(-precision));
  return std::nearbyint(d / scale) * scale;
}

Result RoundInt(int64_t value, int64_t precision, bool trusted) {
  if (precision >= 0) return Value::Int(value, trusted);
  if (precision < -18) return Value::Int(0, trusted);
  int64_t scale = 1;
  for (; precision < 0; ++precision) scale *= 10;
  const int64_t rest = value % scale, half = scale / 2;
  int64_t rounded = value - rest;
  const int64_t distance = std::abs(rest);
  if (distance > half || (distance == half && rounded / scale % 2 != 0)) {
    if (__builtin_add_overflow(rounded, value < 0 ? -scale : scale, &rounded)) {
      return absl::OutOfRangeError("round(): an integer beyond 64 bits");
    }
  }
  return Value::Int(rounded, trusted);
}

Result Round(Runtime&, const Value& input, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound,
                   BoundArgs::Bind("round", std::move(args), {"precision", "method"}, 0));
  ASSIGN_OR_RETURN(const int64_t precision, bound.Int(0, 0));
  ASSIGN_OR_RETURN(const Text method_text, bound.String(1, "common"));
  const absl::string_view method = method_text.bytes();
  if (method != "common" && method != "ceil" && method != "floor") {
    return absl::InvalidArgumentError("round(): method must be common, ceil or floor");
  }
  if (!input.is_number()) {
    return absl::InvalidArgumentError(
        absl::StrCat("round() needs a number, got '", input.type_name(), "'"));
  }
  const bool trusted = input.trusted();
  if (method == "common") {
    if (input.is_integer()) return RoundInt(input.as_int(), precision, trusted);
    return Value::Float(RoundFloat(input.as_float(), precision), trusted);
  }
  if (precision < -300 || precision > 300) {
    return absl::InvalidArgumentError("round(): precision must be within 300");
  }
  const double scale = std::pow(10.0, static_cast<double>(precision));
  const double scaled = input.as_float() * scale;
  if (!std::isfinite(scaled)) return absl::OutOfRangeError("round(): not a finite number");
  return Value::Float((method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / scale, trusted);
}

constexpr Filter kFilters[] = {{"abs", Abs}, {"int", Int}, {"float", Float}, {"round", Round}};

}  // namespace

absl::Span<const Filter> NumberFilters() { return kFilters; }

}  // namespace jinja
}  // namespace baton
