// The operators + - * / // % ** and the signs, as Python defines them over numbers, strings and
// lists. Integers have 64 bits: where Python would make a longer one it is OUT_OF_RANGE. Numbers
// are trusted when both operands are.
#ifndef BATON_ROUTER_CHAT_JINJA_ARITHMETIC_H_
#define BATON_ROUTER_CHAT_JINJA_ARITHMETIC_H_

#include "absl/status/statusor.h"
#include "router/chat/jinja/budget.h"
#include "router/chat/jinja/value.h"

namespace baton {
namespace jinja {

enum class ArithmeticOp { kAdd, kSubtract, kMultiply, kDivide, kFloorDivide, kModulo, kPower };

absl::StatusOr<Value> Arithmetic(Budget& budget, ArithmeticOp op, const Value& a, const Value& b);
absl::StatusOr<Value> Negate(const Value& value);
absl::StatusOr<Value> Positive(const Value& value);

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_ARITHMETIC_H_
