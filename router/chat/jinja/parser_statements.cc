#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "router/chat/jinja/parser_impl.h"

namespace baton {
namespace jinja {
namespace {

// Restores a variable at the end of a scope.
template <typename T>
class Restore {
 public:
  Restore(T* variable, T value) : variable_(variable), saved_(*variable) { *variable = value; }
  ~Restore() { *variable_ = saved_; }
  Restore(const Restore&) = delete;
  Restore& operator=(const Restore&) = delete;

 private:
  T* const variable_;
  const T saved_;
};

bool IsReserved(absl::string_view name) {
  return name == "true" || name == "false" || name == "none" || name == "True" || name == "False" ||
         name == "None";
}

}  // namespace

// Up to a tag in `ends`, whose name becomes the current token, or to the end of the template when
// there are none.
absl::StatusOr<Block> Parser::Statements(std::initializer_list<absl::string_view> ends) {
  const Nesting nesting(this);
  RETURN_IF_ERROR(nesting.Check());
  Block block;
  while (Current().type != TokenType::kEof) {
    auto stmt = std::make_unique<Stmt>();
    stmt->line = line();
    if (Current().type == TokenType::kData) {
      stmt->kind = StmtKind::kText;
      stmt->text = Current().text;
      Advance();
    } else if (Current().type == TokenType::kVariableBegin) {
      stmt->kind = StmtKind::kPrint;
      Advance();
      ASSIGN_OR_RETURN(stmt->expr, Tuple(/*with_conditional=*/true));
      RETURN_IF_ERROR(Expect(TokenType::kVariableEnd, "'}}'"));
    } else {
      RETURN_IF_ERROR(Expect(TokenType::kBlockBegin, "a tag"));
      for (absl::string_view end : ends) {
        if (IsName(end)) return block;
      }
      ASSIGN_OR_RETURN(stmt, Statement());
      RETURN_IF_ERROR(Expect(TokenType::kBlockEnd, "'%}'"));
    }
    block.push_back(std::move(stmt));
  }
  if (ends.size() == 0) return block;
  return SyntaxError(line(), absl::StrCat("the template ends before '", *ends.begin(), "'"));
}

// The end of a tag, then statements up to a tag in `ends`.
absl::StatusOr<Block> Parser::Body(std::initializer_list<absl::string_view> ends) {
  SkipOperator(":");
  RETURN_IF_ERROR(Expect(TokenType::kBlockEnd, "'%}'"));
  return Statements(ends);
}

absl::StatusOr<Parser::StmtPtr> Parser::Statement() {
  auto stmt = std::make_unique<Stmt>();
  stmt->line = line();
  ASSIGN_OR_RETURN(const std::string tag, AnyName());
  absl::Status status;
  if (tag == "if") {
    status = If(stmt.get());
  } else if (tag == "for") {
    status = For(stmt.get());
  } else if (tag == "set") {
    status = Set(stmt.get());
  } else if (tag == "macro") {
    status = Macro(stmt.get());
  } else if (tag == "call") {
    status = Call(stmt.get());
  } else if (tag == "filter") {
    status = FilterBlock(stmt.get());
  } else if (tag == "with") {
    status = With(stmt.get());
  } else if (tag == "generation") {
    status = Generation(stmt.get());
  } else if (tag == "break") {
    status = LoopControl(stmt.get(), StmtKind::kBreak);
  } else if (tag == "continue") {
    status = LoopControl(stmt.get(), StmtKind::kContinue);
  } else {
    status = Unsupported(stmt->line, absl::StrCat("the tag '", tag, "'"));
  }
  RETURN_IF_ERROR(status);
  return stmt;
}

absl::Status Parser::If(Stmt* stmt) {
  stmt->kind = StmtKind::kIf;
  while (true) {
    ASSIGN_OR_RETURN(ExprPtr condition, Tuple(/*with_conditional=*/false));
    ASSIGN_OR_RETURN(Block body, Body({"endif", "elif", "else"}));
    stmt->branches.emplace_back(std::move(condition), std::move(body));
    if (SkipName("elif")) continue;
    if (SkipName("else")) {
      ASSIGN_OR_RETURN(stmt->else_scope.body, Body({"endif"}));
    }
    return ExpectName("endif");
  }
}

absl::Status Parser::For(Stmt* stmt) {
  stmt->kind = StmtKind::kFor;
  ++for_depth_;
  ASSIGN_OR_RETURN(stmt->target, AssignTarget(/*with_namespace=*/false));
  RETURN_IF_ERROR(ExpectName("in"));
  ASSIGN_OR_RETURN(stmt->expr, Tuple(/*with_conditional=*/false));
  if (SkipName("if")) {
    ASSIGN_OR_RETURN(stmt->test, Expression());
  }
  if (IsName("recursive")) return Unsupported(line(), "recursive loops");
  {
    const Restore<bool> restore(&in_loop_, true);
    ASSIGN_OR_RETURN(stmt->scope.body, Body({"endfor", "else"}));
  }
  if (SkipName("else")) {
    ASSIGN_OR_RETURN(stmt->else_scope.body, Body({"endfor"}));
  }
  --for_depth_;
  Store("loop");
  return ExpectName("endfor");
}

absl::Status Parser::Set(Stmt* stmt) {
  ASSIGN_OR_RETURN(stmt->target, AssignTarget(/*with_namespace=*/true));
  if (SkipOperator("=")) {
    stmt->kind = StmtKind::kSet;
    ASSIGN_OR_RETURN(stmt->expr, Tuple(/*with_conditional=*/true));
    return absl::OkStatus();
  }
  stmt->kind = StmtKind::kSetBlock;
  if (stmt->target->kind == ExprKind::kTuple) {
    return Unsupported(stmt->line, "a block set of several names");
  }
  if (SkipOperator("|")) {
    ASSIGN_OR_RETURN(stmt->expr, FilterChain(Make(ExprKind::kCaptured, stmt->line)));
  }
  ASSIGN_OR_RETURN(stmt->scope.body, Body({"endset"}));
  return ExpectName("endset");
}

NameId Parser::Store(absl::string_view name) {
  const NameId id = Intern(name);
  stored_[static_cast<size_t>(id)] = true;
  return id;
}

absl::Status Parser::Signature(MacroDef* macro) {
  RETURN_IF_ERROR(ExpectOperator("("));
  while (!IsOperator(")")) {
    if (!macro->parameters.empty()) RETURN_IF_ERROR(ExpectOperator(","));
    Parameter parameter;
    ASSIGN_OR_RETURN(const std::string name, AnyName());
    if (IsReserved(name)) return SyntaxError(line(), absl::StrCat("cannot assign to ", name));
    parameter.name = Store(name);
    for (const Parameter& other : macro->parameters) {
      if (other.name == parameter.name) {
        return SyntaxError(line(), absl::StrCat("two parameters named '", name, "'"));
      }
    }
    if (name == "caller") return Unsupported(line(), "a parameter named 'caller'");
    if (SkipOperator("=")) {
      ASSIGN_OR_RETURN(parameter.if_absent, Expression());
    } else if (!macro->parameters.empty() && macro->parameters.back().if_absent != nullptr) {
      return SyntaxError(line(), "a parameter without a default follows one with a default");
    }
    macro->parameters.push_back(std::move(parameter));
  }
  return ExpectOperator(")");
}

absl::Status Parser::MacroBody(MacroDef* macro, absl::string_view end) {
  const Restore<bool> restore(&in_loop_, false);
  macros_.push_back(macro);
  ASSIGN_OR_RETURN(macro->body.body, Body({end}));
  macros_.pop_back();
  for (const Parameter& parameter : macro->parameters) {  // then they are ordinary names
    if (parameter.name == program_->kwargs) macro->reads_kwargs = false;
    if (parameter.name == program_->varargs) macro->reads_varargs = false;
  }
  return ExpectName(end);
}

absl::Status Parser::Macro(Stmt* stmt) {
  stmt->kind = StmtKind::kMacro;
  stmt->macro = std::make_unique<MacroDef>();
  ASSIGN_OR_RETURN(stmt->macro->name, AnyName());
  if (IsReserved(stmt->macro->name)) {
    return SyntaxError(stmt->line, absl::StrCat("cannot assign to ", stmt->macro->name));
  }
  stmt->macro->id = Store(stmt->macro->name);
  RETURN_IF_ERROR(Signature(stmt->macro.get()));
  for (absl::string_view name : {"caller", "kwargs", "varargs"}) Store(name);
  return MacroBody(stmt->macro.get(), "endmacro");
}

absl::Status Parser::Call(Stmt* stmt) {
  stmt->kind = StmtKind::kCallBlock;
  stmt->macro = std::make_unique<MacroDef>();
  stmt->macro->name = "caller";
  if (IsOperator("(")) RETURN_IF_ERROR(Signature(stmt->macro.get()));
  ASSIGN_OR_RETURN(stmt->expr, Expression());
  if (stmt->expr->kind != ExprKind::kCall) return SyntaxError(stmt->line, "expected a call");
  return MacroBody(stmt->macro.get(), "endcall");
}

absl::Status Parser::FilterBlock(Stmt* stmt) {
  stmt->kind = StmtKind::kFilterBlock;
  ASSIGN_OR_RETURN(stmt->expr, FilterChain(Make(ExprKind::kCaptured, stmt->line)));
  ASSIGN_OR_RETURN(stmt->scope.body, Body({"endfilter"}));
  return ExpectName("endfilter");
}

absl::Status Parser::With(Stmt* stmt) {
  stmt->kind = StmtKind::kWith;
  while (Current().type != TokenType::kBlockEnd) {
    if (!stmt->assignments.empty()) RETURN_IF_ERROR(ExpectOperator(","));
    ASSIGN_OR_RETURN(ExprPtr target, AssignTarget(/*with_namespace=*/false));
    RETURN_IF_ERROR(ExpectOperator("="));
    ASSIGN_OR_RETURN(ExprPtr value, Expression());
    stmt->assignments.emplace_back(std::move(target), std::move(value));
  }
  ASSIGN_OR_RETURN(stmt->scope.body, Body({"endwith"}));
  return ExpectName("endwith");
}

absl::Status Parser::Generation(Stmt* stmt) {
  stmt->kind = StmtKind::kGeneration;
  const Restore<bool> restore(&in_loop_, false);  // it is a function in transformers
  ASSIGN_OR_RETURN(stmt->scope.body, Body({"endgeneration"}));
  return ExpectName("endgeneration");
}

absl::Status Parser::LoopControl(Stmt* stmt, StmtKind kind) {
  stmt->kind = kind;
  if (!in_loop_) return SyntaxError(stmt->line, "break and continue need a loop around");
  return absl::OkStatus();
}

// A name, a namespace's attribute, or several: a tuple, in parentheses or not.
Parser::ExprResult Parser::AssignTarget(bool with_namespace) {
  const Nesting nesting(this);
  RETURN_IF_ERROR(nesting.Check());
  ExprPtr tuple = Make(ExprKind::kTuple, line());
  while (true) {
    const bool at_end = Current().type == TokenType::kBlockEnd || IsOperator(")");
    if (at_end && !tuple->children.empty()) break;  // a trailing comma
    ASSIGN_OR_RETURN(ExprPtr item, TargetItem(with_namespace));
    if (tuple->children.empty() && !IsOperator(",")) return item;
    tuple->children.push_back(std::move(item));
    if (!SkipOperator(",")) break;
  }
  return Finish(std::move(tuple));
}

Parser::ExprResult Parser::TargetItem(bool with_namespace) {
  if (SkipOperator("(")) {
    ASSIGN_OR_RETURN(ExprPtr tuple, AssignTarget(with_namespace));
    RETURN_IF_ERROR(ExpectOperator(")"));
    return tuple;
  }
  ExprPtr node = Make(ExprKind::kName, line());
  ASSIGN_OR_RETURN(const std::string name, AnyName());
  if (IsReserved(name)) return SyntaxError(node->line, absl::StrCat("cannot assign to ", name));
  if (with_namespace && SkipOperator(".")) {
    node->kind = ExprKind::kNamespaceRef;
    node->name = Intern(name);
    ASSIGN_OR_RETURN(node->text, AnyName());
    return node;
  }
  if (name == "loop" && for_depth_ > 0) {
    return SyntaxError(node->line, "cannot assign to the loop variable inside a loop");
  }
  node->name = Store(name);
  return node;
}

}  // namespace jinja
}  // namespace baton
