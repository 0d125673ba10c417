// Going through whatever Python can iterate over: a str's characters, a dict's keys, sequences,
// views, iterators (which are used up by it), and undefined (nothing).
#ifndef BATON_ROUTER_CHAT_JINJA_ITERATION_H_
#define BATON_ROUTER_CHAT_JINJA_ITERATION_H_

#include <vector>

#include "absl/status/statusor.h"
#include "router/chat/jinja/budget.h"
#include "router/chat/jinja/value.h"

namespace baton {
namespace jinja {

class Cursor {
 public:
  // INVALID_ARGUMENT when the value is not iterable.
  static absl::StatusOr<Cursor> Over(Value iterable);

  // False at the end. Each call is a step.
  absl::StatusOr<bool> Next(Budget& budget, Value* item);

 private:
  explicit Cursor(Value iterable) : iterable_(std::move(iterable)) {}

  Value iterable_;
  size_t next_ = 0;  // of a str: bytes
};

bool IsIterable(const Value& value);

// All of them, in order.
absl::StatusOr<std::vector<Value>> Items(Budget& budget, const Value& iterable);

// Python's len(); INVALID_ARGUMENT for what has none.
absl::StatusOr<int64_t> Length(Budget& budget, const Value& value);

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_ITERATION_H_
