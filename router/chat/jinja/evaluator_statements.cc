#include <algorithm>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "router/chat/jinja/compare.h"
#include "router/chat/jinja/evaluator.h"
#include "router/chat/jinja/format.h"
#include "router/chat/jinja/functions.h"
#include "router/chat/jinja/iteration.h"
#include "router/chat/jinja/loop.h"

namespace baton {
namespace jinja {
namespace {

// The same error saying at which line it happened, unless it says so already or is the template's
// own word.
absl::Status AtLine(const absl::Status& status, int line) {
  constexpr absl::string_view kHasLine = "baton/template-line";
  if (status.GetPayload(kHasLine).has_value() || IsRaisedByTemplate(status)) return status;
  absl::Status located(status.code(),
                       absl::StrCat("chat template: line ", line, ": ", status.message()));
  located.SetPayload(kHasLine, absl::Cord());
  return located;
}

class Macro : public Object {
 public:
  Macro(Evaluator* evaluator, const MacroDef& def, const EnvironmentPtr& env)
      : evaluator_(evaluator), def_(def), env_(env) {}
  absl::string_view type_name() const override { return "Macro"; }
  absl::StatusOr<Value> Call(Runtime&, CallArgs args) override {
    const EnvironmentPtr env = env_.lock();
    if (env == nullptr) {
      return absl::UnimplementedError(
          absl::StrCat("calling the macro '", def_.name, "' after the scope it was defined in"));
    }
    return evaluator_->CallMacro(def_, env, std::move(args));
  }

 private:
  Evaluator* const evaluator_;
  const MacroDef& def_;
  const std::weak_ptr<Environment> env_;
};

// The keyword argument `name`, taken out of `args`.
std::optional<Value> Take(CallArgs* args, absl::string_view name) {
  const auto it = std::find_if(args->keywords.begin(), args->keywords.end(),
                               [name](const auto& keyword) { return keyword.first == name; });
  if (it == args->keywords.end()) return std::nullopt;
  Value value = std::move(it->second);
  args->keywords.erase(it);
  return value;
}

}  // namespace

Evaluator::Evaluator(const Program& program, const Dict& variables, Runtime& runtime)
    : program_(program), runtime_(runtime) {
  for (const std::string& name : program.names) {
    const Value* variable = variables.Find(name);
    const Function* function = variable == nullptr ? FindFunction(name) : nullptr;
    globals_.push_back(variable != nullptr   ? *variable
                       : function != nullptr ? FunctionValue(*function)
                                             : Value());
    has_global_.push_back(variable != nullptr || function != nullptr);
  }
}

absl::StatusOr<Text> Evaluator::Run() {
  TextBuilder out;
  root_ = &out;
  RETURN_IF_ERROR(ExecBlock(program_.root.body, Enter(nullptr, program_.root), &out).status());
  return out.Build();
}

Evaluator::FlowResult Evaluator::ExecBlock(const Block& block, const EnvironmentPtr& env,
                                           TextBuilder* out) {
  for (const auto& stmt : block) {
    const FlowResult flow = Exec(*stmt, env, out);
    if (!flow.ok()) return AtLine(flow.status(), stmt->line);
    if (*flow != Flow::kNormal) return flow;
  }
  return Flow::kNormal;
}

Evaluator::FlowResult Evaluator::Exec(const Stmt& stmt, const EnvironmentPtr& env,
                                      TextBuilder* out) {
  const Budget::Level level(&runtime_.budget());
  RETURN_IF_ERROR(level.Check());
  RETURN_IF_ERROR(runtime_.budget().Steps(1));
  switch (stmt.kind) {
    case StmtKind::kText:
      RETURN_IF_ERROR(Print(Value::String(stmt.text, true), out));
      return Flow::kNormal;
    case StmtKind::kPrint: {
      ASSIGN_OR_RETURN(const Value value, Eval(*stmt.expr, env));
      RETURN_IF_ERROR(Print(value, out));
      return Flow::kNormal;
    }
    case StmtKind::kSet: {
      ASSIGN_OR_RETURN(Value value, Eval(*stmt.expr, env));
      RETURN_IF_ERROR(Assign(*stmt.target, std::move(value), env));
      return Flow::kNormal;
    }
    case StmtKind::kMacro:
      env->Set(stmt.macro->id, Value::Of(std::make_shared<Macro>(this, *stmt.macro, env)));
      return Flow::kNormal;
    case StmtKind::kIf:
      return ExecIf(stmt, env, out);
    case StmtKind::kFor:
      return ExecFor(stmt, env, out);
    case StmtKind::kSetBlock:
    case StmtKind::kFilterBlock:
      return ExecCaptured(stmt, env, out);
    case StmtKind::kWith:
    case StmtKind::kGeneration:
      return ExecScope(stmt, env, out);
    case StmtKind::kCallBlock:
      return ExecCallBlock(stmt, env, out);
    case StmtKind::kBreak:
      return Flow::kBreak;
    case StmtKind::kContinue:
      return Flow::kContinue;
  }
  return absl::InternalError("a statement that is none");
}

absl::Status Evaluator::Print(const Value& value, TextBuilder* out) {
  RETURN_IF_ERROR(AppendStr(runtime_.budget(), value, out));
  return out == root_ ? runtime_.budget().CheckOutput(out->size()) : absl::OkStatus();
}

Evaluator::FlowResult Evaluator::ExecIf(const Stmt& stmt, const EnvironmentPtr& env,
                                        TextBuilder* out) {
  for (const auto& [condition, body] : stmt.branches) {
    ASSIGN_OR_RETURN(const Value value, Eval(*condition, env));
    if (Truthy(value)) return ExecBlock(body, env, out);
  }
  return ExecBlock(stmt.else_scope.body, env, out);
}

Evaluator::FlowResult Evaluator::ExecFor(const Stmt& stmt, const EnvironmentPtr& env,
                                         TextBuilder* out) {
  ASSIGN_OR_RETURN(Value iterable, Eval(*stmt.expr, env));
  ASSIGN_OR_RETURN(const std::shared_ptr<Loop> loop,
                   Loop::Start(this, stmt, std::move(iterable), env));
  const auto finish = absl::MakeCleanup([&loop] { loop->Finish(); });
  bool completed_any = false;  // Jinja's else runs unless some iteration got to its end
  while (true) {
    Value item;
    ASSIGN_OR_RETURN(const bool more, loop->Advance(&item));
    if (!more) break;
    const EnvironmentPtr inner = Enter(env, stmt.scope);
    inner->Set(program_.loop, Value::Of(std::shared_ptr<Object>(loop)));
    RETURN_IF_ERROR(Assign(*stmt.target, std::move(item), inner));
    ASSIGN_OR_RETURN(const Flow flow, ExecBlock(stmt.scope.body, inner, out));
    if (flow == Flow::kBreak) break;
    if (flow == Flow::kNormal) completed_any = true;
  }
  if (completed_any) return Flow::kNormal;
  return ExecBlock(stmt.else_scope.body, Enter(env, stmt.else_scope), out);
}

Evaluator::FlowResult Evaluator::ExecScope(const Stmt& stmt, const EnvironmentPtr& env,
                                           TextBuilder* out) {
  const EnvironmentPtr inner = Enter(env, stmt.scope);
  for (const auto& [target, expr] : stmt.assignments) {
    ASSIGN_OR_RETURN(Value value, Eval(*expr, env));
    RETURN_IF_ERROR(Assign(*target, std::move(value), inner));
  }
  return ExecBlock(stmt.scope.body, inner, out);
}

// A block set or a filter block.
Evaluator::FlowResult Evaluator::ExecCaptured(const Stmt& stmt, const EnvironmentPtr& env,
                                              TextBuilder* out) {
  const EnvironmentPtr inner = Enter(env, stmt.scope);
  TextBuilder captured;
  ASSIGN_OR_RETURN(const Flow flow, ExecBlock(stmt.scope.body, inner, &captured));
  if (flow != Flow::kNormal) return flow;
  ASSIGN_OR_RETURN(Value value, MakeString(runtime_.budget(), captured.Build()));
  if (stmt.expr != nullptr) {
    const Value input = value;
    const Value* const outer = captured_;
    captured_ = &input;
    absl::StatusOr<Value> filtered = Eval(*stmt.expr, inner);
    captured_ = outer;
    ASSIGN_OR_RETURN(value, std::move(filtered));
  }
  if (stmt.kind == StmtKind::kFilterBlock) {
    RETURN_IF_ERROR(Print(value, out));
  } else {
    RETURN_IF_ERROR(Assign(*stmt.target, std::move(value), env));
  }
  return Flow::kNormal;
}

Evaluator::FlowResult Evaluator::ExecCallBlock(const Stmt& stmt, const EnvironmentPtr& env,
                                               TextBuilder* out) {
  const Value caller = Value::Of(std::make_shared<Macro>(this, *stmt.macro, env));
  ASSIGN_OR_RETURN(const Value result, EvalCall(*stmt.expr, env, &caller));
  RETURN_IF_ERROR(Print(result, out));
  return Flow::kNormal;
}

absl::StatusOr<Value> Evaluator::Capture(const Scope& scope, const EnvironmentPtr& env) {
  TextBuilder out;
  RETURN_IF_ERROR(ExecBlock(scope.body, env, &out).status());
  return MakeString(runtime_.budget(), out.Build());
}

absl::StatusOr<Value> Evaluator::CallMacro(const MacroDef& macro, const EnvironmentPtr& outer,
                                           CallArgs args) {
  const EnvironmentPtr env = Enter(outer, macro.body);
  RETURN_IF_ERROR(BindParameters(macro, env, &args));
  RETURN_IF_ERROR(BindRest(macro, env, std::move(args)));
  return Capture(macro.body, env);
}

// Sets the parameters, first to what was passed, then to defaults in order, which may use the
// parameters before. Leaves in `args` what is over.
absl::Status Evaluator::BindParameters(const MacroDef& macro, const EnvironmentPtr& env,
                                       CallArgs* args) {
  const size_t passed = std::min(args->positional.size(), macro.parameters.size());
  std::vector<const Parameter*> absent;
  for (size_t i = 0; i < macro.parameters.size(); ++i) {
    const Parameter& parameter = macro.parameters[i];
    const std::string& name = program_.names[static_cast<size_t>(parameter.name)];
    std::optional<Value> value = i < passed ? std::move(args->positional[i]) : Take(args, name);
    if (!value.has_value()) {
      absent.push_back(&parameter);
      value = Value::Undefined(absl::StrCat("parameter '", name, "' was not provided"));
    }
    env->Set(parameter.name, *std::move(value));
  }
  args->positional.erase(args->positional.begin(),
                         args->positional.begin() + static_cast<std::ptrdiff_t>(passed));
  for (const Parameter* parameter : absent) {
    if (parameter->if_absent == nullptr) continue;
    ASSIGN_OR_RETURN(Value value, Eval(*parameter->if_absent, env));
    env->Set(parameter->name, std::move(value));
  }
  return absl::OkStatus();
}

// Sets caller, kwargs and varargs for a macro that reads them; more arguments than these take are
// an error.
absl::Status Evaluator::BindRest(const MacroDef& macro, const EnvironmentPtr& env, CallArgs args) {
  if (macro.reads_caller) {
    env->Set(program_.caller,
             Take(&args, "caller").value_or(Value::Undefined("no caller defined")));
  }
  if (macro.reads_kwargs) {
    auto dict = std::make_shared<Dict>();
    for (auto& [keyword, value] : args.keywords) {
      RETURN_IF_ERROR(dict->Set(runtime_.budget(), Value::String(keyword, true), std::move(value)));
    }
    ASSIGN_OR_RETURN(Value kwargs, MakeDict(runtime_.budget(), std::move(dict)));
    env->Set(program_.kwargs, std::move(kwargs));
  } else if (!args.keywords.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "macro '", macro.name, "' takes no keyword argument '", args.keywords[0].first, "'"));
  }
  if (macro.reads_varargs) {
    ASSIGN_OR_RETURN(Value varargs, MakeSequence(runtime_.budget(), SequenceKind::kTuple,
                                                 std::move(args.positional)));
    env->Set(program_.varargs, std::move(varargs));
  } else if (!args.positional.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("macro '", macro.name, "' takes not more than ",
                                                   macro.parameters.size(), " argument(s)"));
  }
  return absl::OkStatus();
}

absl::Status Evaluator::Assign(const Expr& target, Value value, const EnvironmentPtr& env) {
  if (target.kind == ExprKind::kName) {
    env->Set(target.name, std::move(value));
    return absl::OkStatus();
  }
  if (target.kind == ExprKind::kNamespaceRef) {
    ASSIGN_OR_RETURN(const Value ns, EvalName(target.name, env));
    if (!ns.is(Kind::kNamespace)) {
      return absl::InvalidArgumentError("cannot assign attribute on non-namespace object");
    }
    return SetAttribute(runtime_.budget(), ns.ns(), target.text, std::move(value));
  }
  ASSIGN_OR_RETURN(std::vector<Value> items, Items(runtime_.budget(), value));
  if (items.size() != target.children.size()) {
    return absl::InvalidArgumentError(absl::StrCat("cannot unpack ", items.size(), " values into ",
                                                   target.children.size(), " names"));
  }
  for (size_t i = 0; i < items.size(); ++i) {
    RETURN_IF_ERROR(Assign(*target.children[i], std::move(items[i]), env));
  }
  return absl::OkStatus();
}

}  // namespace jinja
}  // namespace baton
