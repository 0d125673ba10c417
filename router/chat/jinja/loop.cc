#include "router/chat/jinja/loop.h"

#include <utility>

#include "common/status_macros.h"
#include "router/chat/jinja/compare.h"

namespace baton {
namespace jinja {
namespace {

// A method of the loop variable as a value.
class LoopMethod : public Object {
 public:
  LoopMethod(std::shared_ptr<Loop> loop, bool is_cycle)
      : loop_(std::move(loop)), is_cycle_(is_cycle) {}
  absl::string_view type_name() const override { return "method"; }
  absl::StatusOr<Value> Call(Runtime&, CallArgs args) override {
    return is_cycle_ ? loop_->Cycle(std::move(args)) : loop_->Changed(std::move(args));
  }

 private:
  const std::shared_ptr<Loop> loop_;
  const bool is_cycle_;
};

}  // namespace

Loop::Loop(Evaluator* evaluator, const Stmt& stmt, Value iterable, Cursor cursor,
           EnvironmentPtr env)
    : evaluator_(evaluator),
      stmt_(stmt),
      iterable_(std::move(iterable)),
      cursor_(std::move(cursor)),
      env_(std::move(env)) {}

absl::StatusOr<std::shared_ptr<Loop>> Loop::Start(Evaluator* evaluator, const Stmt& stmt,
                                                  Value iterable, EnvironmentPtr env) {
  ASSIGN_OR_RETURN(Cursor cursor, Cursor::Over(iterable));
  return std::shared_ptr<Loop>(
      new Loop(evaluator, stmt, std::move(iterable), std::move(cursor), std::move(env)));
}

absl::StatusOr<bool> Loop::Fetch(Value* item) {
  Budget& budget = evaluator_->runtime().budget();
  while (cursor_.has_value()) {
    ASSIGN_OR_RETURN(const bool more, cursor_->Next(budget, item));
    if (!more) return false;
    if (stmt_.test == nullptr) return true;
    const auto env = std::make_shared<Environment>(env_, std::vector<NameId>());
    RETURN_IF_ERROR(evaluator_->Assign(*stmt_.target, *item, env));
    ASSIGN_OR_RETURN(const Value passes, evaluator_->Eval(*stmt_.test, env));
    if (Truthy(passes)) return true;
  }
  return false;
}

absl::StatusOr<bool> Loop::Peek() {
  if (!ahead_.empty()) return true;
  Value item;
  ASSIGN_OR_RETURN(const bool more, Fetch(&item));
  if (more) ahead_.push_back(std::move(item));
  return more;
}

absl::StatusOr<bool> Loop::Advance(Value* item) {
  if (!ahead_.empty()) {
    *item = std::move(ahead_.front());
    ahead_.pop_front();
  } else {
    ASSIGN_OR_RETURN(const bool more, Fetch(item));
    if (!more) return false;
  }
  ++index0_;
  previous_ = std::move(current_);
  current_ = *item;
  return true;
}

void Loop::Finish() {
  cursor_.reset();
  iterable_ = Value();
  env_.reset();
  previous_.reset();
  current_.reset();
  ahead_.clear();
  last_changed_.reset();
}

absl::StatusOr<int64_t> Loop::GetLength() {
  if (length_.has_value()) return *length_;
  Budget& budget = evaluator_->runtime().budget();
  const bool sized =
      !iterable_.is(Kind::kSequence) || iterable_.sequence().kind != SequenceKind::kIterator;
  if (stmt_.test == nullptr && sized) {
    ASSIGN_OR_RETURN(length_, Length(budget, iterable_));
    return *length_;
  }
  while (true) {  // only going through them counts them
    Value item;
    ASSIGN_OR_RETURN(const bool more, Fetch(&item));
    if (!more) break;
    RETURN_IF_ERROR(budget.Allocate(sizeof(Value)));
    ahead_.push_back(std::move(item));
  }
  length_ = index0_ + 1 + static_cast<int64_t>(ahead_.size());
  return *length_;
}

absl::StatusOr<Value> Loop::Call(Runtime&, CallArgs) {
  return absl::UnimplementedError("recursive loops");
}

absl::StatusOr<Value> Loop::GetAttr(Runtime&, absl::string_view name) {
  if (name == "index") return Value::Int(index0_ + 1);
  if (name == "index0") return Value::Int(index0_);
  if (name == "first") return Value::Bool(index0_ == 0);
  if (name == "depth") return Value::Int(1);
  if (name == "depth0") return Value::Int(0);
  if (name == "previtem") {
    if (index0_ == 0) return Value::Undefined("there is no previous item");
    return previous_.value_or(Value());
  }
  if (name == "last" || name == "nextitem") {
    ASSIGN_OR_RETURN(const bool more, Peek());
    if (name == "last") return Value::Bool(!more);
    return more ? ahead_.front() : Value::Undefined("there is no next item");
  }
  if (name == "length" || name == "revindex" || name == "revindex0") {
    ASSIGN_OR_RETURN(const int64_t length, GetLength());
    return Value::Int(name == "length" ? length : length - index0_ - (name == "revindex0"));
  }
  if (name == "cycle" || name == "changed") {
    return Value::Of(std::make_shared<LoopMethod>(shared_from_this(), name == "cycle"));
  }
  return Object::GetAttr(evaluator_->runtime(), name);
}

absl::StatusOr<Value> Loop::Cycle(CallArgs args) const {
  if (args.positional.empty() || !args.keywords.empty()) {
    return absl::InvalidArgumentError("loop.cycle() needs items");
  }
  return args.positional[static_cast<size_t>(index0_) % args.positional.size()];
}

absl::StatusOr<Value> Loop::Changed(CallArgs args) {
  if (!args.keywords.empty()) return absl::InvalidArgumentError("loop.changed() takes no keywords");
  bool changed = !last_changed_.has_value() || last_changed_->size() != args.positional.size();
  for (size_t i = 0; !changed && i < args.positional.size(); ++i) {
    ASSIGN_OR_RETURN(const bool equal, Equals(evaluator_->runtime().budget(), (*last_changed_)[i],
                                              args.positional[i]));
    changed = !equal;
  }
  if (changed) last_changed_ = std::move(args.positional);
  return Value::Bool(changed);
}

}  // namespace jinja
}  // namespace baton
