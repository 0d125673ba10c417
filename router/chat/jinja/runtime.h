// What one rendering shares with every operation, filter and function it calls.
#ifndef BATON_ROUTER_CHAT_JINJA_RUNTIME_H_
#define BATON_ROUTER_CHAT_JINJA_RUNTIME_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "router/chat/jinja/budget.h"
#include "router/chat/jinja/value.h"

namespace baton {
namespace jinja {

// Not thread-safe: one for each rendering.
class Runtime {
 public:
  Runtime(const Limits& limits, absl::Time now, absl::TimeZone time_zone)
      : budget_(limits), now_(now), time_zone_(time_zone) {}
  // A namespace may hold itself: emptying all of them frees what they hold.
  ~Runtime() {
    for (const auto& ns : namespaces_) ns->attributes.clear();
  }
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  Budget& budget() { return budget_; }
  // What strftime_now() formats.
  absl::Time now() const { return now_; }
  absl::TimeZone time_zone() const { return time_zone_; }

  std::shared_ptr<Namespace> MakeNamespace() {
    namespaces_.push_back(std::make_shared<Namespace>());
    return namespaces_.back();
  }

 private:
  Budget budget_;
  const absl::Time now_;
  const absl::TimeZone time_zone_;
  std::vector<std::shared_ptr<Namespace>> namespaces_;
};

// The arguments of a call, as evaluated.
struct CallArgs {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> keywords;
};

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_RUNTIME_H_
