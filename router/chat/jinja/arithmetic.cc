#include "router/chat/jinja/arithmetic.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace baton {
namespace jinja {
namespace {

constexpr const char* kNames[] = {"+", "-", "*", "/", "//", "%", "**"};

absl::Status Overflow() {
  return absl::OutOfRangeError("an integer beyond 64 bits, which this interpreter does not have");
}

absl::Status DivisionByZero() { return absl::InvalidArgumentError("division by zero"); }

absl::StatusOr<int64_t> IntPower(int64_t base, int64_t exponent) {
  int64_t result = 1;
  while (true) {
    if (exponent & 1) {
      if (__builtin_mul_overflow(result, base, &result)) return Overflow();
    }
    exponent >>= 1;
    if (exponent == 0) return result;
    // A square that overflows is an error even when unused later only for |base| > 1, where it will
    // be used.
    if (__builtin_mul_overflow(base, base, &base)) return Overflow();
  }
}

absl::StatusOr<int64_t> IntArithmetic(ArithmeticOp op, int64_t a, int64_t b) {
  int64_t r = 0;
  switch (op) {
    case ArithmeticOp::kAdd:
      if (__builtin_add_overflow(a, b, &r)) return Overflow();
      return r;
    case ArithmeticOp::kSubtract:
      if (__builtin_sub_overflow(a, b, &r)) return Overflow();
      return r;
    case ArithmeticOp::kMultiply:
      if (__builtin_mul_overflow(a, b, &r)) return Overflow();
      return r;
    case ArithmeticOp::kPower:
      return IntPower(a, b);
    default:
      break;
  }
  if (b == 0) return DivisionByZero();
  if (b == -1) {  // the one divisor that can overflow
    if (op == ArithmeticOp::kModulo) return 0;
    if (a == std::numeric_limits<int64_t>::min()) return Overflow();
    return -a;
  }
  const int64_t remainder = a % b;
  const bool floor = remainder != 0 && (remainder < 0) != (b < 0);
  return op == ArithmeticOp::kModulo ? remainder + (floor ? b : 0) : a / b - (floor ? 1 : 0);
}

// fmod with the divisor's sign, and the quotient that belongs to it.
double FloorMod(double a, double b, double* quotient) {
  double mod = std::fmod(a, b);
  double div = (a - mod) / b;
  if (mod != 0) {
    if ((b < 0) != (mod < 0)) {
      mod += b;
      div -= 1;
    }
  } else {
    mod = std::copysign(0.0, b);
  }
  if (div != 0) {
    *quotient = std::floor(div);
    if (div - *quotient > 0.5) *quotient += 1;
  } else {
    *quotient = std::copysign(0.0, a / b);
  }
  return mod;
}

absl::StatusOr<double> FloatPower(double a, double b) {
  if (a == 0 && b < 0) return DivisionByZero();
  const double r = std::pow(a, b);
  if (std::isnan(r) && !std::isnan(a) && !std::isnan(b)) {
    return absl::InvalidArgumentError("a negative number to a fractional power is complex");
  }
  if (std::isinf(r) && std::isfinite(a) && std::isfinite(b)) {
    return absl::OutOfRangeError("numerical result out of range");
  }
  return r;
}

absl::StatusOr<double> FloatArithmetic(ArithmeticOp op, double a, double b) {
  double quotient = 0;
  switch (op) {
    case ArithmeticOp::kAdd:
      return a + b;
    case ArithmeticOp::kSubtract:
      return a - b;
    case ArithmeticOp::kMultiply:
      return a * b;
    case ArithmeticOp::kPower:
      return FloatPower(a, b);
    default:
      break;
  }
  if (b == 0) return DivisionByZero();
  if (op == ArithmeticOp::kDivide) return a / b;
  const double mod = FloorMod(a, b, &quotient);
  return op == ArithmeticOp::kModulo ? mod : quotient;
}

absl::StatusOr<Value> Concatenate(Budget& budget, const Value& a, const Value& b) {
  if (a.is(Kind::kString)) {
    RETURN_IF_ERROR(budget.Scan(a.text().size() + b.text().size()));
    TextBuilder builder;
    builder.Append(a.text());
    builder.Append(b.text());
    return MakeString(budget, builder.Build());
  }
  const auto &x = a.sequence().items, &y = b.sequence().items;
  RETURN_IF_ERROR(budget.Steps(x.size() + y.size()));
  std::vector<Value> items;
  items.reserve(x.size() + y.size());
  items.insert(items.end(), x.begin(), x.end());
  items.insert(items.end(), y.begin(), y.end());
  return MakeSequence(budget, a.sequence().kind, std::move(items));
}

bool IsListOrTuple(const Value& v) {
  return v.is(Kind::kSequence) && v.sequence().kind <= SequenceKind::kTuple;
}

absl::StatusOr<Value> Repeat(Budget& budget, const Value& value, int64_t times) {
  const size_t count = static_cast<size_t>(std::max<int64_t>(times, 0));
  const bool is_string = value.is(Kind::kString);
  const size_t unit =
      is_string ? value.text().size() : value.sequence().items.size() * sizeof(Value);
  size_t bytes;
  if (__builtin_mul_overflow(unit, count, &bytes)) bytes = std::numeric_limits<size_t>::max();
  RETURN_IF_ERROR(budget.Allocate(bytes));
  if (is_string) {
    TextBuilder builder;
    for (size_t i = 0; unit > 0 && i < count; ++i) builder.Append(value.text());
    return Value::String(builder.Build());
  }
  std::vector<Value> items;
  const auto& from = value.sequence().items;
  items.reserve(from.size() * (unit > 0 ? count : 0));
  for (size_t i = 0; unit > 0 && i < count; ++i)
    items.insert(items.end(), from.begin(), from.end());
  return MakeSequence(budget, value.sequence().kind, std::move(items));
}

}  // namespace

absl::StatusOr<Value> Arithmetic(Budget& budget, ArithmeticOp op, const Value& a, const Value& b) {
  for (const Value* v : {&a, &b}) {
    if (v->is(Kind::kUndefined)) return absl::InvalidArgumentError(v->why_undefined());
  }
  const bool trusted = a.trusted() && b.trusted();
  if (a.is_integer() && b.is_integer() && op != ArithmeticOp::kDivide &&
      !(op == ArithmeticOp::kPower && b.as_int() < 0)) {
    ASSIGN_OR_RETURN(const int64_t r, IntArithmetic(op, a.as_int(), b.as_int()));
    return Value::Int(r, trusted);
  }
  if (a.is_number() && b.is_number()) {
    ASSIGN_OR_RETURN(const double r, FloatArithmetic(op, a.as_float(), b.as_float()));
    return Value::Float(r, trusted);
  }
  const bool same =
      a.kind() == b.kind() && (!a.is(Kind::kSequence) || a.sequence().kind == b.sequence().kind);
  if (op == ArithmeticOp::kAdd && same && (a.is(Kind::kString) || IsListOrTuple(a))) {
    return Concatenate(budget, a, b);
  }
  if (op == ArithmeticOp::kMultiply) {
    if ((a.is(Kind::kString) || IsListOrTuple(a)) && b.is_integer()) {
      return Repeat(budget, a, b.as_int());
    }
    if ((b.is(Kind::kString) || IsListOrTuple(b)) && a.is_integer()) {
      return Repeat(budget, b, a.as_int());
    }
  }
  if (op == ArithmeticOp::kModulo && a.is(Kind::kString)) {
    return absl::UnimplementedError("formatting with the operator '%'; use '~'");
  }
  return absl::InvalidArgumentError(absl::StrCat("unsupported operand types for ",
                                                 kNames[static_cast<int>(op)], ": '", a.type_name(),
                                                 "' and '", b.type_name(), "'"));
}

absl::StatusOr<Value> Negate(const Value& v) {
  if (v.is(Kind::kUndefined)) return absl::InvalidArgumentError(v.why_undefined());
  if (v.is(Kind::kFloat)) return Value::Float(-v.as_float(), v.trusted());
  if (!v.is_integer()) {
    return absl::InvalidArgumentError(
        absl::StrCat("bad operand type for unary -: '", v.type_name(), "'"));
  }
  ASSIGN_OR_RETURN(const int64_t r, IntArithmetic(ArithmeticOp::kSubtract, 0, v.as_int()));
  return Value::Int(r, v.trusted());
}

absl::StatusOr<Value> Positive(const Value& v) {
  if (v.is(Kind::kUndefined)) return absl::InvalidArgumentError(v.why_undefined());
  if (v.is(Kind::kFloat)) return v;
  if (v.is_integer()) return Value::Int(v.as_int(), v.trusted());
  return absl::InvalidArgumentError(
      absl::StrCat("bad operand type for unary +: '", v.type_name(), "'"));
}

}  // namespace jinja
}  // namespace baton
