#include "router/chat/jinja/functions.h"

#include <algorithm>
#include <ctime>
#include <iterator>
#include <memory>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "common/status_macros.h"
#include "router/chat/jinja/call_args.h"
#include "router/chat/jinja/format.h"
#include "router/chat/jinja/iteration.h"

namespace baton {
namespace jinja {
namespace {

using Result = absl::StatusOr<Value>;

constexpr absl::string_view kRaised = "baton/raised-by-template";
constexpr int64_t kMaxRange = 100000;  // the sandbox's

Result Range(Runtime& runtime, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound,
                   BoundArgs::Bind("range", std::move(args), {"", "", ""}, 1));
  ASSIGN_OR_RETURN(int64_t start, bound.Int(0, 0));
  ASSIGN_OR_RETURN(int64_t stop, bound.Int(1, 0));
  ASSIGN_OR_RETURN(const int64_t step, bound.Int(2, 1));
  if (!bound.Has(1)) std::swap(start, stop);
  if (step == 0) return absl::InvalidArgumentError("range(): the step must not be zero");
  bool trusted = true;
  for (size_t i = 0; i < 3; ++i) trusted = trusted && (!bound.Has(i) || bound[i].trusted());
  std::vector<Value> items;
  for (int64_t i = start; step > 0 ? i < stop : i > stop;) {
    if (static_cast<int64_t>(items.size()) == kMaxRange) {
      return absl::OutOfRangeError(absl::StrCat("range(): more than ", kMaxRange, " numbers"));
    }
    items.push_back(Value::Int(i, trusted));
    if (__builtin_add_overflow(i, step, &i)) break;
  }
  RETURN_IF_ERROR(runtime.budget().Steps(items.size()));
  ASSIGN_OR_RETURN(Value range,
                   MakeSequence(runtime.budget(), SequenceKind::kRange, std::move(items)));
  Sequence& s = range.sequence();
  s.range_start = start;
  s.range_stop = stop;
  s.range_step = step;
  return range;
}

// dict(mapping or pairs, name=value ...)
absl::StatusOr<std::shared_ptr<Dict>> BuildDict(Runtime& runtime, CallArgs args) {
  Budget& budget = runtime.budget();
  auto dict = std::make_shared<Dict>();
  if (args.positional.size() > 1) {
    return absl::InvalidArgumentError("dict() takes at most one argument and keywords");
  }
  if (!args.positional.empty() && args.positional[0].is(Kind::kDict)) {
    for (const auto& [key, value] : args.positional[0].dict().entries()) {
      RETURN_IF_ERROR(dict->Set(budget, key, value));
    }
  } else if (!args.positional.empty()) {
    ASSIGN_OR_RETURN(const std::vector<Value> pairs, Items(budget, args.positional[0]));
    for (const Value& pair : pairs) {
      ASSIGN_OR_RETURN(const std::vector<Value> parts, Items(budget, pair));
      if (parts.size() != 2) return absl::InvalidArgumentError("dict() needs pairs");
      RETURN_IF_ERROR(dict->Set(budget, parts[0], parts[1]));
    }
  }
  for (auto& [name, value] : args.keywords) {
    RETURN_IF_ERROR(dict->Set(budget, Value::String(name, true), std::move(value)));
  }
  return dict;
}

Result DictFunction(Runtime& runtime, CallArgs args) {
  ASSIGN_OR_RETURN(std::shared_ptr<Dict> dict, BuildDict(runtime, std::move(args)));
  return MakeDict(runtime.budget(), std::move(dict));
}

Result NamespaceFunction(Runtime& runtime, CallArgs args) {
  ASSIGN_OR_RETURN(const std::shared_ptr<Dict> dict, BuildDict(runtime, std::move(args)));
  RETURN_IF_ERROR(runtime.budget().Allocate(sizeof(Namespace)));
  const std::shared_ptr<Namespace> ns = runtime.MakeNamespace();
  for (const auto& [key, value] : dict->entries()) {
    if (!key.is(Kind::kString)) {
      return absl::InvalidArgumentError("namespace(): the names of attributes must be strings");
    }
    RETURN_IF_ERROR(SetAttribute(runtime.budget(), *ns, key.text().bytes(), value));
  }
  return Value::Of(ns);
}

Result RaiseException(Runtime& runtime, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound,
                   BoundArgs::Bind("raise_exception", std::move(args), {"message"}, 1));
  ASSIGN_OR_RETURN(const Text message, Str(runtime.budget(), bound[0]));
  absl::Status raised = absl::InvalidArgumentError(message.bytes());
  raised.SetPayload(kRaised, absl::Cord());
  return raised;
}

// One directive of strftime, '%' included. Empty for what Python leaves empty without a time zone.
std::string FormatDirective(const std::string& directive, const std::tm& tm, int64_t microseconds) {
  if (directive == "%f") return absl::StrFormat("%06d", microseconds);
  if (directive == "%z" || directive == "%Z") return "";
  char buffer[256];
  return std::string(buffer, std::strftime(buffer, sizeof(buffer), directive.c_str(), &tm));
}

Result StrftimeNow(Runtime& runtime, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound,
                   BoundArgs::Bind("strftime_now", std::move(args), {"format"}, 1));
  ASSIGN_OR_RETURN(const Text format, bound.String(0));
  const absl::TimeZone::CivilInfo now = runtime.time_zone().At(runtime.now());
  const std::tm tm = absl::ToTM(runtime.now(), runtime.time_zone());
  const int64_t microseconds = absl::ToInt64Microseconds(now.subsecond);
  const absl::string_view bytes = format.bytes();
  std::string out;
  for (size_t pos = 0; pos < bytes.size();) {
    // Flags, a width and a modifier may stand before the letter.
    const size_t letter =
        std::min(bytes.find_first_not_of("-_0^#+123456789EO", pos + 1), bytes.size() - 1);
    if (bytes[pos] != '%' || static_cast<unsigned char>(bytes[letter]) >= 0x80) {
      out.push_back(bytes[pos++]);
      continue;
    }
    RETURN_IF_ERROR(runtime.budget().Allocate(sizeof(Value)));
    out += FormatDirective(std::string(bytes.substr(pos, letter + 1 - pos)), tm, microseconds);
    pos = letter + 1;
  }
  return MakeString(runtime.budget(), Text(std::move(out), format.IsTrusted()));
}

constexpr Function kFunctions[] = {{"range", Range},
                                   {"dict", DictFunction},
                                   {"namespace", NamespaceFunction},
                                   {"raise_exception", RaiseException},
                                   {"strftime_now", StrftimeNow}};

class FunctionObject : public Object {
 public:
  explicit FunctionObject(const Function& function) : function_(function) {}
  absl::string_view type_name() const override { return "function"; }
  absl::StatusOr<Value> Call(Runtime& runtime, CallArgs args) override {
    return function_.call(runtime, std::move(args));
  }

 private:
  const Function& function_;
};

}  // namespace

const Function* FindFunction(absl::string_view name) {
  const auto* it = std::find_if(std::begin(kFunctions), std::end(kFunctions),
                                [name](const Function& f) { return f.name == name; });
  return it == std::end(kFunctions) ? nullptr : it;
}

Value FunctionValue(const Function& function) {
  return Value::Of(std::make_shared<FunctionObject>(function));
}

bool IsRaisedByTemplate(const absl::Status& status) {
  return status.GetPayload(kRaised).has_value();
}

absl::Status SetAttribute(Budget& budget, Namespace& ns, absl::string_view name, Value value) {
  if (absl::StartsWith(name, "_")) {
    return absl::InvalidArgumentError(
        absl::StrCat("a namespace's attribute must not begin with an underscore: '", name, "'"));
  }
  RETURN_IF_ERROR(budget.Allocate(sizeof(Value) + name.size()));
  ns.attributes[name] = std::move(value);
  return absl::OkStatus();
}

}  // namespace jinja
}  // namespace baton
