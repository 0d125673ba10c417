#include "router/chat/jinja/iteration.h"

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "router/chat/jinja/unicode.h"

namespace baton {
namespace jinja {

bool IsIterable(const Value& v) {
  return v.is(Kind::kUndefined) || v.is(Kind::kString) || v.is(Kind::kSequence) ||
         v.is(Kind::kDict);
}

absl::StatusOr<Cursor> Cursor::Over(Value iterable) {
  if (IsIterable(iterable)) return Cursor(std::move(iterable));
  return absl::InvalidArgumentError(
      absl::StrCat("'", iterable.type_name(), "' object is not iterable"));
}

absl::StatusOr<bool> Cursor::Next(Budget& budget, Value* item) {
  RETURN_IF_ERROR(budget.Steps(1));
  switch (iterable_.kind()) {
    case Kind::kString: {
      const Text& text = iterable_.text();
      if (next_ == text.size()) return false;
      const size_t size = DecodeUtf8(text.bytes(), next_).size;
      ASSIGN_OR_RETURN(*item, MakeString(budget, text.Substr(next_, next_ + size)));
      next_ += size;
      return true;
    }
    case Kind::kDict: {
      const auto& entries = iterable_.dict().entries();
      if (next_ == entries.size()) return false;
      *item = entries[next_++].first;
      return true;
    }
    case Kind::kSequence: {
      Sequence& sequence = iterable_.sequence();
      size_t& next = sequence.kind == SequenceKind::kIterator ? sequence.next : next_;
      if (next >= sequence.items.size()) return false;
      *item = sequence.items[next++];
      return true;
    }
    default:
      return false;
  }
}

absl::StatusOr<std::vector<Value>> Items(Budget& budget, const Value& iterable) {
  ASSIGN_OR_RETURN(Cursor cursor, Cursor::Over(iterable));
  std::vector<Value> items;
  while (true) {
    Value item;
    ASSIGN_OR_RETURN(const bool more, cursor.Next(budget, &item));
    if (!more) return items;
    RETURN_IF_ERROR(budget.Allocate(sizeof(Value)));
    items.push_back(std::move(item));
  }
}

absl::StatusOr<int64_t> Length(Budget& budget, const Value& v) {
  switch (v.kind()) {
    case Kind::kUndefined:
      return 0;
    case Kind::kString:
      RETURN_IF_ERROR(budget.Scan(v.text().size()));
      return static_cast<int64_t>(CountCodePoints(v.text().bytes()));
    case Kind::kDict:
      return static_cast<int64_t>(v.dict().entries().size());
    case Kind::kSequence:
      if (v.sequence().kind == SequenceKind::kIterator) break;
      return static_cast<int64_t>(v.sequence().items.size());
    default:
      break;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("object of type '", v.type_name(), "' has no len()"));
}

}  // namespace jinja
}  // namespace baton
