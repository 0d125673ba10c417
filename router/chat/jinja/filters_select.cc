// Filters that apply another filter, or a test, to each item. Their results are iterators: they can
// be gone through once, and are true even when empty.
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "router/chat/jinja/attribute_path.h"
#include "router/chat/jinja/call_args.h"
#include "router/chat/jinja/compare.h"
#include "router/chat/jinja/filters.h"
#include "router/chat/jinja/iteration.h"
#include "router/chat/jinja/predicates.h"

namespace baton {
namespace jinja {
namespace {

using Result = absl::StatusOr<Value>;

// Takes the first positional argument out; null when there is none.
std::unique_ptr<Value> TakeFirst(CallArgs* args) {
  if (args->positional.empty()) return nullptr;
  auto first = std::make_unique<Value>(std::move(args->positional.front()));
  args->positional.erase(args->positional.begin());
  return first;
}

// The filter or test that an argument names.
template <typename T>
absl::StatusOr<const T*> Named(const Value& name, const T* (*find)(absl::string_view),
                               absl::string_view what) {
  const T* found = name.is(Kind::kString) ? find(name.text().bytes()) : nullptr;
  if (found != nullptr) return found;
  return absl::InvalidArgumentError(
      absl::StrCat("no ", what, " named '",
                   name.is(Kind::kString) ? name.text().bytes() : name.type_name(), "'"));
}

Result MapAttribute(Runtime& runtime, const Value& input, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound,
                   BoundArgs::Bind("map", std::move(args), {"attribute", "default"}, 1));
  ASSIGN_OR_RETURN(const AttributePath path, AttributePath::Parse(runtime.budget(), bound[0]));
  ASSIGN_OR_RETURN(std::vector<Value> items, Items(runtime.budget(), input));
  for (Value& item : items) {
    ASSIGN_OR_RETURN(item,
                     path.Get(runtime, std::move(item), bound.Has(1) ? bound[1] : Value::None()));
  }
  return MakeSequence(runtime.budget(), SequenceKind::kIterator, std::move(items));
}

Result Map(Runtime& runtime, const Value& input, CallArgs args) {
  Budget::Level level(&runtime.budget());  // map('map', 'map' ...)
  RETURN_IF_ERROR(level.Check());
  if (!Truthy(input)) return MakeSequence(runtime.budget(), SequenceKind::kIterator, {});
  const auto name = TakeFirst(&args);
  if (name == nullptr) return MapAttribute(runtime, input, std::move(args));
  ASSIGN_OR_RETURN(const Filter* filter, Named(*name, FindFilter, "filter"));
  ASSIGN_OR_RETURN(std::vector<Value> items, Items(runtime.budget(), input));
  for (Value& item : items) {
    ASSIGN_OR_RETURN(item, filter->apply(runtime, item, args));
  }
  return MakeSequence(runtime.budget(), SequenceKind::kIterator, std::move(items));
}

// Keeps the items (by their attribute, when by_attribute) whose truth, or for which the named test,
// is `wanted`.
template <bool by_attribute, bool wanted>
Result Select(Runtime& runtime, const Value& input, CallArgs args) {
  Budget& budget = runtime.budget();
  if (!Truthy(input)) return MakeSequence(budget, SequenceKind::kIterator, {});
  AttributePath path;
  if (by_attribute) {
    const auto attribute = TakeFirst(&args);
    if (attribute == nullptr) return absl::InvalidArgumentError("missing the attribute's name");
    ASSIGN_OR_RETURN(path, AttributePath::Parse(budget, *attribute));
  }
  const Predicate* predicate = nullptr;
  const auto name = TakeFirst(&args);
  if (name != nullptr) {
    ASSIGN_OR_RETURN(predicate, Named(*name, FindPredicate, "test"));
  }
  ASSIGN_OR_RETURN(std::vector<Value> items, Items(budget, input));
  std::vector<Value> kept;
  for (Value& item : items) {
    ASSIGN_OR_RETURN(const Value value, path.Get(runtime, item));
    bool holds = Truthy(value);
    if (predicate != nullptr) {
      ASSIGN_OR_RETURN(holds, predicate->holds(runtime, value, args));
    }
    if (holds == wanted) kept.push_back(std::move(item));
  }
  return MakeSequence(budget, SequenceKind::kIterator, std::move(kept));
}

constexpr Filter kFilters[] = {{"map", Map},
                               {"select", Select<false, true>},
                               {"reject", Select<false, false>},
                               {"selectattr", Select<true, true>},
                               {"rejectattr", Select<true, false>}};

}  // namespace

absl::Span<const Filter> SelectFilters() { return kFilters; }

}  // namespace jinja
}  // namespace baton
