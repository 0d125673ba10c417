// Runs a program once: expressions to values (evaluator_expressions.cc), statements to text
// (evaluator_statements.cc).
#ifndef BATON_ROUTER_CHAT_JINJA_EVALUATOR_H_
#define BATON_ROUTER_CHAT_JINJA_EVALUATOR_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "router/chat/jinja/ast.h"
#include "router/chat/jinja/environment.h"
#include "router/chat/jinja/runtime.h"
#include "router/chat/jinja/text.h"
#include "router/chat/jinja/value.h"

namespace baton {
namespace jinja {

// Not thread-safe; the program may be shared. All three must outlive it.
class Evaluator {
 public:
  Evaluator(const Program& program, const Dict& variables, Runtime& runtime);

  absl::StatusOr<Text> Run();

  // For macros and loops.
  Runtime& runtime() { return runtime_; }
  absl::StatusOr<Value> Eval(const Expr& expr, const EnvironmentPtr& env);
  absl::Status Assign(const Expr& target, Value value, const EnvironmentPtr& env);
  // The output of a scope's body.
  absl::StatusOr<Value> Capture(const Scope& scope, const EnvironmentPtr& env);
  absl::StatusOr<Value> CallMacro(const MacroDef& macro, const EnvironmentPtr& outer,
                                  CallArgs args);
  static EnvironmentPtr Enter(const EnvironmentPtr& outer, const Scope& scope) {
    return std::make_shared<Environment>(outer, scope.undefined);
  }

 private:
  enum class Flow { kNormal, kBreak, kContinue };
  using FlowResult = absl::StatusOr<Flow>;

  FlowResult ExecBlock(const Block& block, const EnvironmentPtr& env, TextBuilder* out);
  FlowResult Exec(const Stmt& stmt, const EnvironmentPtr& env, TextBuilder* out);
  FlowResult ExecIf(const Stmt& stmt, const EnvironmentPtr& env, TextBuilder* out);
  FlowResult ExecFor(const Stmt& stmt, const EnvironmentPtr& env, TextBuilder* out);
  FlowResult ExecScope(const Stmt& stmt, const EnvironmentPtr& env, TextBuilder* out);
  FlowResult ExecCaptured(const Stmt& stmt, const EnvironmentPtr& env, TextBuilder* out);
  FlowResult ExecCallBlock(const Stmt& stmt, const EnvironmentPtr& env, TextBuilder* out);
  absl::Status BindParameters(const MacroDef& macro, const EnvironmentPtr& env, CallArgs* args);
  absl::Status BindRest(const MacroDef& macro, const EnvironmentPtr& env, CallArgs args);
  absl::Status Print(const Value& value, TextBuilder* out);

  absl::StatusOr<Value> EvalInner(const Expr& expr, const EnvironmentPtr& env);
  absl::StatusOr<Value> EvalName(NameId name, const EnvironmentPtr& env);
  absl::StatusOr<Value> EvalSequence(const Expr& expr, const EnvironmentPtr& env);
  absl::StatusOr<Value> EvalDict(const Expr& expr, const EnvironmentPtr& env);
  absl::StatusOr<Value> EvalUnary(const Expr& expr, const EnvironmentPtr& env);
  absl::StatusOr<Value> EvalBinary(const Expr& expr, const EnvironmentPtr& env);
  absl::StatusOr<Value> EvalConcat(const Expr& expr, const EnvironmentPtr& env);
  absl::StatusOr<Value> EvalCompare(const Expr& expr, const EnvironmentPtr& env);
  absl::StatusOr<Value> EvalConditional(const Expr& expr, const EnvironmentPtr& env);
  absl::StatusOr<Value> EvalAccess(const Expr& expr, const EnvironmentPtr& env);
  absl::StatusOr<Value> EvalSlice(const Expr& expr, const EnvironmentPtr& env);
  absl::StatusOr<Value> EvalCall(const Expr& expr, const EnvironmentPtr& env, const Value* caller);
  absl::StatusOr<Value> EvalApply(const Expr& expr, const EnvironmentPtr& env);
  absl::StatusOr<CallArgs> EvalArgs(const Expr& expr, const EnvironmentPtr& env);

  const Program& program_;
  Runtime& runtime_;
  std::vector<Value> globals_;  // by NameId; undefined where there is none
  std::vector<bool> has_global_;
  const Value* captured_ = nullptr;  // what ExprKind::kCaptured stands for
  TextBuilder* root_ = nullptr;      // the rendering's own output, whose size is limited
};

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_EVALUATOR_H_
