#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "router/chat/jinja/access.h"
#include "router/chat/jinja/arithmetic.h"
#include "router/chat/jinja/compare.h"
#include "router/chat/jinja/evaluator.h"
#include "router/chat/jinja/format.h"
#include "router/chat/jinja/iteration.h"

namespace baton {
namespace jinja {

using Result = absl::StatusOr<Value>;

Result Evaluator::Eval(const Expr& expr, const EnvironmentPtr& env) {
  const Budget::Level level(&runtime_.budget());
  RETURN_IF_ERROR(level.Check());
  RETURN_IF_ERROR(runtime_.budget().Steps(1));
  return EvalInner(expr, env);
}

Result Evaluator::EvalInner(const Expr& expr, const EnvironmentPtr& env) {
  switch (expr.kind) {
    case ExprKind::kConstant:
      return expr.value;
    case ExprKind::kName:
      return EvalName(expr.name, env);
    case ExprKind::kCaptured:
      return *captured_;
    case ExprKind::kTuple:
    case ExprKind::kList:
      return EvalSequence(expr, env);
    case ExprKind::kDict:
      return EvalDict(expr, env);
    case ExprKind::kUnary:
      return EvalUnary(expr, env);
    case ExprKind::kArithmetic:
    case ExprKind::kAnd:
    case ExprKind::kOr:
      return EvalBinary(expr, env);
    case ExprKind::kConcat:
      return EvalConcat(expr, env);
    case ExprKind::kCompare:
      return EvalCompare(expr, env);
    case ExprKind::kConditional:
      return EvalConditional(expr, env);
    case ExprKind::kGetAttr:
    case ExprKind::kGetItem:
      return EvalAccess(expr, env);
    case ExprKind::kSlice:
      return EvalSlice(expr, env);
    case ExprKind::kCall:
      return EvalCall(expr, env, nullptr);
    case ExprKind::kFilter:
    case ExprKind::kTest:
      return EvalApply(expr, env);
    case ExprKind::kNamespaceRef:
      break;  // a target
  }
  return absl::InternalError("an expression that is none");
}

Result Evaluator::EvalName(NameId name, const EnvironmentPtr& env) {
  const std::optional<Value>* found = env->Find(name);
  if (found != nullptr && found->has_value()) return **found;
  const size_t index = static_cast<size_t>(name);
  if (found == nullptr && has_global_[index]) return globals_[index];
  return Value::Undefined(absl::StrCat("'", program_.names[index], "' is undefined"));
}

Result Evaluator::EvalSequence(const Expr& expr, const EnvironmentPtr& env) {
  std::vector<Value> items;
  items.reserve(expr.children.size());
  for (const ExprPtr& child : expr.children) {
    ASSIGN_OR_RETURN(Value item, Eval(*child, env));
    items.push_back(std::move(item));
  }
  return MakeSequence(runtime_.budget(),
                      expr.kind == ExprKind::kTuple ? SequenceKind::kTuple : SequenceKind::kList,
                      std::move(items));
}

Result Evaluator::EvalDict(const Expr& expr, const EnvironmentPtr& env) {
  auto dict = std::make_shared<Dict>();
  for (size_t i = 0; i < expr.children.size(); i += 2) {
    ASSIGN_OR_RETURN(Value key, Eval(*expr.children[i], env));
    ASSIGN_OR_RETURN(Value value, Eval(*expr.children[i + 1], env));
    RETURN_IF_ERROR(dict->Set(runtime_.budget(), std::move(key), std::move(value)));
  }
  return MakeDict(runtime_.budget(), std::move(dict));
}

Result Evaluator::EvalUnary(const Expr& expr, const EnvironmentPtr& env) {
  ASSIGN_OR_RETURN(const Value operand, Eval(*expr.children[0], env));
  if (expr.text == "not") return Value::Bool(!Truthy(operand));
  return expr.text == "-" ? Negate(operand) : Positive(operand);
}

Result Evaluator::EvalBinary(const Expr& expr, const EnvironmentPtr& env) {
  ASSIGN_OR_RETURN(Value left, Eval(*expr.children[0], env));
  if (expr.kind == ExprKind::kAnd && !Truthy(left)) return left;
  if (expr.kind == ExprKind::kOr && Truthy(left)) return left;
  ASSIGN_OR_RETURN(Value right, Eval(*expr.children[1], env));
  if (expr.kind != ExprKind::kArithmetic) return right;
  return Arithmetic(runtime_.budget(), expr.arithmetic, left, right);
}

Result Evaluator::EvalConcat(const Expr& expr, const EnvironmentPtr& env) {
  TextBuilder out;
  for (const ExprPtr& child : expr.children) {
    ASSIGN_OR_RETURN(const Value part, Eval(*child, env));
    RETURN_IF_ERROR(AppendStr(runtime_.budget(), part, &out));
  }
  return MakeString(runtime_.budget(), out.Build());
}

Result Evaluator::EvalCompare(const Expr& expr, const EnvironmentPtr& env) {
  ASSIGN_OR_RETURN(Value left, Eval(*expr.children[0], env));
  for (size_t i = 0; i < expr.compare_ops.size(); ++i) {
    ASSIGN_OR_RETURN(Value right, Eval(*expr.children[i + 1], env));
    ASSIGN_OR_RETURN(const bool holds,
                     Compare(runtime_.budget(), expr.compare_ops[i], left, right));
    if (!holds) return Value::Bool(false);
    left = std::move(right);
  }
  return Value::Bool(true);
}

Result Evaluator::EvalConditional(const Expr& expr, const EnvironmentPtr& env) {
  ASSIGN_OR_RETURN(const Value condition, Eval(*expr.children[1], env));
  if (Truthy(condition)) return Eval(*expr.children[0], env);
  if (expr.children[2] != nullptr) return Eval(*expr.children[2], env);
  return Value::Undefined(absl::StrCat("the inline if-expression on line ", expr.line,
                                       " evaluated to false and no else section was defined"));
}

Result Evaluator::EvalAccess(const Expr& expr, const EnvironmentPtr& env) {
  ASSIGN_OR_RETURN(const Value object, Eval(*expr.children[0], env));
  if (expr.kind == ExprKind::kGetAttr) return GetAttr(runtime_, object, expr.text);
  ASSIGN_OR_RETURN(const Value key, Eval(*expr.children[1], env));
  return GetItem(runtime_, object, key);
}

Result Evaluator::EvalSlice(const Expr& expr, const EnvironmentPtr& env) {
  ASSIGN_OR_RETURN(const Value object, Eval(*expr.children[0], env));
  SliceBounds bounds;
  Value* const parts[] = {&bounds.start, &bounds.stop, &bounds.step};
  for (size_t i = 0; i < 3; ++i) {
    if (expr.children[i + 1] == nullptr) continue;
    ASSIGN_OR_RETURN(*parts[i], Eval(*expr.children[i + 1], env));
  }
  return GetSlice(runtime_, object, bounds);
}

absl::StatusOr<CallArgs> Evaluator::EvalArgs(const Expr& expr, const EnvironmentPtr& env) {
  CallArgs args;
  for (const Argument& arg : expr.args) {
    ASSIGN_OR_RETURN(Value value, Eval(*arg.value, env));
    switch (arg.kind) {
      case Argument::Kind::kPositional:
        args.positional.push_back(std::move(value));
        break;
      case Argument::Kind::kKeyword:
        args.keywords.emplace_back(arg.keyword, std::move(value));
        break;
      case Argument::Kind::kStar: {
        ASSIGN_OR_RETURN(std::vector<Value> items, Items(runtime_.budget(), value));
        for (Value& item : items) args.positional.push_back(std::move(item));
        break;
      }
      case Argument::Kind::kDoubleStar:
        if (!value.is(Kind::kDict)) {
          return absl::InvalidArgumentError("what follows ** in a call must be a dict");
        }
        for (const auto& [key, item] : value.dict().entries()) {
          if (!key.is(Kind::kString)) {
            return absl::InvalidArgumentError("keywords in a call must be strings");
          }
          RETURN_IF_ERROR(runtime_.budget().Allocate(sizeof(Value) + key.text().size()));
          args.keywords.emplace_back(std::string(key.text().bytes()), item);
        }
    }
  }
  return args;
}

Result Evaluator::EvalCall(const Expr& expr, const EnvironmentPtr& env, const Value* caller) {
  ASSIGN_OR_RETURN(const Value callee, Eval(*expr.children[0], env));
  ASSIGN_OR_RETURN(CallArgs args, EvalArgs(expr, env));
  if (caller != nullptr) args.keywords.emplace_back("caller", *caller);
  if (callee.is(Kind::kUndefined)) return absl::InvalidArgumentError(callee.why_undefined());
  if (!callee.is(Kind::kObject) || !callee.object().callable()) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", callee.type_name(), "' object is not callable"));
  }
  return callee.object().Call(runtime_, std::move(args));
}

Result Evaluator::EvalApply(const Expr& expr, const EnvironmentPtr& env) {
  ASSIGN_OR_RETURN(const Value input, Eval(*expr.children[0], env));
  ASSIGN_OR_RETURN(CallArgs args, EvalArgs(expr, env));
  if (expr.kind == ExprKind::kFilter) {
    return expr.filter->apply(runtime_, input, std::move(args));
  }
  ASSIGN_OR_RETURN(const bool holds, expr.predicate->holds(runtime_, input, std::move(args)));
  return Value::Bool(holds);
}

}  // namespace jinja
}  // namespace baton
