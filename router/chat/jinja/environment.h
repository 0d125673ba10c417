// The variables of one scope while it runs.
#ifndef BATON_ROUTER_CHAT_JINJA_ENVIRONMENT_H_
#define BATON_ROUTER_CHAT_JINJA_ENVIRONMENT_H_

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "router/chat/jinja/ast.h"
#include "router/chat/jinja/value.h"

namespace baton {
namespace jinja {

// Shared by the scopes inside; macros hold the one they were defined in weakly, so that nothing
// holds itself.
class Environment {
 public:
  Environment(std::shared_ptr<Environment> outer, const std::vector<NameId>& undefined)
      : outer_(std::move(outer)) {
    slots_.reserve(undefined.size() + 2);
    for (NameId name : undefined) slots_.emplace_back(name, std::nullopt);
  }

  void Set(NameId name, Value value) {
    for (auto& [slot_name, slot] : slots_) {
      if (slot_name == name) {
        slot = std::move(value);
        return;
      }
    }
    slots_.emplace_back(name, std::move(value));
  }

  // From the innermost scope that knows the name: null when none does, an empty optional when it is
  // still undefined.
  const std::optional<Value>* Find(NameId name) const {
    for (const Environment* env = this; env != nullptr; env = env->outer_.get()) {
      for (const auto& [slot_name, slot] : env->slots_) {
        if (slot_name == name) return &slot;
      }
    }
    return nullptr;
  }

 private:
  const std::shared_ptr<Environment> outer_;
  std::vector<std::pair<NameId, std::optional<Value>>> slots_;
};

using EnvironmentPtr = std::shared_ptr<Environment>;

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_ENVIRONMENT_H_
