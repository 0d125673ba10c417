#include "router/chat/jinja/methods.h"

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"

namespace baton {
namespace jinja {
namespace {

// Attributes that Python's types have and this interpreter has not: better an error than an
// undefined value.
constexpr absl::string_view kMissingOfStrings[] = {
    "casefold",    "encode",    "expandtabs", "format",    "format_map", "isalnum",
    "isalpha",     "isascii",   "isdecimal",  "isnumeric", "istitle",    "isidentifier",
    "isprintable", "maketrans", "swapcase",   "translate"};
constexpr absl::string_view kMissingOfDicts[] = {"fromkeys"};

// What the immutable sandbox forbids.
constexpr absl::string_view kForbiddenOfLists[] = {"append", "clear",  "extend",  "insert",
                                                   "pop",    "remove", "reverse", "sort"};
constexpr absl::string_view kForbiddenOfDicts[] = {"clear", "pop", "popitem", "setdefault",
                                                   "update"};

bool Has(absl::Span<const absl::string_view> names, absl::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class BoundMethod : public Object {
 public:
  BoundMethod(const Method& method, Value self) : method_(method), self_(std::move(self)) {}
  absl::string_view type_name() const override { return "builtin_function_or_method"; }
  int depth() const override { return self_.depth(); }
  absl::StatusOr<Value> Call(Runtime& runtime, CallArgs args) override {
    return method_.call(runtime, self_, std::move(args));
  }

 private:
  const Method& method_;
  const Value self_;
};

const Method* Find(absl::Span<const Method> methods, absl::string_view name) {
  const auto it = std::find_if(methods.begin(), methods.end(),
                               [name](const Method& m) { return m.name == name; });
  return it == methods.end() ? nullptr : &*it;
}

// What the sandbox and this interpreter say about `name` for one type.
struct TypeMethods {
  absl::Span<const Method> methods;
  absl::Span<const absl::string_view> forbidden, missing;
};

TypeMethods MethodsOf(const Value& object) {
  if (object.is(Kind::kString)) return {StringMethods(), {}, kMissingOfStrings};
  if (object.is(Kind::kDict)) return {DictMethods(), kForbiddenOfDicts, kMissingOfDicts};
  if (!object.is(Kind::kSequence)) return {};
  if (object.sequence().kind == SequenceKind::kList) {
    return {SequenceMethods(), kForbiddenOfLists, {}};
  }
  // Tuples and ranges have index and count alone; views and iterators nothing of use.
  if (object.sequence().kind > SequenceKind::kRange) return {};
  return {SequenceMethods().subspan(0, 2), {}, {}};
}

}  // namespace

absl::StatusOr<Value> BindMethod(const Value& object, absl::string_view name) {
  const TypeMethods of = MethodsOf(object);
  if (const Method* method = Find(of.methods, name)) {
    return Value::Of(std::make_shared<BoundMethod>(*method, object));
  }
  const std::string what = absl::StrCat("attribute '", name, "' of '", object.type_name(), "'");
  if (Has(of.forbidden, name)) {
    return Value::Undefined(absl::StrCat("access to ", what, " object is unsafe"));
  }
  if (Has(of.missing, name)) return absl::UnimplementedError(what);
  return Value::None();
}

bool IsMethodName(absl::string_view name) {
  return Find(StringMethods(), name) != nullptr || Find(SequenceMethods(), name) != nullptr ||
         Find(DictMethods(), name) != nullptr || Has(kForbiddenOfLists, name) ||
         Has(kForbiddenOfDicts, name);
}

}  // namespace jinja
}  // namespace baton
