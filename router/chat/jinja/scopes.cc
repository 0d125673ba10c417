#include "router/chat/jinja/scopes.h"

#include <map>
#include <set>

namespace baton {
namespace jinja {
namespace {

// What a scope knows of names once its own statements (not those of scopes inside) have been gone
// through.
struct Symbols {
  const Symbols* parent = nullptr;
  std::map<NameId, bool> refs;  // every name it has met -> whether it starts undefined
  std::set<NameId> stores;

  bool Knows(NameId name) const {
    return refs.count(name) > 0 || (parent != nullptr && parent->Knows(name));
  }
  void Load(NameId name) {
    if (!Knows(name)) refs[name] = false;
  }
  void Store(NameId name) {
    stores.insert(name);
    if (refs.count(name) == 0) refs[name] = parent == nullptr || !parent->Knows(name);
  }
  void Declare(NameId name) {  // a parameter: always set
    stores.insert(name);
    refs[name] = false;
  }
};

class Resolver {
 public:
  void Root(Scope* scope) { Inner(nullptr, scope, {}); }

 private:
  // Goes through a scope in which `declared` are set from outside, then through the scopes inside.
  void Inner(const Symbols* parent, Scope* scope, const std::vector<NameId>& declared) {
    Symbols symbols;
    symbols.parent = parent;
    for (NameId name : declared) symbols.Declare(name);
    VisitBlock(scope->body, &symbols);
    for (const auto& [name, undefined] : symbols.refs) {
      if (undefined) scope->undefined.push_back(name);
    }
    Descend(scope->body, symbols);
  }

  void Visit(const Expr* expr, Symbols* symbols) {
    if (expr == nullptr) return;
    if (expr->kind == ExprKind::kName || expr->kind == ExprKind::kNamespaceRef) {
      symbols->Load(expr->name);
    }
    for (const ExprPtr& child : expr->children) Visit(child.get(), symbols);
    for (const Argument& arg : expr->args) Visit(arg.value.get(), symbols);
  }

  void VisitTarget(const Expr& target, Symbols* symbols) {
    if (target.kind == ExprKind::kName) symbols->Store(target.name);
    if (target.kind == ExprKind::kNamespaceRef) symbols->Load(target.name);
    for (const ExprPtr& child : target.children) VisitTarget(*child, symbols);
  }

  void VisitBlock(const Block& block, Symbols* symbols) {
    for (const auto& stmt : block) VisitStmt(*stmt, symbols);
  }

  void VisitStmt(const Stmt& stmt, Symbols* symbols) {
    switch (stmt.kind) {
      case StmtKind::kIf:
        return VisitIf(stmt, 0, symbols);
      case StmtKind::kSet:
        Visit(stmt.expr.get(), symbols);
        return VisitTarget(*stmt.target, symbols);
      case StmtKind::kSetBlock:
        return VisitTarget(*stmt.target, symbols);
      case StmtKind::kMacro:
        return symbols->Store(stmt.macro->id);
      case StmtKind::kWith:
        for (const auto& [target, value] : stmt.assignments) Visit(value.get(), symbols);
        return;
      default:
        return Visit(stmt.expr.get(), symbols);
    }
  }

  // A branch, and what follows it as Jinja nests it: `elif` is an `if` of its own beside the body
  // and the else.
  void VisitIf(const Stmt& stmt, size_t branch, Symbols* symbols) {
    Visit(stmt.branches[branch].first.get(), symbols);
    Symbols body = *symbols, elifs = *symbols, otherwise = *symbols;
    VisitBlock(stmt.branches[branch].second, &body);
    if (branch == 0) {
      for (size_t i = 1; i < stmt.branches.size(); ++i) VisitIf(stmt, i, &elifs);
      VisitBlock(stmt.else_scope.body, &otherwise);
    }
    Merge({&body, &elifs, &otherwise}, symbols);
  }

  // What only some branch assigns may be had from outside when that branch is not taken.
  static void Merge(std::initializer_list<const Symbols*> branches, Symbols* symbols) {
    std::set<NameId> stored;
    for (const Symbols* branch : branches) {
      for (NameId name : branch->stores) {
        if (symbols->stores.count(name) == 0) stored.insert(name);
      }
    }
    for (const Symbols* branch : branches) {
      for (const auto& [name, undefined] : branch->refs) symbols->refs[name] = undefined;
      symbols->stores.insert(branch->stores.begin(), branch->stores.end());
    }
    for (NameId name : stored) symbols->refs[name] = false;
  }

  void Descend(const Block& block, const Symbols& symbols) {
    for (const auto& stmt : block) DescendStmt(stmt.get(), symbols);
  }

  static void AppendNames(const Expr& target, std::vector<NameId>* names) {
    if (target.kind == ExprKind::kName) names->push_back(target.name);
    for (const ExprPtr& child : target.children) AppendNames(*child, names);
  }

  void DescendStmt(Stmt* stmt, const Symbols& symbols) {
    std::vector<NameId> declared;
    switch (stmt->kind) {
      case StmtKind::kIf:  // no scope of its own
        for (const auto& [condition, body] : stmt->branches) Descend(body, symbols);
        Descend(stmt->else_scope.body, symbols);
        return;
      case StmtKind::kFor:
        AppendNames(*stmt->target, &declared);
        Inner(&symbols, &stmt->scope, declared);
        Inner(&symbols, &stmt->else_scope, {});
        return;
      case StmtKind::kMacro:
      case StmtKind::kCallBlock:
        for (const Parameter& parameter : stmt->macro->parameters) {
          declared.push_back(parameter.name);
        }
        Inner(&symbols, &stmt->macro->body, declared);
        return;
      case StmtKind::kWith:
        for (const auto& [target, value] : stmt->assignments) AppendNames(*target, &declared);
        Inner(&symbols, &stmt->scope, declared);
        return;
      case StmtKind::kSetBlock:
      case StmtKind::kFilterBlock:
      case StmtKind::kGeneration:
        Inner(&symbols, &stmt->scope, {});
        return;
      default:
        return;
    }
  }
};

}  // namespace

void ResolveScopes(Program* program) { Resolver().Root(&program->root); }

}  // namespace jinja
}  // namespace baton
