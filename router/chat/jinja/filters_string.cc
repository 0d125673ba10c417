// Filters whose input is text, or becomes text.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "router/chat/jinja/call_args.h"
#include "router/chat/jinja/filters.h"
#include "router/chat/jinja/format.h"
#include "router/chat/jinja/json.h"
#include "router/chat/jinja/methods.h"
#include "router/chat/jinja/strings.h"

namespace baton {
namespace jinja {
namespace {

using Result = absl::StatusOr<Value>;

Text Upper(const Text& text) { return MapCase(text, Case::kUpper); }
Text Lower(const Text& text) { return MapCase(text, Case::kLower); }
Text Same(const Text& text) { return text; }

Text Escape(const Text& text) {
  TextBuilder out;
  for (size_t pos = 0; pos < text.size(); ++pos) {
    const char c = text.bytes()[pos];
    const absl::string_view escaped = c == '&'    ? "&amp;"
                                      : c == '<'  ? "&lt;"
                                      : c == '>'  ? "&gt;"
                                      : c == '"'  ? "&#34;"
                                      : c == '\'' ? "&#39;"
                                                  : absl::string_view(&c, 1);
    out.Append(escaped, text.IsTrusted(pos, pos + 1));
  }
  return out.Build();
}

// str(input), mapped.
template <Text (*map)(const Text&)>
Result Map(Runtime& runtime, const Value& input, CallArgs args) {
  RETURN_IF_ERROR(BoundArgs::Bind("the filter", std::move(args), {}, 0).status());
  ASSIGN_OR_RETURN(const Text text, Str(runtime.budget(), input));
  RETURN_IF_ERROR(runtime.budget().Allocate(2 * text.size()));
  return MakeString(runtime.budget(), map(text));
}

Result Trim(Runtime& runtime, const Value& input, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound, BoundArgs::Bind("trim", std::move(args), {"chars"}, 0));
  ASSIGN_OR_RETURN(const Text text, Str(runtime.budget(), input));
  if (!bound.HasNotNone(0)) {
    return MakeString(runtime.budget(), Strip(text, Sides::kBoth, nullptr));
  }
  ASSIGN_OR_RETURN(const Text chars, bound.String(0));
  RETURN_IF_ERROR(runtime.budget().Search(text.size(), chars.size()));
  return MakeString(runtime.budget(), Strip(text, Sides::kBoth, &chars));
}

Result ReplaceFilter(Runtime& runtime, const Value& input, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound,
                   BoundArgs::Bind("replace", std::move(args), {"old", "new", "count"}, 2));
  Budget& budget = runtime.budget();
  ASSIGN_OR_RETURN(const Text text, Str(budget, input));
  ASSIGN_OR_RETURN(const Text from, Str(budget, bound[0]));
  ASSIGN_OR_RETURN(const Text to, Str(budget, bound[1]));
  int64_t count = -1;
  if (bound.HasNotNone(2)) {
    ASSIGN_OR_RETURN(count, bound.Int(2, -1));
  }
  return ReplaceText(budget, text, from, to, count);
}

// An indentation: a number of spaces, or itself.
absl::StatusOr<Text> IndentText(Budget& budget, const BoundArgs& bound, size_t i,
                                int64_t if_absent) {
  if (bound.Has(i) && bound[i].is(Kind::kString)) return bound[i].text();
  ASSIGN_OR_RETURN(const int64_t width, bound.Int(i, if_absent));
  RETURN_IF_ERROR(budget.Allocate(static_cast<size_t>(std::max<int64_t>(width, 0))));
  return Text(std::string(static_cast<size_t>(std::max<int64_t>(width, 0)), ' '), true);
}

Result Indent(Runtime& runtime, const Value& input, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound,
                   BoundArgs::Bind("indent", std::move(args), {"width", "first", "blank"}, 0));
  Budget& budget = runtime.budget();
  ASSIGN_OR_RETURN(const Text indent, IndentText(budget, bound, 0, 4));
  if (!input.is(Kind::kString)) {
    return absl::InvalidArgumentError(
        absl::StrCat("indent() needs a string, got '", input.type_name(), "'"));
  }
  const Text& text = input.text();
  RETURN_IF_ERROR(budget.Allocate(text.size() + (CountSpaces(text.bytes()) + 1) * sizeof(Text)));
  TextBuilder with_newline;  // so that a last line that is empty counts
  with_newline.Append(text);
  with_newline.Append("\n", true);
  const std::vector<Text> lines = SplitLines(with_newline.Build(), false);
  TextBuilder out;
  if (bound.Bool(1, false)) out.Append(indent);
  for (const Text& line : lines) {
    const bool is_first = &line == &lines.front();
    if (!is_first) out.Append("\n", true);
    if (!is_first && (bound.Bool(2, false) || !line.empty())) {
      RETURN_IF_ERROR(budget.Allocate(indent.size()));
      out.Append(indent);
    }
    out.Append(line);
  }
  return MakeString(budget, out.Build());
}

// The parameters are those of transformers' own tojson, in its order.
Result ToJson(Runtime& runtime, const Value& input, CallArgs args) {
  ASSIGN_OR_RETURN(const BoundArgs bound,
                   BoundArgs::Bind("tojson", std::move(args),
                                   {"ensure_ascii", "indent", "separators", "sort_keys"}, 0));
  JsonStyle style;
  style.ensure_ascii = bound.Bool(0, false);
  style.sort_keys = bound.Bool(3, false);
  if (bound.HasNotNone(1)) {
    style.pretty = true;
    style.item_separator = Text(",", true);
    ASSIGN_OR_RETURN(style.indent, IndentText(runtime.budget(), bound, 1, 0));
  }
  if (bound.HasNotNone(2)) {
    const Value& pair = bound[2];
    if (!pair.is(Kind::kSequence) || pair.sequence().kind > SequenceKind::kTuple ||
        pair.sequence().items.size() != 2 || !pair.sequence().items[0].is(Kind::kString) ||
        !pair.sequence().items[1].is(Kind::kString)) {
      return absl::InvalidArgumentError("tojson(): separators must be a pair of strings");
    }
    style.item_separator = pair.sequence().items[0].text();
    style.key_separator = pair.sequence().items[1].text();
  }
  ASSIGN_OR_RETURN(Text json, DumpJson(runtime.budget(), input, style));
  return MakeString(runtime.budget(), std::move(json));
}

// Escaping is off in chat templates: marking as safe changes nothing.
constexpr Filter kFilters[] = {
    {"upper", Map<Upper>},       {"lower", Map<Lower>}, {"capitalize", Map<Capitalize>},
    {"title", Map<TitleFilter>}, {"string", Map<Same>}, {"safe", Map<Same>},
    {"escape", Map<Escape>},     {"e", Map<Escape>},    {"trim", Trim},
    {"replace", ReplaceFilter},  {"indent", Indent},    {"tojson", ToJson},
};

}  // namespace

absl::Span<const Filter> StringFilters() { return kFilters; }

}  // namespace jinja
}  // namespace baton
