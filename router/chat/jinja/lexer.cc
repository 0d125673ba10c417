#include "router/chat/jinja/lexer.h"

#include <algorithm>
#include <charconv>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"
#include "router/chat/jinja/string_literal.h"
#include "router/chat/jinja/unicode.h"

namespace baton {
namespace jinja {
namespace {

constexpr absl::string_view kOperators[] = {"//", "**", "==", "!=", ">=", "<=", "+", "-", "/",
                                            "*",  "%",  "~",  "[",  "]",  "(",  ")", "{", "}",
                                            ">",  "<",  "=",  ".",  ":",  "|",  ",", ";"};

std::string NormalizeNewlines(absl::string_view text) {
  return absl::StrReplaceAll(absl::StrReplaceAll(text, {{"\r\n", "\n"}}), {{"\r", "\n"}});
}

size_t SkipSpace(absl::string_view s, size_t pos) {
  while (pos < s.size()) {
    const CodePoint cp = DecodeUtf8(s, pos);
    if (!IsSpace(cp.value)) break;
    pos += cp.size;
  }
  return pos;
}

absl::string_view StripRight(absl::string_view s) {
  size_t end = 0;
  for (size_t pos = 0; pos < s.size();) {
    const CodePoint cp = DecodeUtf8(s, pos);
    pos += cp.size;
    if (!IsSpace(cp.value)) end = pos;
  }
  return s.substr(0, end);
}

bool IsNameStart(char c) { return absl::ascii_isalpha(c) || c == '_'; }
bool IsNameChar(char c) { return absl::ascii_isalnum(c) || c == '_'; }

class Lexer {
 public:
  explicit Lexer(absl::string_view source) : source_(NormalizeNewlines(source)), s_(source_) {
    absl::ConsumeSuffix(&s_, "\n");  // keep_trailing_newline is off
  }

  absl::StatusOr<std::vector<Token>> Run() {
    while (pos_ < s_.size()) RETURN_IF_ERROR(Root());
    Emit(TokenType::kEof, "");
    return std::move(tokens_);
  }

 private:
  void Emit(TokenType type, absl::string_view text) {
    tokens_.push_back({type, line_, std::string(text)});
  }

  // Moves on, counting lines. What ends a match decides whether the next text starts a line.
  void MoveTo(size_t pos) {
    line_ += static_cast<int>(std::count(s_.begin() + pos_, s_.begin() + pos, '\n'));
    if (pos > pos_) line_starting_ = s_[pos - 1] == '\n';
    pos_ = pos;
  }

  void EmitData(absl::string_view data) {
    if (!data.empty()) Emit(TokenType::kData, data);
  }

  // What is left of the text before a tag, by the tag's sign ('-', '+' or 0) and kind.
  absl::string_view StripBefore(absl::string_view text, char sign, bool is_variable) const {
    if (sign == '-') return StripRight(text);
    if (sign == '+' || is_variable) return text;
    const size_t newline = text.rfind('\n');
    const size_t line_begin = newline == absl::string_view::npos ? 0 : newline + 1;
    if (line_begin == 0 && !line_starting_) return text;
    return SkipSpace(text, line_begin) == text.size() ? text.substr(0, line_begin) : text;
  }

  char SignAt(size_t pos) const {
    return pos < s_.size() && (s_[pos] == '-' || s_[pos] == '+') ? s_[pos] : '\0';
  }

  // Text up to the next tag, then the tag.
  absl::Status Root() {
    size_t tag = pos_;
    while (true) {
      tag = s_.find('{', tag);
      if (tag == absl::string_view::npos || tag + 1 == s_.size()) {
        EmitData(s_.substr(pos_));
        MoveTo(s_.size());
        return absl::OkStatus();
      }
      if (absl::StrContains("{%#", s_.substr(tag + 1, 1))) break;
      ++tag;
    }
    const char kind = s_[tag + 1];
    const char sign = SignAt(tag + 2);
    EmitData(StripBefore(s_.substr(pos_, tag - pos_), sign, kind == '{'));
    const size_t inside = tag + 2 + (sign != 0);
    const size_t raw_end = kind == '%' ? RawBegin(inside) : 0;
    if (raw_end != 0) {
      MoveTo(raw_end);
      return Raw();
    }
    MoveTo(tag);
    if (kind != '#') Emit(kind == '{' ? TokenType::kVariableBegin : TokenType::kBlockBegin, "");
    MoveTo(inside);
    return kind == '#' ? Comment() : Tag(kind);
  }

  // If s_[pos..] is `raw %}`, where it ends; else 0.
  size_t RawBegin(size_t pos) const {
    pos = SkipSpace(s_, pos);
    if (!absl::StartsWith(s_.substr(pos), "raw")) return 0;
    pos = SkipSpace(s_, pos + 3);
    if (absl::StartsWith(s_.substr(pos), "-%}")) return SkipSpace(s_, pos + 3);
    return absl::StartsWith(s_.substr(pos), "%}") ? pos + 2 : 0;
  }

  // If s_[pos..] closes a tag with `close` (%}, }} or #}), where what it swallows ends; else 0.
  size_t TagEnd(size_t pos, absl::string_view close) const {
    const absl::string_view rest = s_.substr(pos);
    const bool is_variable = close == "}}";
    const char sign = SignAt(pos);
    if (sign == '-' && absl::StartsWith(rest.substr(1), close)) {
      return SkipSpace(s_, pos + 1 + close.size());
    }
    if (sign == '+' && !is_variable && absl::StartsWith(rest.substr(1), close)) {
      return pos + 1 + close.size();
    }
    if (!absl::StartsWith(rest, close)) return 0;
    const size_t end = pos + close.size();
    return !is_variable && end < s_.size() && s_[end] == '\n' ? end + 1 : end;  // trim_blocks
  }

  absl::Status Raw() {
    for (size_t tag = pos_; (tag = s_.find("{%", tag)) != absl::string_view::npos; tag += 2) {
      const char sign = SignAt(tag + 2);
      size_t pos = SkipSpace(s_, tag + 2 + (sign != 0));
      if (!absl::StartsWith(s_.substr(pos), "endraw")) continue;
      const size_t end = TagEnd(SkipSpace(s_, pos + 6), "%}");
      if (end == 0) continue;
      EmitData(StripBefore(s_.substr(pos_, tag - pos_), sign, false));
      MoveTo(end);
      return absl::OkStatus();
    }
    return SyntaxError(line_, "missing end of raw directive");
  }

  absl::Status Comment() {
    const size_t close = s_.find("#}", pos_);
    if (close == absl::string_view::npos) return SyntaxError(line_, "missing end of comment tag");
    const bool sign = close > pos_ && SignAt(close - 1) != 0;
    MoveTo(TagEnd(close - sign, "#}"));
    return absl::OkStatus();
  }

  absl::Status Tag(char kind) {
    const absl::string_view close = kind == '{' ? "}}" : "%}";
    std::string open;  // the brackets to be closed
    while (true) {
      MoveTo(SkipSpace(s_, pos_));
      if (pos_ == s_.size()) {
        return SyntaxError(line_, absl::StrCat("the template ends inside a tag, before ", close));
      }
      const size_t end = open.empty() ? TagEnd(pos_, close) : 0;
      if (end != 0) {
        Emit(kind == '{' ? TokenType::kVariableEnd : TokenType::kBlockEnd, "");
        MoveTo(end);
        return absl::OkStatus();
      }
      RETURN_IF_ERROR(TagToken(&open));
    }
  }

  absl::Status TagToken(std::string* open) {
    const char c = s_[pos_];
    if (absl::ascii_isdigit(c)) return Number();
    if (IsNameStart(c)) {
      size_t end = pos_;
      while (end < s_.size() && IsNameChar(s_[end])) ++end;
      Emit(TokenType::kName, s_.substr(pos_, end - pos_));
      MoveTo(end);
      return absl::OkStatus();
    }
    if (c == '"' || c == '\'') return String(c);
    for (absl::string_view op : kOperators) {
      if (!absl::StartsWith(s_.substr(pos_), op)) continue;
      RETURN_IF_ERROR(Balance(op, open));
      Emit(TokenType::kOperator, op);
      MoveTo(pos_ + op.size());
      return absl::OkStatus();
    }
    if (static_cast<unsigned char>(c) >= 0x80) {
      return Unsupported(line_, "a character outside ASCII in a tag");
    }
    return SyntaxError(line_, absl::StrCat("unexpected character '", s_.substr(pos_, 1), "'"));
  }

  absl::Status Balance(absl::string_view op, std::string* open) {
    if (op == "(" || op == "[" || op == "{") open->push_back(op[0]);
    const size_t closing = absl::string_view(")]}").find(op[0]);
    if (closing == absl::string_view::npos) return absl::OkStatus();
    if (open->empty() || open->back() != "([{"[closing]) {
      return SyntaxError(line_, absl::StrCat("unexpected '", op, "'"));
    }
    open->pop_back();
    return absl::OkStatus();
  }

  // Digits that may be separated by single underscores, from `pos`; where they end.
  size_t Digits(size_t pos, bool (*is_digit)(unsigned char)) const {
    while (pos < s_.size()) {
      if (is_digit(static_cast<unsigned char>(s_[pos]))) {
        ++pos;
      } else if (s_[pos] == '_' && pos + 1 < s_.size() &&
                 is_digit(static_cast<unsigned char>(s_[pos + 1]))) {
        pos += 2;
      } else {
        break;
      }
    }
    return pos;
  }

  // Where the float that starts at pos_ ends; 0 when there is none.
  size_t FloatEnd() const {
    if (pos_ > 0 && s_[pos_ - 1] == '.') return 0;
    const auto digit_at = [&](size_t p) { return p < s_.size() && absl::ascii_isdigit(s_[p]); };
    size_t end = Digits(pos_, absl::ascii_isdigit);
    bool is_float = false;
    if (end < s_.size() && s_[end] == '.' && digit_at(end + 1)) {
      end = Digits(end + 1, absl::ascii_isdigit);
      is_float = true;
    }
    if (end < s_.size() && (s_[end] == 'e' || s_[end] == 'E')) {
      const size_t exponent = end + 1 + (SignAt(end + 1) != 0);
      if (digit_at(exponent)) return Digits(exponent, absl::ascii_isdigit);
    }
    return is_float ? end : 0;
  }

  absl::Status Number() {
    size_t end = FloatEnd();
    if (end != 0) {
      Emit(TokenType::kFloat, absl::StrReplaceAll(s_.substr(pos_, end - pos_), {{"_", ""}}));
      Token& token = tokens_.back();
      if (!absl::SimpleAtod(token.text, &token.number)) {
        return SyntaxError(line_, absl::StrCat("bad number ", token.text));
      }
      MoveTo(end);
      return absl::OkStatus();
    }
    int base = 10;
    size_t digits = pos_;
    bool (*is_digit)(unsigned char) = absl::ascii_isdigit;
    if (s_[pos_] == '0') {
      is_digit = [](unsigned char c) { return c == '0'; };  // 0123 is two tokens
      const char prefix = pos_ + 1 < s_.size() ? absl::ascii_tolower(s_[pos_ + 1]) : ' ';
      bool (*prefixed)(unsigned char) = nullptr;
      if (prefix == 'x') prefixed = absl::ascii_isxdigit;
      if (prefix == 'o') prefixed = [](unsigned char c) { return c >= '0' && c <= '7'; };
      if (prefix == 'b') prefixed = [](unsigned char c) { return c == '0' || c == '1'; };
      if (prefixed != nullptr && Digits(pos_ + 2, prefixed) > pos_ + 2) {
        base = prefix == 'x' ? 16 : prefix == 'o' ? 8 : 2;
        digits = pos_ + 2;
        is_digit = prefixed;
      }
    }
    end = Digits(digits, is_digit);
    const std::string text = absl::StrReplaceAll(s_.substr(digits, end - digits), {{"_", ""}});
    Emit(TokenType::kInteger, text);
    const auto parsed =
        std::from_chars(text.data(), text.data() + text.size(), tokens_.back().integer, base);
    if (parsed.ec != std::errc()) {
      return Unsupported(line_, absl::StrCat("the integer ", text, ", which is beyond 64 bits"));
    }
    MoveTo(end);
    return absl::OkStatus();
  }

  absl::Status String(char quote) {
    size_t end = pos_ + 1;
    while (end < s_.size() && s_[end] != quote) end += s_[end] == '\\' ? 2 : 1;
    if (end >= s_.size()) return SyntaxError(line_, "a string that does not end");
    ASSIGN_OR_RETURN(const std::string value,
                     UnescapeString(line_, s_.substr(pos_ + 1, end - pos_ - 1)));
    Emit(TokenType::kString, value);
    MoveTo(end + 1);
    return absl::OkStatus();
  }

  const std::string source_;
  absl::string_view s_;
  size_t pos_ = 0;
  int line_ = 1;
  bool line_starting_ = true;
  std::vector<Token> tokens_;
};

}  // namespace

absl::StatusOr<std::vector<Token>> Tokenize(absl::string_view source) {
  if (!IsValidUtf8(source)) return absl::InvalidArgumentError("chat template: not UTF-8");
  return Lexer(source).Run();
}

absl::Status SyntaxError(int line, absl::string_view message) {
  return absl::InvalidArgumentError(absl::StrCat("chat template: line ", line, ": ", message));
}

absl::Status Unsupported(int line, absl::string_view what) {
  return absl::UnimplementedError(
      absl::StrCat("chat template: line ", line, ": not supported: ", what));
}

}  // namespace jinja
}  // namespace baton
