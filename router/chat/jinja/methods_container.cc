// Methods of list, tuple, range and dict.

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "router/chat/jinja/call_args.h"
#include "router/chat/jinja/compare.h"
#include "router/chat/jinja/methods.h"

namespace baton {
namespace jinja {
namespace {

absl::StatusOr<Value> Index(Runtime& runtime, const Value& self, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound, BoundArgs::Bind("index", std::move(args), {""}, 1));
  const auto& items = self.sequence().items;
  for (size_t i = 0; i < items.size(); ++i) {
    ASSIGN_OR_RETURN(const bool equal, Equals(runtime.budget(), items[i], bound[0]));
    if (equal) return Value::Int(static_cast<int64_t>(i));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("index() of what is not in the ", self.type_name()));
}

absl::StatusOr<Value> Count(Runtime& runtime, const Value& self, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound, BoundArgs::Bind("count", std::move(args), {""}, 1));
  int64_t count = 0;
  for (const Value& item : self.sequence().items) {
    ASSIGN_OR_RETURN(const bool equal, Equals(runtime.budget(), item, bound[0]));
    count += equal;
  }
  return Value::Int(count);
}

// Containers never change, so a copy is the same.
absl::StatusOr<Value> Copy(Runtime&, const Value& self, CallArgs args) {
  RETURN_IF_ERROR(BoundArgs::Bind("copy", std::move(args), {}, 0).status());
  return self;
}

absl::StatusOr<Value> Get(Runtime& runtime, const Value& self, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound, BoundArgs::Bind("get", std::move(args), {"", ""}, 1));
  ASSIGN_OR_RETURN(const Value* found, self.dict().Find(runtime.budget(), bound[0]));
  if (found != nullptr) return *found;
  return bound.Has(1) ? bound[1] : Value::None();
}

template <SequenceKind kind>
absl::StatusOr<Value> View(Runtime& runtime, const Value& self, CallArgs args) {
  RETURN_IF_ERROR(BoundArgs::Bind("a dict's view", std::move(args), {}, 0).status());
  std::vector<Value> items;
  for (const auto& [key, value] : self.dict().entries()) {
    if (kind == SequenceKind::kItems) {
      ASSIGN_OR_RETURN(Value pair, MakeSequence(runtime.budget(), SequenceKind::kTuple,
                                                std::vector<Value>{key, value}));
      items.push_back(std::move(pair));
    } else {
      items.push_back(kind == SequenceKind::kKeys ? key : value);
    }
  }
  return MakeSequence(runtime.budget(), kind, std::move(items));
}

constexpr Method kSequenceMethods[] = {{"index", Index}, {"count", Count}, {"copy", Copy}};
constexpr Method kDictMethods[] = {{"get", Get},
                                   {"items", View<SequenceKind::kItems>},
                                   {"keys", View<SequenceKind::kKeys>},
                                   {"values", View<SequenceKind::kValues>},
                                   {"copy", Copy}};

}  // namespace

absl::Span<const Method> SequenceMethods() { return kSequenceMethods; }
absl::Span<const Method> DictMethods() { return kDictMethods; }

}  // namespace jinja
}  // namespace baton
