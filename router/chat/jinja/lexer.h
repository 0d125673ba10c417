// Template source to tokens, as Jinja 3.1's lexer with trim_blocks and lstrip_blocks on (what
// transformers uses).
#ifndef BATON_ROUTER_CHAT_JINJA_LEXER_H_
#define BATON_ROUTER_CHAT_JINJA_LEXER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace baton {
namespace jinja {

enum class TokenType {
  kData,  // text outside tags, white space already stripped
  kVariableBegin,
  kVariableEnd,
  kBlockBegin,
  kBlockEnd,
  kName,
  kString,  // text holds the value
  kInteger,
  kFloat,
  kOperator,  // text holds its characters
  kEof,
};

struct Token {
  TokenType type;
  int line;  // from 1
  std::string text;
  int64_t integer = 0;
  double number = 0;
};

// The last token is kEof. INVALID_ARGUMENT ("line N: ...") for what Jinja refuses, UNIMPLEMENTED
// for what it accepts and this does not (names outside ASCII, \N{...} escapes, integers beyond 64
// bits).
absl::StatusOr<std::vector<Token>> Tokenize(absl::string_view source);

// An error about the template at a line.
absl::Status SyntaxError(int line, absl::string_view message);
absl::Status Unsupported(int line, absl::string_view what);

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_LEXER_H_
