// Methods of str.
#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "router/chat/jinja/call_args.h"
#include "router/chat/jinja/iteration.h"
#include "router/chat/jinja/methods.h"
#include "router/chat/jinja/strings.h"

namespace baton {
namespace jinja {
namespace {

using Result = absl::StatusOr<Value>;

template <Sides sides>
Result StripMethod(Runtime& runtime, const Value& self, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound, BoundArgs::Bind("strip", std::move(args), {""}, 0));
  if (!bound.HasNotNone(0)) return MakeString(runtime.budget(), Strip(self.text(), sides, nullptr));
  ASSIGN_OR_RETURN(const Text chars, bound.String(0));
  RETURN_IF_ERROR(runtime.budget().Search(self.text().size(), chars.size()));
  return MakeString(runtime.budget(), Strip(self.text(), sides, &chars));
}

absl::Status NoArgs(absl::string_view name, CallArgs args) {
  return BoundArgs::Bind(name, std::move(args), {}, 0).status();
}

template <Case mapping>
Result CaseMethod(Runtime& runtime, const Value& self, CallArgs args) {
  RETURN_IF_ERROR(NoArgs("upper/lower", std::move(args)));
  return MakeString(runtime.budget(), MapCase(self.text(), mapping));
}

template <Text (*map)(const Text&)>
Result MapMethod(Runtime& runtime, const Value& self, CallArgs args) {
  RETURN_IF_ERROR(NoArgs("title/capitalize", std::move(args)));
  return MakeString(runtime.budget(), map(self.text()));
}

template <bool (*test)(absl::string_view)>
Result TestMethod(Runtime& runtime, const Value& self, CallArgs args) {
  RETURN_IF_ERROR(NoArgs("is...", std::move(args)));
  RETURN_IF_ERROR(runtime.budget().Scan(self.text().size()));
  return Value::Bool(test(self.text().bytes()));
}

bool IsSpaceString(absl::string_view text) { return IsAll(text, IsSpace); }
bool IsDigitString(absl::string_view text) { return IsAll(text, IsDigit); }

// Before a text is cut into up to `cuts` + 1 parts.
absl::Status AllocateParts(Budget& budget, absl::string_view text, size_t cuts) {
  return budget.Allocate(text.size() + (cuts + 1) * sizeof(Text));
}

Result ListOf(Budget& budget, SequenceKind kind, std::vector<Text> parts) {
  std::vector<Value> items;
  for (Text& part : parts) {
    ASSIGN_OR_RETURN(Value item, MakeString(budget, std::move(part)));
    items.push_back(std::move(item));
  }
  return MakeSequence(budget, kind, std::move(items));
}

template <bool from_right>
Result SplitMethod(Runtime& runtime, const Value& self, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound,
                   BoundArgs::Bind("split", std::move(args), {"sep", "maxsplit"}, 0));
  ASSIGN_OR_RETURN(const int64_t count, bound.Int(1, -1));
  Budget& budget = runtime.budget();
  const absl::string_view bytes = self.text().bytes();
  if (!bound.HasNotNone(0)) {
    RETURN_IF_ERROR(AllocateParts(budget, bytes, CountSpaces(bytes)));
    return ListOf(
        budget, SequenceKind::kList,
        from_right ? SplitSpaceRight(self.text(), count) : SplitSpace(self.text(), count));
  }
  ASSIGN_OR_RETURN(const Text separator, bound.String(0));
  if (separator.empty()) return absl::InvalidArgumentError("split(): empty separator");
  RETURN_IF_ERROR(budget.Search(bytes.size(), separator.size()));
  RETURN_IF_ERROR(AllocateParts(budget, bytes, CountOccurrences(bytes, separator.bytes())));
  return ListOf(budget, SequenceKind::kList,
                from_right ? SplitRight(self.text(), separator.bytes(), count)
                           : Split(self.text(), separator.bytes(), count));
}

Result SplitLinesMethod(Runtime& runtime, const Value& self, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound,
                   BoundArgs::Bind("splitlines", std::move(args), {"keepends"}, 0));
  const absl::string_view bytes = self.text().bytes();
  RETURN_IF_ERROR(AllocateParts(runtime.budget(), bytes, CountSpaces(bytes)));
  return ListOf(runtime.budget(), SequenceKind::kList,
                SplitLines(self.text(), bound.Bool(0, false)));
}

template <bool from_right>
Result PartitionMethod(Runtime& runtime, const Value& self, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound, BoundArgs::Bind("partition", std::move(args), {""}, 1));
  ASSIGN_OR_RETURN(const Text separator, bound.String(0));
  if (separator.empty()) return absl::InvalidArgumentError("partition(): empty separator");
  const Text& text = self.text();
  RETURN_IF_ERROR(runtime.budget().Search(text.size(), separator.size()));
  const size_t found =
      from_right ? text.bytes().rfind(separator.bytes()) : text.bytes().find(separator.bytes());
  std::vector<Text> parts;
  if (found == absl::string_view::npos) {
    parts = from_right ? std::vector<Text>{Text(), Text(), text}
                       : std::vector<Text>{text, Text(), Text()};
  } else {
    parts = {text.Substr(0, found), separator, text.Substr(found + separator.size(), text.size())};
  }
  return ListOf(runtime.budget(), SequenceKind::kTuple, std::move(parts));
}

// The part of the text that the optional arguments start and end of find(), count() ... select, as
// byte offsets.
struct Range {
  size_t begin, end;
  int64_t first;  // code points before begin
  bool valid;     // false: start lies behind end, where not even "" is found
};

absl::StatusOr<Range> SelectRange(Runtime& runtime, const Value& self, const BoundArgs& bound) {
  const absl::string_view bytes = self.text().bytes();
  if (!bound.Has(1) && !bound.Has(2)) return Range{0, bytes.size(), 0, true};
  ASSIGN_OR_RETURN(const int64_t size, Length(runtime.budget(), self));
  const auto clamp = [size](int64_t i) { return std::max<int64_t>(0, i < 0 ? i + size : i); };
  int64_t start = 0, stop = size;
  if (bound.HasNotNone(1)) {
    ASSIGN_OR_RETURN(start, bound.Int(1, 0));
  }
  if (bound.HasNotNone(2)) {
    ASSIGN_OR_RETURN(stop, bound.Int(2, 0));
  }
  start = clamp(start);
  stop = std::min(size, clamp(stop));
  if (start > stop) return Range{0, 0, 0, false};
  return Range{ByteOffset(bytes, static_cast<size_t>(start)),
               ByteOffset(bytes, static_cast<size_t>(stop)), start, true};
}

template <bool from_right, bool must_find>
Result FindMethod(Runtime& runtime, const Value& self, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound,
                   BoundArgs::Bind("find", std::move(args), {"", "", ""}, 1));
  ASSIGN_OR_RETURN(const Text wanted, bound.String(0));
  ASSIGN_OR_RETURN(const Range range, SelectRange(runtime, self, bound));
  const absl::string_view in = self.text().bytes().substr(range.begin, range.end - range.begin);
  RETURN_IF_ERROR(runtime.budget().Search(in.size(), wanted.size()));
  const size_t found = !range.valid ? absl::string_view::npos
                       : from_right ? in.rfind(wanted.bytes())
                                    : in.find(wanted.bytes());
  if (found != absl::string_view::npos) {
    return Value::Int(range.first + static_cast<int64_t>(CountCodePoints(in.substr(0, found))));
  }
  if (must_find) return absl::InvalidArgumentError("index(): substring not found");
  return Value::Int(-1);
}

Result CountMethod(Runtime& runtime, const Value& self, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound,
                   BoundArgs::Bind("count", std::move(args), {"", "", ""}, 1));
  ASSIGN_OR_RETURN(const Text wanted, bound.String(0));
  ASSIGN_OR_RETURN(const Range range, SelectRange(runtime, self, bound));
  const absl::string_view in = self.text().bytes().substr(range.begin, range.end - range.begin);
  if (!range.valid) return Value::Int(0);
  if (wanted.empty()) return Value::Int(static_cast<int64_t>(CountCodePoints(in)) + 1);
  RETURN_IF_ERROR(runtime.budget().Search(in.size(), wanted.size()));
  return Value::Int(static_cast<int64_t>(CountOccurrences(in, wanted.bytes())));
}

// startswith and endswith take a string or a tuple of them.
template <bool (*test)(absl::string_view, absl::string_view)>
Result AffixMethod(Runtime& runtime, const Value& self, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound,
                   BoundArgs::Bind("startswith", std::move(args), {"", "", ""}, 1));
  ASSIGN_OR_RETURN(const Range range, SelectRange(runtime, self, bound));
  const absl::string_view in = self.text().bytes().substr(range.begin, range.end - range.begin);
  std::vector<Value> affixes = {bound[0]};
  if (bound[0].is(Kind::kSequence) && bound[0].sequence().kind == SequenceKind::kTuple) {
    affixes = bound[0].sequence().items;
  }
  for (const Value& affix : affixes) {
    if (!affix.is(Kind::kString)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "startswith() and endswith() take a str or a tuple of str, not ", affix.type_name()));
    }
    RETURN_IF_ERROR(runtime.budget().Scan(affix.text().size()));
    if (range.valid && test(in, affix.text().bytes())) return Value::Bool(true);
  }
  return Value::Bool(false);
}

bool StartsWith(absl::string_view text, absl::string_view affix) {
  return absl::StartsWith(text, affix);
}
bool EndsWith(absl::string_view text, absl::string_view affix) {
  return absl::EndsWith(text, affix);
}

template <bool prefix>
Result RemoveAffixMethod(Runtime& runtime, const Value& self, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound,
                   BoundArgs::Bind("removeprefix", std::move(args), {""}, 1));
  ASSIGN_OR_RETURN(const Text affix, bound.String(0));
  const Text& text = self.text();
  if (!(prefix ? StartsWith : EndsWith)(text.bytes(), affix.bytes())) return self;
  return MakeString(runtime.budget(), prefix ? text.Substr(affix.size(), text.size())
                                             : text.Substr(0, text.size() - affix.size()));
}

Result ReplaceMethod(Runtime& runtime, const Value& self, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound,
                   BoundArgs::Bind("replace", std::move(args), {"", "", ""}, 2));
  ASSIGN_OR_RETURN(const Text from, bound.String(0));
  ASSIGN_OR_RETURN(const Text to, bound.String(1));
  ASSIGN_OR_RETURN(const int64_t count, bound.Int(2, -1));
  return ReplaceText(runtime.budget(), self.text(), from, to, count);
}

Result JoinMethod(Runtime& runtime, const Value& self, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound, BoundArgs::Bind("join", std::move(args), {""}, 1));
  ASSIGN_OR_RETURN(const std::vector<Value> items, Items(runtime.budget(), bound[0]));
  TextBuilder out;
  for (const Value& item : items) {
    if (!item.is(Kind::kString)) {
      return absl::InvalidArgumentError(
          absl::StrCat("join() takes strings, got '", item.type_name(), "'"));
    }
    if (&item != &items.front()) out.Append(self.text());
    RETURN_IF_ERROR(runtime.budget().Allocate(self.text().size() + item.text().size()));
    out.Append(item.text());
  }
  return Value::String(out.Build());
}

// ljust, rjust and center, by how much of the padding goes left.
enum class Align { kLeft, kRight, kCenter };

template <Align align>
Result JustifyMethod(Runtime& runtime, const Value& self, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound, BoundArgs::Bind("ljust", std::move(args), {"", ""}, 1));
  ASSIGN_OR_RETURN(const int64_t width, bound.Int(0, 0));
  ASSIGN_OR_RETURN(const Text fill, bound.String(1, " "));
  if (CountCodePoints(fill.bytes()) != 1) {
    return absl::InvalidArgumentError("the fill character must be exactly one character long");
  }
  ASSIGN_OR_RETURN(const int64_t size, Length(runtime.budget(), self));
  if (width <= size) return self;
  const size_t pad = static_cast<size_t>(width - size);
  RETURN_IF_ERROR(runtime.budget().Allocate(std::min(pad, size_t{1} << 40) * fill.size()));
  // As CPython: an odd pad goes left when the width is odd.
  const size_t left = align == Align::kLeft    ? 0
                      : align == Align::kRight ? pad
                                               : pad / 2 + (pad & static_cast<size_t>(width) & 1);
  TextBuilder out;
  for (size_t i = 0; i < left; ++i) out.Append(fill);
  out.Append(self.text());
  for (size_t i = left; i < pad; ++i) out.Append(fill);
  return MakeString(runtime.budget(), out.Build());
}

Result ZfillMethod(Runtime& runtime, const Value& self, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound, BoundArgs::Bind("zfill", std::move(args), {""}, 1));
  ASSIGN_OR_RETURN(const int64_t width, bound.Int(0, 0));
  ASSIGN_OR_RETURN(const int64_t size, Length(runtime.budget(), self));
  if (width <= size) return self;
  RETURN_IF_ERROR(runtime.budget().Allocate(static_cast<size_t>(width - size)));
  const Text& text = self.text();
  const bool sign = !text.empty() && (text.bytes()[0] == '+' || text.bytes()[0] == '-');
  TextBuilder out;
  out.Append(text, 0, sign);
  out.Append(std::string(static_cast<size_t>(width - size), '0'), true);
  out.Append(text, sign, text.size());
  return MakeString(runtime.budget(), out.Build());
}

constexpr Method kStringMethods[] = {
    {"strip", StripMethod<Sides::kBoth>},
    {"lstrip", StripMethod<Sides::kLeft>},
    {"rstrip", StripMethod<Sides::kRight>},
    {"upper", CaseMethod<Case::kUpper>},
    {"lower", CaseMethod<Case::kLower>},
    {"title", MapMethod<TitleMethod>},
    {"capitalize", MapMethod<Capitalize>},
    {"islower", TestMethod<IsLowerString>},
    {"isupper", TestMethod<IsUpperString>},
    {"isspace", TestMethod<IsSpaceString>},
    {"isdigit", TestMethod<IsDigitString>},
    {"split", SplitMethod<false>},
    {"rsplit", SplitMethod<true>},
    {"splitlines", SplitLinesMethod},
    {"partition", PartitionMethod<false>},
    {"rpartition", PartitionMethod<true>},
    {"find", FindMethod<false, false>},
    {"rfind", FindMethod<true, false>},
    {"index", FindMethod<false, true>},
    {"rindex", FindMethod<true, true>},
    {"count", CountMethod},
    {"startswith", AffixMethod<StartsWith>},
    {"endswith", AffixMethod<EndsWith>},
    {"removeprefix", RemoveAffixMethod<true>},
    {"removesuffix", RemoveAffixMethod<false>},
    {"replace", ReplaceMethod},
    {"join", JoinMethod},
    {"ljust", JustifyMethod<Align::kLeft>},
    {"rjust", JustifyMethod<Align::kRight>},
    {"center", JustifyMethod<Align::kCenter>},
    {"zfill", ZfillMethod},
};

}  // namespace

absl::StatusOr<Value> ReplaceText(Budget& budget, const Text& text, const Text& from,
                                  const Text& to, int64_t count) {
  RETURN_IF_ERROR(budget.Search(text.size(), from.size()));
  size_t inserted = from.empty() ? CountCodePoints(text.bytes()) + 1
                                 : CountOccurrences(text.bytes(), from.bytes());
  if (count >= 0) inserted = std::min(inserted, static_cast<size_t>(count));
  RETURN_IF_ERROR(budget.Allocate(inserted * std::min(to.size(), size_t{1} << 30)));
  return MakeString(budget, Replace(text, from.bytes(), to, count));
}

absl::Span<const Method> StringMethods() { return kStringMethods; }

}  // namespace jinja
}  // namespace baton
