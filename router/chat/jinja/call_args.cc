#include "router/chat/jinja/call_args.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "router/chat/jinja/compare.h"

namespace baton {
namespace jinja {

absl::StatusOr<BoundArgs> BoundArgs::Bind(absl::string_view callee, CallArgs args,
                                          std::initializer_list<absl::string_view> names,
                                          size_t required) {
  const auto error = [&](absl::string_view a, absl::string_view b = "", absl::string_view c = "") {
    return absl::InvalidArgumentError(absl::StrCat(callee, "() ", a, b, c));
  };
  BoundArgs bound;
  bound.callee_ = callee;
  bound.values_.resize(names.size());
  if (args.positional.size() > names.size()) {
    return error(
        absl::StrCat("takes at most ", names.size(), " arguments, got ", args.positional.size()));
  }
  for (size_t i = 0; i < args.positional.size(); ++i) {
    bound.values_[i] = std::move(args.positional[i]);
  }
  for (auto& [name, value] : args.keywords) {
    const auto it = std::find(names.begin(), names.end(), name);
    if (it == names.end()) return error("got an unexpected keyword argument '", name, "'");
    auto& slot = bound.values_[static_cast<size_t>(it - names.begin())];
    if (slot.has_value()) return error("got two values for the argument '", name, "'");
    slot = std::move(value);
  }
  for (size_t i = 0; i < required; ++i) {
    if (bound.Has(i)) continue;
    const absl::string_view name = *(names.begin() + i);
    return error("needs the argument ", name.empty() ? absl::StrCat(i + 1) : std::string(name));
  }
  return bound;
}

absl::StatusOr<int64_t> BoundArgs::Int(size_t i, int64_t if_absent) const {
  if (!Has(i)) return if_absent;
  if (values_[i]->is_integer()) return values_[i]->as_int();
  return absl::InvalidArgumentError(absl::StrCat(callee_, "() needs an integer as argument ", i + 1,
                                                 ", got '", values_[i]->type_name(), "'"));
}

bool BoundArgs::Bool(size_t i, bool if_absent) const {
  return Has(i) ? Truthy(*values_[i]) : if_absent;
}

absl::StatusOr<Text> BoundArgs::String(size_t i, absl::string_view if_absent) const {
  if (!Has(i)) return Text(std::string(if_absent), true);
  if (values_[i]->is(Kind::kString)) return values_[i]->text();
  return absl::InvalidArgumentError(absl::StrCat(callee_, "() needs a string as argument ", i + 1,
                                                 ", got '", values_[i]->type_name(), "'"));
}

}  // namespace jinja
}  // namespace baton
