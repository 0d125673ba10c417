#include "router/chat/jinja/attribute_path.h"

#include "common/status_macros.h"
#include "router/chat/jinja/access.h"
#include "router/chat/jinja/numbers.h"
#include "router/chat/jinja/strings.h"

namespace baton {
namespace jinja {

absl::StatusOr<AttributePath> AttributePath::Parse(Budget& budget, const Value& attribute) {
  AttributePath path;
  if (attribute.is(Kind::kNone)) return path;
  if (!attribute.is(Kind::kString)) {
    path.parts_.push_back(attribute);
    return path;
  }
  const Text& text = attribute.text();
  RETURN_IF_ERROR(
      budget.Allocate(text.size() + sizeof(Text) * CountOccurrences(text.bytes(), ".")));
  for (Text& part : Split(text, ".", -1)) {
    if (!IsAll(part.bytes(), IsDigit)) {
      path.parts_.push_back(Value::String(std::move(part)));
      continue;
    }
    ASSIGN_OR_RETURN(const auto index, ParseInt(part.bytes(), 10));
    if (!index.has_value()) return absl::InvalidArgumentError("an index in digits beyond ASCII");
    path.parts_.push_back(Value::Int(*index));
  }
  return path;
}

absl::StatusOr<Value> AttributePath::Get(Runtime& runtime, Value from,
                                         const Value& if_undefined) const {
  for (const Value& part : parts_) {
    ASSIGN_OR_RETURN(from, GetItem(runtime, from, part));
    if (from.is(Kind::kUndefined) && !if_undefined.is(Kind::kNone)) from = if_undefined;
  }
  return from;
}

absl::StatusOr<Value> IgnoreCase(Budget& budget, const Value& value) {
  if (!value.is(Kind::kString)) return value;
  RETURN_IF_ERROR(budget.Allocate(2 * value.text().size()));
  return MakeString(budget, MapCase(value.text(), Case::kLower));
}

}  // namespace jinja
}  // namespace baton
