// A for loop while it runs: what goes through the items, and the variable `loop`.
#ifndef BATON_ROUTER_CHAT_JINJA_LOOP_H_
#define BATON_ROUTER_CHAT_JINJA_LOOP_H_

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "router/chat/jinja/evaluator.h"
#include "router/chat/jinja/iteration.h"

namespace baton {
namespace jinja {

// As Jinja's LoopContext it looks no further ahead than asked, so that the loop's own filter (`if`)
// sees what the body has done to namespaces before.
class Loop : public Object, public std::enable_shared_from_this<Loop> {
 public:
  // Over `iterable`; `stmt` and `evaluator` must outlive it.
  static absl::StatusOr<std::shared_ptr<Loop>> Start(Evaluator* evaluator, const Stmt& stmt,
                                                     Value iterable, EnvironmentPtr env);

  // Moves to the next item; false at the end.
  absl::StatusOr<bool> Advance(Value* item);
  // Lets go of all values, for when the loop is over: they might hold the loop itself.
  void Finish();

  absl::string_view type_name() const override { return "LoopContext"; }
  absl::StatusOr<Value> Call(Runtime& runtime, CallArgs args) override;
  absl::StatusOr<Value> GetAttr(Runtime& runtime, absl::string_view name) override;

  // loop.cycle(...) and loop.changed(...)
  absl::StatusOr<Value> Cycle(CallArgs args) const;
  absl::StatusOr<Value> Changed(CallArgs args);

 private:
  Loop(Evaluator* evaluator, const Stmt& stmt, Value iterable, Cursor cursor, EnvironmentPtr env);
  // The next item that passes the filter, past those in ahead_.
  absl::StatusOr<bool> Fetch(Value* item);
  // Whether there is a next item; it is then ahead_[0].
  absl::StatusOr<bool> Peek();
  absl::StatusOr<int64_t> GetLength();

  Evaluator* const evaluator_;
  const Stmt& stmt_;
  Value iterable_;
  std::optional<Cursor> cursor_;
  EnvironmentPtr env_;
  int64_t index0_ = -1;
  std::optional<int64_t> length_;
  std::optional<Value> previous_, current_;
  std::deque<Value> ahead_;
  std::optional<std::vector<Value>> last_changed_;
};

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_LOOP_H_
