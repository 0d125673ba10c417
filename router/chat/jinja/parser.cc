#include "router/chat/jinja/parser.h"

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "router/chat/jinja/functions.h"
#include "router/chat/jinja/parser_impl.h"
#include "router/chat/jinja/scopes.h"

namespace baton {
namespace jinja {
namespace {

// Ten times what the largest templates need, and little enough for the analysis of scopes to be
// quick.
constexpr size_t kMaxSourceBytes = size_t{256} << 10;
constexpr size_t kMaxNames = 512;

std::string Describe(const Token& token) {
  switch (token.type) {
    case TokenType::kVariableEnd:
      return "'}}'";
    case TokenType::kBlockEnd:
      return "'%}'";
    case TokenType::kEof:
      return "the end of the template";
    case TokenType::kString:
      return "a string";
    case TokenType::kData:
      return "text";
    default:
      return absl::StrCat("'", token.text, "'");
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<const Program>> ParseProgram(absl::string_view source) {
  if (source.size() > kMaxSourceBytes) {
    return Unsupported(1, absl::StrCat("a template of more than ", kMaxSourceBytes, " bytes"));
  }
  ASSIGN_OR_RETURN(std::vector<Token> tokens, Tokenize(source));
  ASSIGN_OR_RETURN(std::unique_ptr<Program> program, Parser(std::move(tokens)).Run());
  ResolveScopes(program.get());
  return program;
}

absl::StatusOr<std::unique_ptr<Program>> Parser::Run() {
  program_->loop = Intern("loop");
  program_->caller = Intern("caller");
  program_->kwargs = Intern("kwargs");
  program_->varargs = Intern("varargs");
  ASSIGN_OR_RETURN(program_->root.body, Statements({}));
  if (Current().type != TokenType::kEof) return Unexpected("the end of the template");
  if (program_->names.size() > kMaxNames) {
    return Unsupported(1, absl::StrCat("more than ", kMaxNames, " different names"));
  }
  RETURN_IF_ERROR(CheckFunctions());
  return std::move(program_);
}

bool Parser::IsOperator(absl::string_view op) const {
  return Current().type == TokenType::kOperator && Current().text == op;
}

bool Parser::IsName(absl::string_view name) const {
  return Current().type == TokenType::kName && Current().text == name;
}

bool Parser::SkipOperator(absl::string_view op) {
  if (!IsOperator(op)) return false;
  Advance();
  return true;
}

bool Parser::SkipName(absl::string_view name) {
  if (!IsName(name)) return false;
  Advance();
  return true;
}

absl::Status Parser::Unexpected(absl::string_view expected) const {
  return SyntaxError(line(), absl::StrCat("expected ", expected, ", found ", Describe(Current())));
}

absl::Status Parser::ExpectOperator(absl::string_view op) {
  if (!SkipOperator(op)) return Unexpected(absl::StrCat("'", op, "'"));
  return absl::OkStatus();
}

absl::Status Parser::ExpectName(absl::string_view name) {
  if (!SkipName(name)) return Unexpected(absl::StrCat("'", name, "'"));
  return absl::OkStatus();
}

absl::Status Parser::Expect(TokenType type, absl::string_view what) {
  if (Current().type != type) return Unexpected(what);
  Advance();
  return absl::OkStatus();
}

absl::StatusOr<std::string> Parser::AnyName() {
  if (Current().type != TokenType::kName) return Unexpected("a name");
  std::string name = Current().text;
  Advance();
  return name;
}

absl::Status Parser::Nesting::Check() const {
  if (parser_->nesting_ <= kMaxTreeDepth) return absl::OkStatus();
  return Unsupported(parser_->line(),
                     absl::StrCat("nesting deeper than ", kMaxTreeDepth, " levels"));
}

NameId Parser::Intern(absl::string_view name) {
  const auto [it, inserted] = ids_.try_emplace(name, static_cast<NameId>(ids_.size()));
  if (inserted) {
    program_->names.emplace_back(name);
    stored_.push_back(false);
  }
  return it->second;
}

absl::Status Parser::CheckFunctions() const {
  for (const auto& [name, line] : called_) {
    const std::string& text = program_->names[static_cast<size_t>(name)];
    if (stored_[static_cast<size_t>(name)] || FindFunction(text) != nullptr) continue;
    return Unsupported(line, absl::StrCat("the function '", text, "'"));
  }
  return absl::OkStatus();
}

}  // namespace jinja
}  // namespace baton
