#include "router/chat/jinja/template.h"

#include <set>
#include <utility>

#include "common/status_macros.h"
#include "router/chat/jinja/evaluator.h"
#include "router/chat/jinja/parser.h"

namespace baton {
namespace jinja {
namespace {

// Looks for loops over `name`, and over variables set from it.
class LoopFinder {
 public:
  LoopFinder(const Program& program, absl::string_view name) : program_(program), name_(name) {}

  bool In(const Block& block) {
    for (const auto& stmt : block) {
      if (InStmt(*stmt)) return true;
    }
    return false;
  }

 private:
  bool InStmt(const Stmt& stmt) {
    if (stmt.kind == StmtKind::kSet && stmt.target->kind == ExprKind::kName && Is(*stmt.expr)) {
      aliases_.insert(stmt.target->name);
    }
    if (stmt.kind == StmtKind::kFor && Is(*stmt.expr)) return true;
    for (const auto& [condition, body] : stmt.branches) {
      if (In(body)) return true;
    }
    return In(stmt.scope.body) || In(stmt.else_scope.body) ||
           (stmt.macro != nullptr && In(stmt.macro->body.body));
  }

  bool Is(const Expr& expr) const {
    switch (expr.kind) {
      case ExprKind::kName:
        return aliases_.count(expr.name) > 0 ||
               program_.names[static_cast<size_t>(expr.name)] == name_;
      case ExprKind::kGetAttr:
        return expr.text == name_;
      case ExprKind::kGetItem: {
        const Value& key = expr.children[1]->value;
        return key.is(Kind::kString) && key.text().bytes() == name_;
      }
      case ExprKind::kFilter:
        return Is(*expr.children[0]);
      default:
        return false;
    }
  }

  const Program& program_;
  const absl::string_view name_;
  std::set<NameId> aliases_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<const Template>> Template::Parse(absl::string_view source) {
  ASSIGN_OR_RETURN(std::unique_ptr<const Program> program, ParseProgram(source));
  return std::unique_ptr<const Template>(new Template(std::move(program)));
}

absl::StatusOr<Text> Template::Render(Runtime& runtime, const Dict& variables) const {
  return Evaluator(*program_, variables, runtime).Run();
}

bool Template::IteratesOver(absl::string_view name) const {
  return LoopFinder(*program_, name).In(program_->root.body);
}

}  // namespace jinja
}  // namespace baton
