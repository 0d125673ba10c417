// Truth, equality, order and membership, as Python defines them. Every visit is charged to the
// budget; an operation that Python refuses with a TypeError is INVALID_ARGUMENT.
#ifndef BATON_ROUTER_CHAT_JINJA_COMPARE_H_
#define BATON_ROUTER_CHAT_JINJA_COMPARE_H_

#include "absl/status/statusor.h"
#include "router/chat/jinja/budget.h"
#include "router/chat/jinja/value.h"

namespace baton {
namespace jinja {

enum class CompareOp { kEq, kNe, kLt, kLe, kGt, kGe, kIn, kNotIn };

bool Truthy(const Value& value);
absl::StatusOr<bool> Compare(Budget& budget, CompareOp op, const Value& a, const Value& b);
absl::StatusOr<bool> Equals(Budget& budget, const Value& a, const Value& b);
absl::StatusOr<bool> Contains(Budget& budget, const Value& container, const Value& item);

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_COMPARE_H_
