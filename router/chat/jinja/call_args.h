// Matching a call's arguments with the parameters of a built-in function, filter or method.
#ifndef BATON_ROUTER_CHAT_JINJA_CALL_ARGS_H_
#define BATON_ROUTER_CHAT_JINJA_CALL_ARGS_H_

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "router/chat/jinja/runtime.h"
#include "router/chat/jinja/value.h"

namespace baton {
namespace jinja {

// Arguments by the index of their parameter. `callee` must outlive it.
class BoundArgs {
 public:
  // `names` are the parameters in order; the first `required` must be given; a name "" is
  // positional only. INVALID_ARGUMENT names the callee and what is missing, unknown, twice or too
  // much.
  static absl::StatusOr<BoundArgs> Bind(absl::string_view callee, CallArgs args,
                                        std::initializer_list<absl::string_view> names,
                                        size_t required);

  bool Has(size_t i) const { return values_[i].has_value(); }
  const Value& operator[](size_t i) const { return *values_[i]; }  // needs Has(i)
  bool HasNotNone(size_t i) const { return Has(i) && !values_[i]->is(Kind::kNone); }

  // The argument as a type, or the default when it was not given; INVALID_ARGUMENT when it is of
  // another type.
  absl::StatusOr<int64_t> Int(size_t i, int64_t if_absent) const;
  bool Bool(size_t i, bool if_absent) const;  // by its truth
  absl::StatusOr<Text> String(size_t i, absl::string_view if_absent = "") const;

 private:
  absl::string_view callee_;
  std::vector<std::optional<Value>> values_;
};

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_CALL_ARGS_H_
