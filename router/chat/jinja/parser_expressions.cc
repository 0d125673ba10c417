#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "router/chat/jinja/methods.h"
#include "router/chat/jinja/parser_impl.h"

namespace baton {
namespace jinja {

ExprPtr Parser::Make(ExprKind kind, int line) const {
  auto node = std::make_unique<Expr>();
  node->kind = kind;
  node->line = line;
  return node;
}

Parser::ExprResult Parser::Finish(ExprPtr node) const {
  for (const ExprPtr& child : node->children) {
    if (child != nullptr) node->depth = std::max(node->depth, child->depth + 1);
  }
  for (const Argument& arg : node->args) node->depth = std::max(node->depth, arg.value->depth + 1);
  if (node->depth > kMaxTreeDepth) {
    return Unsupported(node->line,
                       absl::StrCat("an expression deeper than ", kMaxTreeDepth, " levels"));
  }
  return node;
}

Parser::ExprResult Parser::Binary(ExprKind kind, int line, ExprPtr left, ExprPtr right) const {
  ExprPtr node = Make(kind, line);
  node->children.push_back(std::move(left));
  node->children.push_back(std::move(right));
  return Finish(std::move(node));
}

// One expression, or several with commas: a tuple.
Parser::ExprResult Parser::Tuple(bool with_conditional) {
  ExprPtr tuple = Make(ExprKind::kTuple, line());
  while (true) {
    const TokenType type = Current().type;
    if (type == TokenType::kVariableEnd || type == TokenType::kBlockEnd || IsOperator(")")) {
      if (tuple->children.empty()) return Unexpected("an expression");
      break;
    }
    ASSIGN_OR_RETURN(ExprPtr item, Expression(with_conditional));
    if (tuple->children.empty() && !IsOperator(",")) return item;
    tuple->children.push_back(std::move(item));
    if (!SkipOperator(",")) break;
  }
  return Finish(std::move(tuple));
}

Parser::ExprResult Parser::Expression(bool with_conditional) {
  const Nesting nesting(this);
  RETURN_IF_ERROR(nesting.Check());
  return with_conditional ? Conditional() : Or();
}

Parser::ExprResult Parser::Conditional() {
  const Nesting nesting(this);
  RETURN_IF_ERROR(nesting.Check());
  ASSIGN_OR_RETURN(ExprPtr value, Or());
  while (IsName("if")) {
    ExprPtr node = Make(ExprKind::kConditional, line());
    Advance();
    ASSIGN_OR_RETURN(ExprPtr condition, Or());
    ExprPtr otherwise;
    if (SkipName("else")) {
      ASSIGN_OR_RETURN(otherwise, Conditional());
    }
    node->children.push_back(std::move(value));
    node->children.push_back(std::move(condition));
    node->children.push_back(std::move(otherwise));
    ASSIGN_OR_RETURN(value, Finish(std::move(node)));
  }
  return value;
}

Parser::ExprResult Parser::Or() {
  ASSIGN_OR_RETURN(ExprPtr left, And());
  while (IsName("or")) {
    const int at = line();
    Advance();
    ASSIGN_OR_RETURN(ExprPtr right, And());
    ASSIGN_OR_RETURN(left, Binary(ExprKind::kOr, at, std::move(left), std::move(right)));
  }
  return left;
}

Parser::ExprResult Parser::And() {
  ASSIGN_OR_RETURN(ExprPtr left, Not());
  while (IsName("and")) {
    const int at = line();
    Advance();
    ASSIGN_OR_RETURN(ExprPtr right, Not());
    ASSIGN_OR_RETURN(left, Binary(ExprKind::kAnd, at, std::move(left), std::move(right)));
  }
  return left;
}

Parser::ExprResult Parser::Not() {
  if (!IsName("not")) return Comparison();
  const Nesting nesting(this);
  RETURN_IF_ERROR(nesting.Check());
  ExprPtr node = Make(ExprKind::kUnary, line());
  node->text = "not";
  Advance();
  ASSIGN_OR_RETURN(ExprPtr operand, Not());
  node->children.push_back(std::move(operand));
  return Finish(std::move(node));
}

Parser::ExprResult Parser::Comparison() {
  static constexpr std::pair<absl::string_view, CompareOp> kOps[] = {
      {"==", CompareOp::kEq}, {"!=", CompareOp::kNe}, {"<", CompareOp::kLt},
      {"<=", CompareOp::kLe}, {">", CompareOp::kGt},  {">=", CompareOp::kGe}};
  ExprPtr node = Make(ExprKind::kCompare, line());
  ASSIGN_OR_RETURN(ExprPtr first, Sum());
  node->children.push_back(std::move(first));
  while (true) {
    const size_t before = node->compare_ops.size();
    for (const auto& [text, op] : kOps) {
      if (node->compare_ops.size() == before && SkipOperator(text)) node->compare_ops.push_back(op);
    }
    if (node->compare_ops.size() == before) {
      if (SkipName("in")) {
        node->compare_ops.push_back(CompareOp::kIn);
      } else if (IsName("not") && Next().type == TokenType::kName && Next().text == "in") {
        Advance();
        Advance();
        node->compare_ops.push_back(CompareOp::kNotIn);
      } else {
        break;
      }
    }
    ASSIGN_OR_RETURN(ExprPtr operand, Sum());
    node->children.push_back(std::move(operand));
  }
  if (node->compare_ops.empty()) return std::move(node->children[0]);
  return Finish(std::move(node));
}

Parser::ExprResult Parser::Sum() {
  ASSIGN_OR_RETURN(ExprPtr left, Concat());
  while (IsOperator("+") || IsOperator("-")) {
    const int at = line();
    const ArithmeticOp op = IsOperator("+") ? ArithmeticOp::kAdd : ArithmeticOp::kSubtract;
    Advance();
    ASSIGN_OR_RETURN(ExprPtr right, Concat());
    ASSIGN_OR_RETURN(left, Binary(ExprKind::kArithmetic, at, std::move(left), std::move(right)));
    left->arithmetic = op;
  }
  return left;
}

Parser::ExprResult Parser::Concat() {
  ExprPtr node = Make(ExprKind::kConcat, line());
  do {
    ASSIGN_OR_RETURN(ExprPtr part, Product());
    node->children.push_back(std::move(part));
  } while (SkipOperator("~"));
  if (node->children.size() == 1) return std::move(node->children[0]);
  return Finish(std::move(node));
}

Parser::ExprResult Parser::Product() {
  static constexpr std::pair<absl::string_view, ArithmeticOp> kOps[] = {
      {"*", ArithmeticOp::kMultiply},
      {"/", ArithmeticOp::kDivide},
      {"//", ArithmeticOp::kFloorDivide},
      {"%", ArithmeticOp::kModulo}};
  ASSIGN_OR_RETURN(ExprPtr left, Power());
  while (Current().type == TokenType::kOperator) {
    const int at = line();
    const auto* op = std::find_if(std::begin(kOps), std::end(kOps),
                                  [this](const auto& o) { return IsOperator(o.first); });
    if (op == std::end(kOps)) break;
    if (op->first == "%" && left->kind == ExprKind::kConstant && left->value.is(Kind::kString)) {
      return Unsupported(at, "formatting with the operator '%'");
    }
    Advance();
    ASSIGN_OR_RETURN(ExprPtr right, Power());
    ASSIGN_OR_RETURN(left, Binary(ExprKind::kArithmetic, at, std::move(left), std::move(right)));
    left->arithmetic = op->second;
  }
  return left;
}

Parser::ExprResult Parser::Power() {
  ASSIGN_OR_RETURN(ExprPtr left, Unary(/*with_filter=*/true));
  while (IsOperator("**")) {
    const int at = line();
    Advance();
    ASSIGN_OR_RETURN(ExprPtr right, Unary(/*with_filter=*/true));
    ASSIGN_OR_RETURN(left, Binary(ExprKind::kArithmetic, at, std::move(left), std::move(right)));
    left->arithmetic = ArithmeticOp::kPower;
  }
  return left;
}

Parser::ExprResult Parser::Unary(bool with_filter) {
  const Nesting nesting(this);
  RETURN_IF_ERROR(nesting.Check());
  ExprPtr node;
  if (IsOperator("-") || IsOperator("+")) {
    ExprPtr sign = Make(ExprKind::kUnary, line());
    sign->text = Current().text;
    Advance();
    ASSIGN_OR_RETURN(ExprPtr operand, Unary(/*with_filter=*/false));
    sign->children.push_back(std::move(operand));
    ASSIGN_OR_RETURN(node, Finish(std::move(sign)));
  } else {
    ASSIGN_OR_RETURN(node, Primary());
  }
  ASSIGN_OR_RETURN(node, Postfix(std::move(node)));
  if (!with_filter) return node;
  return FilterExpression(std::move(node));
}

Parser::ExprResult Parser::Primary() {
  const Token& token = Current();
  ExprPtr constant = Make(ExprKind::kConstant, token.line);
  switch (token.type) {
    case TokenType::kName:
      return NameOrConstant();
    case TokenType::kString: {
      std::string text;  // adjacent literals are one
      for (; Current().type == TokenType::kString; Advance()) text += Current().text;
      constant->value = Value::String(std::move(text), true);
      return constant;
    }
    case TokenType::kInteger:
      constant->value = Value::Int(token.integer);
      break;
    case TokenType::kFloat:
      constant->value = Value::Float(token.number);
      break;
    case TokenType::kOperator:
      if (token.text == "(") return Parenthesized();
      if (token.text == "[") return ListLiteral();
      if (token.text == "{") return DictLiteral();
      return Unexpected("an expression");
    default:
      return Unexpected("an expression");
  }
  Advance();
  return constant;
}

Parser::ExprResult Parser::NameOrConstant() {
  const std::string name = Current().text;
  ExprPtr node = Make(ExprKind::kConstant, line());
  Advance();
  if (name == "true" || name == "True" || name == "false" || name == "False") {
    node->value = Value::Bool(name == "true" || name == "True");
    return node;
  }
  if (name == "none" || name == "None") {
    node->value = Value::None();
    return node;
  }
  node->kind = ExprKind::kName;
  node->name = Intern(name);
  for (MacroDef* macro : macros_) {
    macro->reads_caller |= name == "caller";
    macro->reads_kwargs |= name == "kwargs";
    macro->reads_varargs |= name == "varargs";
  }
  return node;
}

Parser::ExprResult Parser::Parenthesized() {
  ExprPtr empty = Make(ExprKind::kTuple, line());
  Advance();
  if (SkipOperator(")")) return empty;
  ASSIGN_OR_RETURN(ExprPtr node, Tuple(/*with_conditional=*/true));
  RETURN_IF_ERROR(ExpectOperator(")"));
  return node;
}

Parser::ExprResult Parser::ListLiteral() {
  ExprPtr list = Make(ExprKind::kList, line());
  Advance();
  while (!IsOperator("]")) {
    if (!list->children.empty()) RETURN_IF_ERROR(ExpectOperator(","));
    if (IsOperator("]")) break;
    ASSIGN_OR_RETURN(ExprPtr item, Expression());
    list->children.push_back(std::move(item));
  }
  RETURN_IF_ERROR(ExpectOperator("]"));
  return Finish(std::move(list));
}

Parser::ExprResult Parser::DictLiteral() {
  ExprPtr dict = Make(ExprKind::kDict, line());
  Advance();
  while (!IsOperator("}")) {
    if (!dict->children.empty()) RETURN_IF_ERROR(ExpectOperator(","));
    if (IsOperator("}")) break;
    ASSIGN_OR_RETURN(ExprPtr key, Expression());
    RETURN_IF_ERROR(ExpectOperator(":"));
    ASSIGN_OR_RETURN(ExprPtr value, Expression());
    dict->children.push_back(std::move(key));
    dict->children.push_back(std::move(value));
  }
  RETURN_IF_ERROR(ExpectOperator("}"));
  return Finish(std::move(dict));
}

Parser::ExprResult Parser::Postfix(ExprPtr node) {
  while (true) {
    if (IsOperator(".") || IsOperator("[")) {
      ASSIGN_OR_RETURN(node, Subscript(std::move(node)));
    } else if (IsOperator("(")) {
      ASSIGN_OR_RETURN(node, CallExpression(std::move(node)));
    } else {
      return node;
    }
  }
}

Parser::ExprResult Parser::FilterExpression(ExprPtr node) {
  while (true) {
    if (IsOperator("|")) {
      ASSIGN_OR_RETURN(node, OneFilter(std::move(node)));
    } else if (IsName("is")) {
      ASSIGN_OR_RETURN(node, TestExpression(std::move(node)));
    } else if (IsOperator("(")) {
      ASSIGN_OR_RETURN(node, CallExpression(std::move(node)));
    } else {
      return node;
    }
  }
}

Parser::ExprResult Parser::Subscript(ExprPtr object) {
  const int at = line();
  if (SkipOperator(".")) {
    ExprPtr node = Make(ExprKind::kGetAttr, at);
    node->children.push_back(std::move(object));
    if (Current().type == TokenType::kName) {
      node->text = Current().text;
    } else if (Current().type == TokenType::kInteger) {  // x.0
      node->kind = ExprKind::kGetItem;
      ExprPtr index = Make(ExprKind::kConstant, at);
      index->value = Value::Int(Current().integer);
      node->children.push_back(std::move(index));
    } else {
      return Unexpected("a name or a number after '.'");
    }
    Advance();
    return Finish(std::move(node));
  }
  RETURN_IF_ERROR(ExpectOperator("["));
  ExprPtr slice = Make(ExprKind::kSlice, at);
  slice->children.push_back(std::move(object));
  bool is_slice = false;
  for (int part = 0; part < 3; ++part) {
    ExprPtr bound;
    if (!IsOperator(":") && !IsOperator("]") && !IsOperator(",")) {
      ASSIGN_OR_RETURN(bound, Expression());
    }
    slice->children.push_back(std::move(bound));
    if (part == 2 || !SkipOperator(":")) break;
    is_slice = true;
  }
  if (IsOperator(",")) return Unsupported(at, "several subscripts in one pair of brackets");
  RETURN_IF_ERROR(ExpectOperator("]"));
  if (!is_slice) {
    if (slice->children[1] == nullptr) return Unsupported(at, "an empty subscript");
    slice->kind = ExprKind::kGetItem;
  }
  if (is_slice) slice->children.resize(4);
  return Finish(std::move(slice));
}

absl::StatusOr<std::vector<Argument>> Parser::Arguments() {
  RETURN_IF_ERROR(ExpectOperator("("));
  std::vector<Argument> args;
  bool any_star = false, any_double_star = false, any_keyword = false;
  while (!IsOperator(")")) {
    if (!args.empty()) RETURN_IF_ERROR(ExpectOperator(","));
    if (IsOperator(")")) break;
    Argument arg;
    bool valid = true;
    if (SkipOperator("*")) {
      arg.kind = Argument::Kind::kStar;
      valid = !any_star && !any_double_star;
      any_star = true;
    } else if (SkipOperator("**")) {
      arg.kind = Argument::Kind::kDoubleStar;
      valid = !any_double_star;
      any_double_star = true;
    } else if (Current().type == TokenType::kName && Next().type == TokenType::kOperator &&
               Next().text == "=") {
      arg.kind = Argument::Kind::kKeyword;
      arg.keyword = Current().text;
      valid = !any_double_star;
      any_keyword = true;
      for (const Argument& other : args) {
        if (other.kind == arg.kind && other.keyword == arg.keyword) valid = false;
      }
      Advance();
      Advance();
    } else {
      arg.kind = Argument::Kind::kPositional;
      valid = !any_star && !any_double_star && !any_keyword;
    }
    if (!valid) return SyntaxError(line(), "invalid order of arguments in a call");
    ASSIGN_OR_RETURN(arg.value, Expression());
    args.push_back(std::move(arg));
  }
  RETURN_IF_ERROR(ExpectOperator(")"));
  return args;
}

Parser::ExprResult Parser::CallExpression(ExprPtr callee) {
  ExprPtr call = Make(ExprKind::kCall, line());
  call->children.push_back(std::move(callee));
  ASSIGN_OR_RETURN(call->args, Arguments());
  RETURN_IF_ERROR(CheckCall(*call));
  return Finish(std::move(call));
}

absl::Status Parser::CheckCall(const Expr& call) {
  const Expr& callee = *call.children[0];
  if (callee.kind == ExprKind::kName) {
    called_.push_back({callee.name, call.line});
    if (for_depth_ > 0 && program_->names[static_cast<size_t>(callee.name)] == "loop") {
      return Unsupported(call.line, "recursive loops");
    }
  }
  if (callee.kind != ExprKind::kGetAttr || IsMethodName(callee.text)) return absl::OkStatus();
  // The loop variable's own.
  if (callee.text == "cycle" || callee.text == "changed") return absl::OkStatus();
  return Unsupported(call.line, absl::StrCat("the method '", callee.text, "'"));
}

Parser::ExprResult Parser::OneFilter(ExprPtr input) {
  RETURN_IF_ERROR(ExpectOperator("|"));
  return FilterChain(std::move(input));
}

// A filter's name and arguments, and the filters behind it.
Parser::ExprResult Parser::FilterChain(ExprPtr node) {
  do {
    ExprPtr filter = Make(ExprKind::kFilter, line());
    ASSIGN_OR_RETURN(filter->text, AnyName());
    filter->filter = FindFilter(filter->text);
    if (filter->filter == nullptr) {
      return Unsupported(filter->line, absl::StrCat("the filter '", filter->text, "'"));
    }
    filter->children.push_back(std::move(node));
    if (IsOperator("(")) {
      ASSIGN_OR_RETURN(filter->args, Arguments());
    }
    RETURN_IF_ERROR(CheckNamedArgument(*filter));
    ASSIGN_OR_RETURN(node, Finish(std::move(filter)));
  } while (SkipOperator("|"));
  return node;
}

// map('name'), select('name') and the like name filters and tests too.
absl::Status Parser::CheckNamedArgument(const Expr& node) const {
  const size_t at = node.text == "selectattr" || node.text == "rejectattr" ? 1 : 0;
  const bool is_map = node.text == "map";
  if (!is_map && at == 0 && node.text != "select" && node.text != "reject") {
    return absl::OkStatus();
  }
  if (node.args.size() <= at || node.args[at].kind != Argument::Kind::kPositional) {
    return absl::OkStatus();
  }
  const Expr& arg = *node.args[at].value;
  if (arg.kind != ExprKind::kConstant || !arg.value.is(Kind::kString)) return absl::OkStatus();
  const absl::string_view name = arg.value.text().bytes();
  if (is_map ? FindFilter(name) != nullptr : FindPredicate(name) != nullptr) {
    return absl::OkStatus();
  }
  return Unsupported(node.line, absl::StrCat("the ", is_map ? "filter '" : "test '", name, "'"));
}

Parser::ExprResult Parser::TestExpression(ExprPtr input) {
  ExprPtr test = Make(ExprKind::kTest, line());
  Advance();
  const bool negated = SkipName("not");
  ASSIGN_OR_RETURN(test->text, AnyName());
  test->predicate = FindPredicate(test->text);
  if (test->predicate == nullptr) {
    return Unsupported(test->line, absl::StrCat("the test '", test->text, "'"));
  }
  test->children.push_back(std::move(input));
  const TokenType type = Current().type;
  if (IsOperator("(")) {
    ASSIGN_OR_RETURN(test->args, Arguments());
  } else if (IsName("is")) {
    return SyntaxError(line(), "tests cannot be chained with 'is'");
  } else if ((type == TokenType::kName && !IsName("else") && !IsName("or") && !IsName("and")) ||
             type == TokenType::kString || type == TokenType::kInteger ||
             type == TokenType::kFloat || IsOperator("[") || IsOperator("{")) {
    Argument arg{Argument::Kind::kPositional, "", nullptr};
    ASSIGN_OR_RETURN(ExprPtr primary, Primary());
    ASSIGN_OR_RETURN(arg.value, Postfix(std::move(primary)));
    test->args.push_back(std::move(arg));
  }
  ASSIGN_OR_RETURN(ExprPtr node, Finish(std::move(test)));
  if (!negated) return node;
  ExprPtr negation = Make(ExprKind::kUnary, node->line);
  negation->text = "not";
  negation->children.push_back(std::move(node));
  return Finish(std::move(negation));
}

}  // namespace jinja
}  // namespace baton
