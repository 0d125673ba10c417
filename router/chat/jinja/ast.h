// The syntax tree of a template, as the parser leaves it: names are numbers, every filter, test,
// function and method it names exists, and no path through it is deeper than kMaxTreeDepth.
#ifndef BATON_ROUTER_CHAT_JINJA_AST_H_
#define BATON_ROUTER_CHAT_JINJA_AST_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "router/chat/jinja/arithmetic.h"
#include "router/chat/jinja/compare.h"
#include "router/chat/jinja/filters.h"
#include "router/chat/jinja/predicates.h"
#include "router/chat/jinja/value.h"

namespace baton {
namespace jinja {

constexpr int kMaxTreeDepth = 200;

struct Expr;
struct Stmt;
using ExprPtr = std::unique_ptr<Expr>;
using Block = std::vector<std::unique_ptr<Stmt>>;
using NameId = int;  // index in Program::names

enum class ExprKind {
  kConstant,      // value
  kName,          // name
  kNamespaceRef,  // name.text, as a target
  kTuple,         // children; also a target, of names and namespace references
  kList,          // children
  kDict,          // children: key, value, key, value ...
  kUnary,         // text is "-", "+" or "not"; children[0]
  kArithmetic,    // arithmetic; children[0], children[1]
  kConcat,        // children, joined by ~
  kCompare,       // children[0] compare_ops[0] children[1] compare_ops[1] ...
  kAnd,           // children[0], children[1]
  kOr,
  kConditional,  // children: value, condition, else or null
  kGetAttr,      // children[0].text
  kGetItem,      // children[0][children[1]]
  kSlice,        // children: object, start, stop, step; the last three may be null
  kCall,         // children[0](args)
  kFilter,       // children[0] | filter(args)
  kTest,         // children[0] is predicate(args)
  kCaptured,     // what a block set or filter block captured: the innermost input of its filters
};

struct Argument {
  enum class Kind { kPositional, kKeyword, kStar, kDoubleStar };
  Kind kind;
  std::string keyword;
  ExprPtr value;
};

struct Expr {
  ExprKind kind;
  int line = 0;
  int depth = 1;
  Value value;
  NameId name = -1;
  std::string text;
  ArithmeticOp arithmetic = ArithmeticOp::kAdd;
  std::vector<CompareOp> compare_ops;
  const Filter* filter = nullptr;
  const Predicate* predicate = nullptr;
  std::vector<ExprPtr> children;
  std::vector<Argument> args;
};

// A scope of names: what is assigned in it does not leave it.
struct Scope {
  Block body;
  // Names that count as undefined from the start although an outer scope or the caller may define
  // them, because this scope assigns them before it reads them (see scopes.h).
  std::vector<NameId> undefined;
};

struct Parameter {
  NameId name;
  ExprPtr if_absent;  // may be null
};

// A macro, or the body of a call block, which its macro calls as caller().
struct MacroDef {
  std::string name;
  NameId id = -1;
  std::vector<Parameter> parameters;
  Scope body;
  // What its body reads without being passed it: these make Jinja accept more arguments.
  bool reads_caller = false, reads_kwargs = false, reads_varargs = false;
};

enum class StmtKind {
  kText,         // text
  kPrint,        // expr
  kIf,           // branches, then else_scope.body (no scope of its own)
  kFor,          // target in expr if test: scope; else: else_scope
  kSet,          // target = expr
  kSetBlock,     // target = the output of scope, through expr (filters over kCaptured, or null)
  kMacro,        // macro
  kCallBlock,    // expr (a call), passed macro as caller
  kFilterBlock,  // the output of scope through expr
  kWith,         // assignments, then scope
  kGeneration,   // scope; marks what the model generates, which changes nothing here
  kBreak,
  kContinue,
};

struct Stmt {
  StmtKind kind;
  int line = 0;
  std::string text;
  ExprPtr target, expr, test;
  std::vector<std::pair<ExprPtr, Block>> branches;
  std::vector<std::pair<ExprPtr, ExprPtr>> assignments;
  Scope scope, else_scope;
  std::unique_ptr<MacroDef> macro;
};

struct Program {
  Scope root;
  std::vector<std::string> names;
  // Names that Jinja itself sets.
  NameId loop = -1, caller = -1, kwargs = -1, varargs = -1;
};

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_AST_H_
