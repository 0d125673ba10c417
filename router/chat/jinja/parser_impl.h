// The recursive-descent parser behind parser.h: what statements (parser_statements.cc) and
// expressions (parser_expressions.cc) share. One method for each rule of Jinja's grammar, named as
// there.
#ifndef BATON_ROUTER_CHAT_JINJA_PARSER_IMPL_H_
#define BATON_ROUTER_CHAT_JINJA_PARSER_IMPL_H_

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "router/chat/jinja/ast.h"
#include "router/chat/jinja/lexer.h"

namespace baton {
namespace jinja {

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}
  absl::StatusOr<std::unique_ptr<Program>> Run();

 private:
  using ExprResult = absl::StatusOr<ExprPtr>;
  using StmtPtr = std::unique_ptr<Stmt>;

  // Tokens.
  const Token& Current() const { return tokens_[pos_]; }
  const Token& Next() const { return tokens_[std::min(pos_ + 1, tokens_.size() - 1)]; }
  void Advance() { pos_ += pos_ + 1 < tokens_.size(); }
  int line() const { return Current().line; }
  bool IsOperator(absl::string_view op) const;
  bool IsName(absl::string_view name) const;
  bool SkipOperator(absl::string_view op);
  bool SkipName(absl::string_view name);
  absl::Status ExpectOperator(absl::string_view op);
  absl::Status ExpectName(absl::string_view name);
  absl::Status Expect(TokenType type, absl::string_view what);
  absl::StatusOr<std::string> AnyName();
  absl::Status Unexpected(absl::string_view expected) const;

  // Counts nesting for as long as it lives.
  class Nesting {
   public:
    explicit Nesting(Parser* parser) : parser_(parser) { ++parser_->nesting_; }
    ~Nesting() { --parser_->nesting_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;
    absl::Status Check() const;

   private:
    Parser* const parser_;
  };

  NameId Intern(absl::string_view name);

  // Statements.
  absl::StatusOr<Block> Statements(std::initializer_list<absl::string_view> ends);
  absl::StatusOr<Block> Body(std::initializer_list<absl::string_view> ends);
  absl::StatusOr<StmtPtr> Statement();
  absl::Status If(Stmt* stmt);
  absl::Status For(Stmt* stmt);
  absl::Status Set(Stmt* stmt);
  absl::Status Macro(Stmt* stmt);
  absl::Status Call(Stmt* stmt);
  absl::Status FilterBlock(Stmt* stmt);
  absl::Status With(Stmt* stmt);
  absl::Status Generation(Stmt* stmt);
  absl::Status LoopControl(Stmt* stmt, StmtKind kind);
  absl::Status Signature(MacroDef* macro);
  absl::Status MacroBody(MacroDef* macro, absl::string_view end);

  // Targets of assignments.
  ExprResult AssignTarget(bool with_namespace);
  ExprResult TargetItem(bool with_namespace);
  NameId Store(absl::string_view name);

  // Expressions.
  ExprResult Tuple(bool with_conditional);
  ExprResult Expression(bool with_conditional = true);
  ExprResult Conditional();
  ExprResult Or();
  ExprResult And();
  ExprResult Not();
  ExprResult Comparison();
  ExprResult Sum();
  ExprResult Concat();
  ExprResult Product();
  ExprResult Power();
  ExprResult Unary(bool with_filter);
  ExprResult Primary();
  ExprResult Parenthesized();
  ExprResult ListLiteral();
  ExprResult DictLiteral();
  ExprResult NameOrConstant();
  ExprResult Postfix(ExprPtr node);
  ExprResult FilterExpression(ExprPtr node);
  ExprResult Subscript(ExprPtr node);
  ExprResult CallExpression(ExprPtr node);
  ExprResult OneFilter(ExprPtr node);
  ExprResult FilterChain(ExprPtr node);
  ExprResult TestExpression(ExprPtr node);
  absl::StatusOr<std::vector<Argument>> Arguments();

  // Nodes: sets the depth, and refuses a tree too deep.
  ExprPtr Make(ExprKind kind, int line) const;
  ExprResult Finish(ExprPtr node) const;
  ExprResult Binary(ExprKind kind, int line, ExprPtr left, ExprPtr right) const;

  // Checks of names.
  absl::Status CheckCall(const Expr& call);
  absl::Status CheckNamedArgument(const Expr& filter) const;
  absl::Status CheckFunctions() const;

  const std::vector<Token> tokens_;
  size_t pos_ = 0;
  int nesting_ = 0;
  int for_depth_ = 0;              // loops around, where `loop` must not be assigned
  bool in_loop_ = false;           // whether break has a loop to leave
  std::vector<MacroDef*> macros_;  // being parsed, outermost first
  std::unique_ptr<Program> program_ = std::make_unique<Program>();
  absl::flat_hash_map<std::string, NameId> ids_;
  std::vector<bool> stored_;                    // by NameId: whether anything assigns it
  std::vector<std::pair<NameId, int>> called_;  // names called, with their lines
};

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_PARSER_IMPL_H_
