// Filters on sequences and mappings.
#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "router/chat/jinja/arithmetic.h"
#include "router/chat/jinja/attribute_path.h"
#include "router/chat/jinja/call_args.h"
#include "router/chat/jinja/compare.h"
#include "router/chat/jinja/filters.h"
#include "router/chat/jinja/format.h"
#include "router/chat/jinja/iteration.h"
#include "router/chat/jinja/strings.h"

namespace baton {
namespace jinja {
namespace {

using Result = absl::StatusOr<Value>;
using Values = std::vector<Value>;

Result LengthFilter(Runtime& runtime, const Value& input, CallArgs args) {
  RETURN_IF_ERROR(BoundArgs::Bind("length", std::move(args), {}, 0).status());
  ASSIGN_OR_RETURN(const int64_t length, Length(runtime.budget(), input));
  return Value::Int(length);
}

Result First(Runtime& runtime, const Value& input, CallArgs args) {
  RETURN_IF_ERROR(BoundArgs::Bind("first", std::move(args), {}, 0).status());
  ASSIGN_OR_RETURN(Cursor cursor, Cursor::Over(input));
  Value item;
  ASSIGN_OR_RETURN(const bool found, cursor.Next(runtime.budget(), &item));
  return found ? item : Value::Undefined("no first item, the sequence was empty");
}

// What Python's reversed() takes.
bool IsReversible(const Value& v) {
  return IsIterable(v) && !(v.is(Kind::kSequence) && v.sequence().kind == SequenceKind::kIterator);
}

Result Last(Runtime& runtime, const Value& input, CallArgs args) {
  RETURN_IF_ERROR(BoundArgs::Bind("last", std::move(args), {}, 0).status());
  if (!IsReversible(input)) {
    return absl::InvalidArgumentError(
        absl::StrCat("last(): '", input.type_name(), "' is not reversible"));
  }
  ASSIGN_OR_RETURN(Values items, Items(runtime.budget(), input));
  return items.empty() ? Value::Undefined("no last item, the sequence was empty") : items.back();
}

Result List(Runtime& runtime, const Value& input, CallArgs args) {
  RETURN_IF_ERROR(BoundArgs::Bind("list", std::move(args), {}, 0).status());
  ASSIGN_OR_RETURN(Values items, Items(runtime.budget(), input));
  return MakeSequence(runtime.budget(), SequenceKind::kList, std::move(items));
}

Result Reverse(Runtime& runtime, const Value& input, CallArgs args) {
  RETURN_IF_ERROR(BoundArgs::Bind("reverse", std::move(args), {}, 0).status());
  ASSIGN_OR_RETURN(Values items, Items(runtime.budget(), input));
  std::reverse(items.begin(), items.end());
  if (!input.is(Kind::kString)) {
    const SequenceKind kind = IsReversible(input) ? SequenceKind::kIterator : SequenceKind::kList;
    return MakeSequence(runtime.budget(), kind, std::move(items));
  }
  TextBuilder out;
  for (const Value& c : items) out.Append(c.text());
  return MakeString(runtime.budget(), out.Build());
}

Result Join(Runtime& runtime, const Value& input, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound,
                   BoundArgs::Bind("join", std::move(args), {"d", "attribute"}, 0));
  Budget& budget = runtime.budget();
  ASSIGN_OR_RETURN(const Text separator,
                   Str(budget, bound.Has(0) ? bound[0] : Value::String("", true)));
  ASSIGN_OR_RETURN(const AttributePath path,
                   AttributePath::Parse(budget, bound.Has(1) ? bound[1] : Value::None()));
  ASSIGN_OR_RETURN(Cursor cursor, Cursor::Over(input));
  TextBuilder out;
  for (bool first = true;; first = false) {
    Value item;
    ASSIGN_OR_RETURN(const bool more, cursor.Next(budget, &item));
    if (!more) return MakeString(budget, out.Build());
    ASSIGN_OR_RETURN(item, path.Get(runtime, std::move(item)));
    if (!first) {
      RETURN_IF_ERROR(budget.Allocate(separator.size()));
      out.Append(separator);
    }
    RETURN_IF_ERROR(AppendStr(budget, item, &out));
  }
}

struct Keyed {
  Value key, item;
};

// Stable, as Python's sorted(), in reverse too.
absl::Status Sort(Budget& budget, bool reverse, std::vector<Keyed>* all) {
  absl::Status status;
  std::stable_sort(all->begin(), all->end(), [&](const Keyed& a, const Keyed& b) {
    if (!status.ok()) return false;
    const auto less = reverse ? Compare(budget, CompareOp::kLt, b.key, a.key)
                              : Compare(budget, CompareOp::kLt, a.key, b.key);
    if (!less.ok()) status = less.status();
    return less.ok() && *less;
  });
  return status;
}

Result Listed(Budget& budget, std::vector<Keyed> all) {
  Values items;
  for (Keyed& keyed : all) items.push_back(std::move(keyed.item));
  return MakeSequence(budget, SequenceKind::kList, std::move(items));
}

Result SortFilter(Runtime& runtime, const Value& input, CallArgs args) {
  ASSIGN_OR_RETURN(
      const BoundArgs bound,
      BoundArgs::Bind("sort", std::move(args), {"reverse", "case_sensitive", "attribute"}, 0));
  Budget& budget = runtime.budget();
  std::vector<AttributePath> paths;  // "a,b": by a, then by b
  if (bound.HasNotNone(2) && bound[2].is(Kind::kString)) {
    RETURN_IF_ERROR(budget.Allocate(bound[2].text().size() * sizeof(AttributePath)));
    for (Text& part : Split(bound[2].text(), ",", -1)) {
      ASSIGN_OR_RETURN(AttributePath path,
                       AttributePath::Parse(budget, Value::String(std::move(part))));
      paths.push_back(std::move(path));
    }
  } else {
    ASSIGN_OR_RETURN(AttributePath path,
                     AttributePath::Parse(budget, bound.Has(2) ? bound[2] : Value::None()));
    paths.push_back(std::move(path));
  }
  ASSIGN_OR_RETURN(Values items, Items(budget, input));
  std::vector<Keyed> all;
  for (Value& item : items) {
    Values key;
    for (const AttributePath& path : paths) {
      ASSIGN_OR_RETURN(Value part, path.Get(runtime, item));
      if (!bound.Bool(1, false)) {
        ASSIGN_OR_RETURN(part, IgnoreCase(budget, part));
      }
      key.push_back(std::move(part));
    }
    ASSIGN_OR_RETURN(Value list, MakeSequence(budget, SequenceKind::kList, std::move(key)));
    all.push_back({std::move(list), std::move(item)});
  }
  RETURN_IF_ERROR(Sort(budget, bound.Bool(0, false), &all));
  return Listed(budget, std::move(all));
}

Result DictSort(Runtime& runtime, const Value& input, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound, BoundArgs::Bind("dictsort", std::move(args),
                                                          {"case_sensitive", "by", "reverse"}, 0));
  Budget& budget = runtime.budget();
  ASSIGN_OR_RETURN(const Text by, bound.String(1, "key"));
  if (by.bytes() != "key" && by.bytes() != "value") {
    return absl::InvalidArgumentError("dictsort(): by must be \"key\" or \"value\"");
  }
  if (!input.is(Kind::kDict)) {
    return absl::InvalidArgumentError(
        absl::StrCat("dictsort() needs a dict, got '", input.type_name(), "'"));
  }
  std::vector<Keyed> all;
  for (const auto& [key, value] : input.dict().entries()) {
    Value sort_key = by.bytes() == "key" ? key : value;
    if (!bound.Bool(0, false)) {
      ASSIGN_OR_RETURN(sort_key, IgnoreCase(budget, sort_key));
    }
    ASSIGN_OR_RETURN(Value pair, MakeSequence(budget, SequenceKind::kTuple, Values{key, value}));
    all.push_back({std::move(sort_key), std::move(pair)});
  }
  RETURN_IF_ERROR(Sort(budget, bound.Bool(2, false), &all));
  return Listed(budget, std::move(all));
}

// Calls visit(item, key) for each item, the key being the attribute, in lower case unless asked
// otherwise.
template <typename Visit>
absl::Status VisitKeyed(Runtime& runtime, absl::string_view callee, const Value& input,
                        CallArgs args, const Visit& visit) {
  ASSIGN_OR_RETURN(const BoundArgs bound,
                   BoundArgs::Bind(callee, std::move(args), {"case_sensitive", "attribute"}, 0));
  Budget& budget = runtime.budget();
  ASSIGN_OR_RETURN(const AttributePath path,
                   AttributePath::Parse(budget, bound.Has(1) ? bound[1] : Value::None()));
  ASSIGN_OR_RETURN(Values items, Items(budget, input));
  for (Value& item : items) {
    ASSIGN_OR_RETURN(Value key, path.Get(runtime, item));
    if (!bound.Bool(0, false)) {
      ASSIGN_OR_RETURN(key, IgnoreCase(budget, key));
    }
    RETURN_IF_ERROR(visit(std::move(item), std::move(key)));
  }
  return absl::OkStatus();
}

Result Unique(Runtime& runtime, const Value& input, CallArgs args) {
  absl::flat_hash_set<std::string> seen;
  Values items;
  RETURN_IF_ERROR(VisitKeyed(runtime, "unique", input, std::move(args), [&](Value item, Value key) {
    ASSIGN_OR_RETURN(std::string hash_key, HashKey(runtime.budget(), key));
    RETURN_IF_ERROR(runtime.budget().Allocate(hash_key.size()));
    if (seen.insert(std::move(hash_key)).second) items.push_back(std::move(item));
    return absl::OkStatus();
  }));
  return MakeSequence(runtime.budget(), SequenceKind::kIterator, std::move(items));
}

template <CompareOp better>
Result Extreme(Runtime& runtime, const Value& input, CallArgs args) {
  Value best = Value::Undefined("no aggregated item, the sequence was empty"), best_key;
  bool any = false;
  RETURN_IF_ERROR(
      VisitKeyed(runtime, "min/max", input, std::move(args), [&](Value item, Value key) {
        if (any) {
          ASSIGN_OR_RETURN(const bool is, Compare(runtime.budget(), better, key, best_key));
          if (!is) return absl::OkStatus();
        }
        any = true;
        best = std::move(item);
        best_key = std::move(key);
        return absl::OkStatus();
      }));
  return best;
}

Result Sum(Runtime& runtime, const Value& input, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound,
                   BoundArgs::Bind("sum", std::move(args), {"attribute", "start"}, 0));
  Budget& budget = runtime.budget();
  ASSIGN_OR_RETURN(const AttributePath path,
                   AttributePath::Parse(budget, bound.Has(0) ? bound[0] : Value::None()));
  Value total = bound.Has(1) ? bound[1] : Value::Int(0);
  if (total.is(Kind::kString)) return absl::InvalidArgumentError("sum() can't sum strings");
  ASSIGN_OR_RETURN(Values items, Items(budget, input));
  for (Value& item : items) {
    ASSIGN_OR_RETURN(Value value, path.Get(runtime, std::move(item)));
    ASSIGN_OR_RETURN(total, Arithmetic(budget, ArithmeticOp::kAdd, total, value));
  }
  return total;
}

Result ItemsFilter(Runtime& runtime, const Value& input, CallArgs args) {
  RETURN_IF_ERROR(BoundArgs::Bind("items", std::move(args), {}, 0).status());
  if (!input.is(Kind::kDict) && !input.is(Kind::kUndefined)) {
    return absl::InvalidArgumentError("can only get item pairs from a mapping");
  }
  Values pairs;
  if (input.is(Kind::kDict)) {
    for (const auto& [key, value] : input.dict().entries()) {
      ASSIGN_OR_RETURN(Value pair,
                       MakeSequence(runtime.budget(), SequenceKind::kTuple, Values{key, value}));
      pairs.push_back(std::move(pair));
    }
  }
  return MakeSequence(runtime.budget(), SequenceKind::kIterator, std::move(pairs));
}

Result Batch(Runtime& runtime, const Value& input, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound,
                   BoundArgs::Bind("batch", std::move(args), {"linecount", "fill_with"}, 1));
  Budget& budget = runtime.budget();
  ASSIGN_OR_RETURN(const int64_t count, bound.Int(0, 0));
  ASSIGN_OR_RETURN(Values items, Items(budget, input));
  Values rows, row;
  const auto flush = [&]() -> absl::Status {
    ASSIGN_OR_RETURN(Value list, MakeSequence(budget, SequenceKind::kList, std::move(row)));
    rows.push_back(std::move(list));
    row.clear();
    return absl::OkStatus();
  };
  for (Value& item : items) {
    if (static_cast<int64_t>(row.size()) == count) RETURN_IF_ERROR(flush());
    row.push_back(std::move(item));
  }
  if (!row.empty()) {
    if (bound.HasNotNone(1) && static_cast<int64_t>(row.size()) < count) {
      RETURN_IF_ERROR(budget.Allocate(
          std::min<size_t>(static_cast<size_t>(count), size_t{1} << 40) * sizeof(Value)));
      row.resize(static_cast<size_t>(count), bound[1]);
    }
    RETURN_IF_ERROR(flush());
  }
  return MakeSequence(budget, SequenceKind::kIterator, std::move(rows));
}

Result Default(Runtime&, const Value& input, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound,
                   BoundArgs::Bind("default", std::move(args), {"default_value", "boolean"}, 0));
  if (input.is(Kind::kUndefined) || (bound.Bool(1, false) && !Truthy(input))) {
    return bound.Has(0) ? bound[0] : Value::String("", true);
  }
  return input;
}

constexpr Filter kFilters[] = {
    {"length", LengthFilter},
    {"count", LengthFilter},
    {"first", First},
    {"last", Last},
    {"list", List},
    {"reverse", Reverse},
    {"join", Join},
    {"sort", SortFilter},
    {"dictsort", DictSort},
    {"unique", Unique},
    {"sum", Sum},
    {"min", Extreme<CompareOp::kLt>},
    {"items", ItemsFilter},
    {"batch", Batch},
    {"max", Extreme<CompareOp::kGt>},
    {"default", Default},
    {"d", Default},
};

}  // namespace

absl::Span<const Filter> SequenceFilters() { return kFilters; }

}  // namespace jinja
}  // namespace baton
