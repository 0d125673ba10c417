#include "router/chat/jinja/access.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "router/chat/jinja/methods.h"
#include "router/chat/jinja/unicode.h"

namespace baton {
namespace jinja {
namespace {

Value NoAttribute(const Value& object, absl::string_view name) {
  return Value::Undefined(
      absl::StrCat("'", object.type_name(), "' object has no attribute '", name, "'"));
}

// obj[key], or null where Python raises LookupError or TypeError.
absl::StatusOr<std::unique_ptr<Value>> TryItem(Runtime& runtime, const Value& object,
                                               const Value& key) {
  Budget& budget = runtime.budget();
  const auto found = [](Value v) { return std::make_unique<Value>(std::move(v)); };
  if (object.is(Kind::kDict)) {
    const auto value = object.dict().Find(budget, key);
    if (!value.ok() && absl::IsInvalidArgument(value.status())) return nullptr;  // unhashable
    RETURN_IF_ERROR(value.status());
    return *value == nullptr ? nullptr : found(**value);
  }
  if (!key.is_integer()) return nullptr;
  int64_t index = key.as_int();
  if (object.is(Kind::kString)) {
    const Text& text = object.text();
    RETURN_IF_ERROR(budget.Scan(text.size()));
    const int64_t size = static_cast<int64_t>(CountCodePoints(text.bytes()));
    if (index < 0) index += size;
    if (index < 0 || index >= size) return nullptr;
    const size_t begin = ByteOffset(text.bytes(), static_cast<size_t>(index));
    return found(Value::String(text.Substr(begin, begin + DecodeUtf8(text.bytes(), begin).size)));
  }
  if (object.is(Kind::kSequence) && object.sequence().kind <= SequenceKind::kRange) {
    const auto& items = object.sequence().items;
    if (index < 0) index += static_cast<int64_t>(items.size());
    if (index < 0 || index >= static_cast<int64_t>(items.size())) return nullptr;
    return found(items[static_cast<size_t>(index)]);
  }
  return nullptr;
}

// getattr(object, name), or null where there is no such attribute.
absl::StatusOr<std::unique_ptr<Value>> TryAttr(Runtime& runtime, const Value& object,
                                               absl::string_view name) {
  if (object.is(Kind::kNamespace)) {
    const auto& attributes = object.ns().attributes;
    const auto it = attributes.find(name);
    return it == attributes.end() ? nullptr : std::make_unique<Value>(it->second);
  }
  if (object.is(Kind::kObject)) {
    ASSIGN_OR_RETURN(Value value, object.object().GetAttr(runtime, name));
    return value.is(Kind::kUndefined) ? nullptr : std::make_unique<Value>(std::move(value));
  }
  ASSIGN_OR_RETURN(Value method, BindMethod(object, name));
  return method.is(Kind::kNone) ? nullptr : std::make_unique<Value>(std::move(method));
}

struct Indices {
  int64_t start, stop, step, count;
};

absl::StatusOr<int64_t> Bound(const Value& v, int64_t if_none, int64_t size, int64_t lowest,
                              int64_t highest) {
  if (v.is(Kind::kNone)) return if_none;
  if (!v.is_integer()) {
    return absl::InvalidArgumentError("slice indices must be integers or None");
  }
  const int64_t i = v.as_int();
  return std::max(lowest, std::min(highest, i < 0 ? i + size : i));
}

// As CPython's PySlice_AdjustIndices.
absl::StatusOr<Indices> Resolve(const SliceBounds& bounds, int64_t size) {
  int64_t step = 1;
  if (!bounds.step.is(Kind::kNone)) {
    if (!bounds.step.is_integer()) {
      return absl::InvalidArgumentError("slice indices must be integers or None");
    }
    step = bounds.step.as_int();
  }
  if (step == 0) return absl::InvalidArgumentError("slice step cannot be zero");
  step = std::max<int64_t>(step, -INT64_MAX);
  const int64_t lowest = step < 0 ? -1 : 0, highest = step < 0 ? size - 1 : size;
  ASSIGN_OR_RETURN(const int64_t start,
                   Bound(bounds.start, step < 0 ? highest : lowest, size, lowest, highest));
  ASSIGN_OR_RETURN(const int64_t stop,
                   Bound(bounds.stop, step < 0 ? lowest : highest, size, lowest, highest));
  int64_t count = 0;
  if (step > 0 && start < stop) count = (stop - start - 1) / step + 1;
  if (step < 0 && stop < start) count = (start - stop - 1) / -step + 1;
  return Indices{start, stop, step, count};
}

absl::StatusOr<Value> SliceString(Budget& budget, const Text& text, const SliceBounds& bounds) {
  RETURN_IF_ERROR(budget.Scan(text.size()));
  const absl::string_view bytes = text.bytes();
  ASSIGN_OR_RETURN(const Indices at, Resolve(bounds, static_cast<int64_t>(CountCodePoints(bytes))));
  if (at.step == 1 || at.count <= 1) {
    const size_t begin = ByteOffset(bytes, static_cast<size_t>(at.start));
    const size_t size = ByteOffset(bytes.substr(begin), static_cast<size_t>(at.count));
    return MakeString(budget, text.Substr(begin, begin + size));
  }
  RETURN_IF_ERROR(budget.Allocate(text.size() * sizeof(size_t)));
  std::vector<size_t> offsets;
  for (size_t pos = 0; pos < bytes.size(); pos += DecodeUtf8(bytes, pos).size) {
    offsets.push_back(pos);
  }
  offsets.push_back(bytes.size());
  TextBuilder builder;
  for (int64_t i = 0; i < at.count; ++i) {
    const size_t index = static_cast<size_t>(at.start + i * at.step);
    builder.Append(text, offsets[index], offsets[index + 1]);
  }
  return MakeString(budget, builder.Build());
}

absl::StatusOr<Value> SliceSequence(Budget& budget, const Sequence& from,
                                    const SliceBounds& bounds) {
  ASSIGN_OR_RETURN(const Indices at, Resolve(bounds, static_cast<int64_t>(from.items.size())));
  RETURN_IF_ERROR(budget.Steps(static_cast<size_t>(at.count)));
  std::vector<Value> items;
  items.reserve(static_cast<size_t>(at.count));
  for (int64_t i = 0; i < at.count; ++i) {
    items.push_back(from.items[static_cast<size_t>(at.start + i * at.step)]);
  }
  ASSIGN_OR_RETURN(Value slice, MakeSequence(budget, from.kind, std::move(items)));
  if (from.kind ==
      SequenceKind::kRange) {  // only repr() reads these; in uint64, where overflow wraps
    const auto at_index = [&](int64_t index) {
      return static_cast<int64_t>(static_cast<uint64_t>(from.range_start) +
                                  static_cast<uint64_t>(index) *
                                      static_cast<uint64_t>(from.range_step));
    };
    Sequence& s = slice.sequence();
    s.range_start = at_index(at.start);
    s.range_stop = at_index(at.stop);
    s.range_step = static_cast<int64_t>(static_cast<uint64_t>(from.range_step) *
                                        static_cast<uint64_t>(at.step));
  }
  return slice;
}

}  // namespace

absl::StatusOr<Value> GetAttr(Runtime& runtime, const Value& object, absl::string_view name) {
  if (object.is(Kind::kUndefined)) return absl::InvalidArgumentError(object.why_undefined());
  ASSIGN_OR_RETURN(auto attribute, TryAttr(runtime, object, name));
  if (attribute != nullptr) return *std::move(attribute);
  if (object.is(Kind::kDict)) {
    RETURN_IF_ERROR(runtime.budget().Steps(1));
    const Value* item = object.dict().Find(name);
    if (item != nullptr) return *item;
  }
  return NoAttribute(object, name);
}

absl::StatusOr<Value> GetItem(Runtime& runtime, const Value& object, const Value& key) {
  if (object.is(Kind::kUndefined)) return absl::InvalidArgumentError(object.why_undefined());
  ASSIGN_OR_RETURN(auto item, TryItem(runtime, object, key));
  if (item != nullptr) return *std::move(item);
  if (!key.is(Kind::kString)) {
    return Value::Undefined(absl::StrCat("'", object.type_name(), "' object has no such element"));
  }
  ASSIGN_OR_RETURN(auto attribute, TryAttr(runtime, object, key.text().bytes()));
  if (attribute != nullptr) return *std::move(attribute);
  return NoAttribute(object, key.text().bytes());
}

absl::StatusOr<Value> GetSlice(Runtime& runtime, const Value& object, const SliceBounds& bounds) {
  if (object.is(Kind::kUndefined)) return absl::InvalidArgumentError(object.why_undefined());
  if (object.is(Kind::kString)) return SliceString(runtime.budget(), object.text(), bounds);
  if (object.is(Kind::kSequence) && object.sequence().kind <= SequenceKind::kRange) {
    return SliceSequence(runtime.budget(), object.sequence(), bounds);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", object.type_name(), "' object is not sliceable"));
}

}  // namespace jinja
}  // namespace baton
