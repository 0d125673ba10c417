#include "router/chat/jinja/predicates.h"

#include <algorithm>
#include <iterator>

#include "common/status_macros.h"
#include "router/chat/jinja/arithmetic.h"
#include "router/chat/jinja/call_args.h"
#include "router/chat/jinja/compare.h"
#include "router/chat/jinja/filters.h"
#include "router/chat/jinja/format.h"
#include "router/chat/jinja/iteration.h"
#include "router/chat/jinja/strings.h"

namespace baton {
namespace jinja {
namespace {

using Result = absl::StatusOr<bool>;

bool IsDefined(const Value& v) { return !v.is(Kind::kUndefined); }
bool IsUndefined(const Value& v) { return v.is(Kind::kUndefined); }
bool IsNone(const Value& v) { return v.is(Kind::kNone); }
bool IsBoolean(const Value& v) { return v.is(Kind::kBool); }
bool IsTrue(const Value& v) { return v.is(Kind::kBool) && v.as_bool(); }
bool IsFalse(const Value& v) { return v.is(Kind::kBool) && !v.as_bool(); }
bool IsInteger(const Value& v) { return v.is(Kind::kInt); }
bool IsFloat(const Value& v) { return v.is(Kind::kFloat); }
bool IsNumber(const Value& v) { return v.is_number(); }
bool IsString(const Value& v) { return v.is(Kind::kString); }
bool IsMapping(const Value& v) { return v.is(Kind::kDict); }
bool IsEscaped(const Value&) { return false; }
// Undefined has __call__ and __getitem__, which only fail when called.
bool IsCallable(const Value& v) {
  return v.is(Kind::kUndefined) || (v.is(Kind::kObject) && v.object().callable());
}
bool IsSequence(const Value& v) {
  return v.is(Kind::kUndefined) || v.is(Kind::kString) || v.is(Kind::kDict) ||
         (v.is(Kind::kSequence) && v.sequence().kind <= SequenceKind::kRange);
}

template <bool (*test)(const Value&)>
Result Simple(Runtime&, const Value& input, CallArgs args) {
  RETURN_IF_ERROR(BoundArgs::Bind("test", std::move(args), {}, 0).status());
  return test(input);
}

template <bool (*test)(absl::string_view)>
Result OfString(Runtime& runtime, const Value& input, CallArgs args) {
  RETURN_IF_ERROR(BoundArgs::Bind("test", std::move(args), {}, 0).status());
  ASSIGN_OR_RETURN(const Text text, Str(runtime.budget(), input));
  RETURN_IF_ERROR(runtime.budget().Scan(text.size()));
  return test(text.bytes());
}

template <CompareOp op>
Result Comparison(Runtime& runtime, const Value& input, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound, BoundArgs::Bind("comparison", std::move(args), {""}, 1));
  return Compare(runtime.budget(), op, input, bound[0]);
}

Result RemainderIs(Runtime& runtime, const Value& a, const Value& b, int64_t wanted) {
  ASSIGN_OR_RETURN(const Value rest, Arithmetic(runtime.budget(), ArithmeticOp::kModulo, a, b));
  return Equals(runtime.budget(), rest, Value::Int(wanted));
}

template <int64_t wanted>
Result Parity(Runtime& runtime, const Value& input, CallArgs args) {
  RETURN_IF_ERROR(BoundArgs::Bind("even/odd", std::move(args), {}, 0).status());
  return RemainderIs(runtime, input, Value::Int(2), wanted);
}

Result DivisibleBy(Runtime& runtime, const Value& input, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound,
                   BoundArgs::Bind("divisibleby", std::move(args), {"num"}, 1));
  return RemainderIs(runtime, input, bound[0], 0);
}

// Python's `is`: of scalars here, the same type and value.
Result SameAs(Runtime& runtime, const Value& input, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound, BoundArgs::Bind("sameas", std::move(args), {"other"}, 1));
  const Value& other = bound[0];
  if (input.kind() != other.kind()) return false;
  if (input.identity() != nullptr && !input.is(Kind::kString)) {
    return input.identity() == other.identity();
  }
  return Equals(runtime.budget(), input, other);
}

Result IsIterableTest(Runtime&, const Value& input, CallArgs args) {
  RETURN_IF_ERROR(BoundArgs::Bind("iterable", std::move(args), {}, 0).status());
  return IsIterable(input);
}

template <bool (*exists)(absl::string_view)>
Result Exists(Runtime&, const Value& input, CallArgs args) {
  RETURN_IF_ERROR(BoundArgs::Bind("filter/test", std::move(args), {}, 0).status());
  return input.is(Kind::kString) && exists(input.text().bytes());
}

bool FilterExists(absl::string_view name) { return FindFilter(name) != nullptr; }
bool PredicateExists(absl::string_view name) { return FindPredicate(name) != nullptr; }

constexpr Predicate kPredicates[] = {
    {"defined", Simple<IsDefined>},
    {"undefined", Simple<IsUndefined>},
    {"none", Simple<IsNone>},
    {"boolean", Simple<IsBoolean>},
    {"true", Simple<IsTrue>},
    {"false", Simple<IsFalse>},
    {"integer", Simple<IsInteger>},
    {"float", Simple<IsFloat>},
    {"number", Simple<IsNumber>},
    {"string", Simple<IsString>},
    {"mapping", Simple<IsMapping>},
    {"sequence", Simple<IsSequence>},
    {"iterable", IsIterableTest},
    {"callable", Simple<IsCallable>},
    {"escaped", Simple<IsEscaped>},
    {"lower", OfString<IsLowerString>},
    {"upper", OfString<IsUpperString>},
    {"even", Parity<0>},
    {"odd", Parity<1>},
    {"divisibleby", DivisibleBy},
    {"sameas", SameAs},
    {"filter", Exists<FilterExists>},
    {"test", Exists<PredicateExists>},
    {"in", Comparison<CompareOp::kIn>},
    {"==", Comparison<CompareOp::kEq>},
    {"eq", Comparison<CompareOp::kEq>},
    {"equalto", Comparison<CompareOp::kEq>},
    {"!=", Comparison<CompareOp::kNe>},
    {"ne", Comparison<CompareOp::kNe>},
    {">", Comparison<CompareOp::kGt>},
    {"gt", Comparison<CompareOp::kGt>},
    {"greaterthan", Comparison<CompareOp::kGt>},
    {">=", Comparison<CompareOp::kGe>},
    {"ge", Comparison<CompareOp::kGe>},
    {"<", Comparison<CompareOp::kLt>},
    {"lt", Comparison<CompareOp::kLt>},
    {"lessthan", Comparison<CompareOp::kLt>},
    {"<=", Comparison<CompareOp::kLe>},
    {"le", Comparison<CompareOp::kLe>},
};

}  // namespace

const Predicate* FindPredicate(absl::string_view name) {
  const auto* it = std::find_if(std::begin(kPredicates), std::end(kPredicates),
                                [name](const Predicate& p) { return p.name == name; });
  return it == std::end(kPredicates) ? nullptr : it;
}

}  // namespace jinja
}  // namespace baton
