#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status_macros.h"
#include "router/chat/jinja/compare.h"
#include "router/chat/jinja/format.h"
#include "router/chat/jinja/json.h"
#include "router/chat/jinja/unicode.h"

namespace baton {
namespace jinja {
namespace {

// The escape of a code point in a JSON string; empty when it stands for itself.
std::string Escape(uint32_t c, bool ensure_ascii) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '\b':
      return "\\b";
    case '\f':
      return "\\f";
    default:
      break;
  }
  if (c >= 0x20 && (c < 0x7f || !ensure_ascii)) return "";
  if (c < 0x10000) return absl::StrFormat("\\u%04x", c);
  return absl::StrFormat("\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
                         0xdc00 + ((c - 0x10000) & 0x3ff));
}

class Dumper {
 public:
  Dumper(Budget& budget, const JsonStyle& style) : budget_(budget), style_(style) {}

  absl::Status Append(const Value& value) {
    RETURN_IF_ERROR(budget_.Allocate(sizeof(Value)));
    switch (value.kind()) {
      case Kind::kNone:
        out_.Append("null", value.trusted());
        return absl::OkStatus();
      case Kind::kBool:
        out_.Append(value.as_bool() ? "true" : "false", value.trusted());
        return absl::OkStatus();
      case Kind::kFloat:
        out_.Append(Number(value.as_float()), value.trusted());
        return absl::OkStatus();
      case Kind::kInt:
        return AppendStr(budget_, value, &out_);
      case Kind::kString:
        return AppendString(value.text());
      case Kind::kDict:
        return AppendDict(value.dict());
      case Kind::kSequence:
        if (value.sequence().kind > SequenceKind::kTuple) break;
        return AppendList(value.sequence());
      default:
        break;
    }
    return absl::InvalidArgumentError(
        absl::StrCat("a value of type ", value.type_name(), " is not JSON serializable"));
  }

  Text Build() { return out_.Build(); }

 private:
  static std::string Number(double d) {
    if (std::isnan(d)) return "NaN";
    if (std::isinf(d)) return d < 0 ? "-Infinity" : "Infinity";
    return FloatRepr(d);
  }

  absl::Status AppendString(const Text& text) {
    RETURN_IF_ERROR(budget_.Allocate(2 * text.size()));
    out_.Append("\"", true);
    const absl::string_view bytes = text.bytes();
    for (size_t pos = 0; pos < bytes.size();) {
      const CodePoint cp = DecodeUtf8(bytes, pos);
      const std::string escape = Escape(cp.value, style_.ensure_ascii);
      if (escape.empty()) {
        out_.Append(text, pos, pos + cp.size);
      } else {
        out_.Append(escape, text.IsTrusted(pos, pos + cp.size));
      }
      pos += cp.size;
    }
    out_.Append("\"", true);
    return absl::OkStatus();
  }

  // Keys are strings; Python turns numbers, bools and None into them.
  absl::Status AppendKey(const Value& key) {
    if (key.is(Kind::kString)) return AppendString(key.text());
    if (!key.is_number() && !key.is(Kind::kNone)) {
      return absl::InvalidArgumentError(
          absl::StrCat("keys must be str, int, float, bool or None, not ", key.type_name()));
    }
    out_.Append("\"", true);
    RETURN_IF_ERROR(Append(key));
    out_.Append("\"", true);
    return absl::OkStatus();
  }

  absl::Status NewLine() {
    if (!style_.pretty) return absl::OkStatus();
    RETURN_IF_ERROR(budget_.Allocate(1 + style_.indent.size() * level_));
    out_.Append("\n", true);
    for (size_t i = 0; i < level_; ++i) out_.Append(style_.indent);
    return absl::OkStatus();
  }

  absl::Status AppendList(const Sequence& sequence) {
    out_.Append("[", true);
    ++level_;
    for (const Value& item : sequence.items) {
      if (&item != &sequence.items.front()) out_.Append(style_.item_separator);
      RETURN_IF_ERROR(NewLine());
      RETURN_IF_ERROR(Append(item));
    }
    --level_;
    if (!sequence.items.empty()) RETURN_IF_ERROR(NewLine());
    out_.Append("]", true);
    return absl::OkStatus();
  }

  absl::Status AppendDict(const Dict& dict) {
    ASSIGN_OR_RETURN(const std::vector<const Dict::Entry*> entries, Entries(dict));
    out_.Append("{", true);
    ++level_;
    for (const Dict::Entry* entry : entries) {
      if (entry != entries.front()) out_.Append(style_.item_separator);
      RETURN_IF_ERROR(NewLine());
      RETURN_IF_ERROR(AppendKey(entry->first));
      out_.Append(style_.key_separator);
      RETURN_IF_ERROR(Append(entry->second));
    }
    --level_;
    if (!entries.empty()) RETURN_IF_ERROR(NewLine());
    out_.Append("}", true);
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<const Dict::Entry*>> Entries(const Dict& dict) {
    RETURN_IF_ERROR(budget_.Allocate(dict.entries().size() * sizeof(void*)));
    std::vector<const Dict::Entry*> entries;
    for (const Dict::Entry& entry : dict.entries()) entries.push_back(&entry);
    absl::Status status;
    if (style_.sort_keys) {
      std::stable_sort(entries.begin(), entries.end(), [&](const auto* a, const auto* b) {
        const auto less = Compare(budget_, CompareOp::kLt, a->first, b->first);
        if (!less.ok()) status = less.status();
        return less.ok() && *less;
      });
    }
    RETURN_IF_ERROR(status);
    return entries;
  }

  Budget& budget_;
  const JsonStyle& style_;
  size_t level_ = 0;
  TextBuilder out_;
};

}  // namespace

absl::StatusOr<Text> DumpJson(Budget& budget, const Value& value, const JsonStyle& style) {
  Dumper dumper(budget, style);
  RETURN_IF_ERROR(dumper.Append(value));
  return dumper.Build();
}

}  // namespace jinja
}  // namespace baton
