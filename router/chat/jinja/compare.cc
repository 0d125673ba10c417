#include "router/chat/jinja/compare.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "router/chat/jinja/iteration.h"

namespace baton {
namespace jinja {
namespace {

constexpr const char* kOpNames[] = {"==", "!=", "<", "<=", ">", ">=", "in", "not in"};

// `c` is negative, zero or positive, as for strcmp.
bool Holds(CompareOp op, int c) {
  switch (op) {
    case CompareOp::kLt:
      return c < 0;
    case CompareOp::kLe:
      return c <= 0;
    case CompareOp::kGt:
      return c > 0;
    default:
      return c >= 0;
  }
}

// Exact between int and float: long double holds every int64 (x87's and quad's mantissas have 64
// bits or more).
long double Number(const Value& v) {
  return v.is(Kind::kFloat) ? static_cast<long double>(v.as_float())
                            : static_cast<long double>(v.as_int());
}

bool IsListLike(const Value& v) {
  return v.is(Kind::kSequence) && v.sequence().kind <= SequenceKind::kRange;
}

absl::StatusOr<bool> SequencesEqual(Budget& budget, const Sequence& a, const Sequence& b) {
  if (a.items.size() != b.items.size()) return false;
  for (size_t i = 0; i < a.items.size(); ++i) {
    ASSIGN_OR_RETURN(const bool equal, Equals(budget, a.items[i], b.items[i]));
    if (!equal) return false;
  }
  return true;
}

absl::StatusOr<bool> DictsEqual(Budget& budget, const Dict& a, const Dict& b) {
  if (a.entries().size() != b.entries().size()) return false;
  for (const auto& [key, value] : a.entries()) {
    ASSIGN_OR_RETURN(const Value* other, b.Find(budget, key));
    if (other == nullptr) return false;
    ASSIGN_OR_RETURN(const bool equal, Equals(budget, value, *other));
    if (!equal) return false;
  }
  return true;
}

absl::StatusOr<bool> Order(Budget& budget, CompareOp op, const Value& a, const Value& b) {
  RETURN_IF_ERROR(budget.Steps(1));
  for (const Value* v : {&a, &b}) {
    if (v->is(Kind::kUndefined)) return absl::InvalidArgumentError(v->why_undefined());
  }
  if (a.is_number() && b.is_number()) {
    const long double x = Number(a), y = Number(b);
    if (x != x || y != y) return false;  // NaN
    return Holds(op, x < y ? -1 : x > y ? 1 : 0);
  }
  if (a.is(Kind::kString) && b.is(Kind::kString)) {
    RETURN_IF_ERROR(budget.Scan(std::min(a.text().size(), b.text().size())));
    return Holds(op, a.text().bytes().compare(b.text().bytes()));  // UTF-8 sorts as code points do
  }
  if (IsListLike(a) && IsListLike(b) && a.sequence().kind == b.sequence().kind &&
      a.sequence().kind != SequenceKind::kRange) {
    const auto &x = a.sequence().items, &y = b.sequence().items;
    for (size_t i = 0; i < x.size() && i < y.size(); ++i) {
      ASSIGN_OR_RETURN(const bool equal, Equals(budget, x[i], y[i]));
      if (!equal) return Order(budget, op, x[i], y[i]);
    }
    return Holds(op, x.size() < y.size() ? -1 : x.size() > y.size() ? 1 : 0);
  }
  return absl::InvalidArgumentError(absl::StrCat("'", kOpNames[static_cast<int>(op)],
                                                 "' not supported between '", a.type_name(),
                                                 "' and '", b.type_name(), "'"));
}

}  // namespace

bool Truthy(const Value& v) {
  switch (v.kind()) {
    case Kind::kUndefined:
    case Kind::kNone:
      return false;
    case Kind::kBool:
    case Kind::kInt:
      return v.as_int() != 0;
    case Kind::kFloat:
      return v.as_float() != 0;
    case Kind::kString:
      return !v.text().empty();
    case Kind::kSequence:
      return v.sequence().kind == SequenceKind::kIterator || !v.sequence().items.empty();
    case Kind::kDict:
      return !v.dict().entries().empty();
    default:
      return true;
  }
}

absl::StatusOr<bool> Equals(Budget& budget, const Value& a, const Value& b) {
  RETURN_IF_ERROR(budget.Steps(1));
  if (a.is_number() && b.is_number()) return Number(a) == Number(b);
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::kString:
      RETURN_IF_ERROR(budget.Scan(a.text().size()));
      return a.text().bytes() == b.text().bytes();
    case Kind::kSequence:
      if (a.identity() == b.identity()) return true;
      if (!IsListLike(a) || a.sequence().kind != b.sequence().kind) return false;
      return SequencesEqual(budget, a.sequence(), b.sequence());
    case Kind::kDict:
      return DictsEqual(budget, a.dict(), b.dict());
    case Kind::kNamespace:
    case Kind::kObject:
      return a.identity() == b.identity();
    default:
      return true;  // both undefined, or both None
  }
}

absl::StatusOr<bool> Contains(Budget& budget, const Value& container, const Value& item) {
  if (container.is(Kind::kString)) {
    if (!item.is(Kind::kString)) {
      return absl::InvalidArgumentError(
          absl::StrCat("'in <string>' requires string as left operand, not ", item.type_name()));
    }
    RETURN_IF_ERROR(budget.Search(container.text().size(), item.text().size()));
    return absl::StrContains(container.text().bytes(), item.text().bytes());
  }
  if (container.is(Kind::kDict)) {
    ASSIGN_OR_RETURN(const Value* found, container.dict().Find(budget, item));
    return found != nullptr;
  }
  ASSIGN_OR_RETURN(Cursor cursor, Cursor::Over(container));
  Value candidate;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, cursor.Next(budget, &candidate));
    if (!more) return false;
    ASSIGN_OR_RETURN(const bool equal, Equals(budget, candidate, item));
    if (equal) return true;
  }
}

absl::StatusOr<bool> Compare(Budget& budget, CompareOp op, const Value& a, const Value& b) {
  switch (op) {
    case CompareOp::kEq:
      return Equals(budget, a, b);
    case CompareOp::kNe: {
      ASSIGN_OR_RETURN(const bool equal, Equals(budget, a, b));
      return !equal;
    }
    case CompareOp::kIn:
      return Contains(budget, b, a);
    case CompareOp::kNotIn: {
      ASSIGN_OR_RETURN(const bool contains, Contains(budget, b, a));
      return !contains;
    }
    default:
      return Order(budget, op, a, b);
  }
}

}  // namespace jinja
}  // namespace baton
