// Jinja decides where a name lives before it runs anything. Most of that comes out the same when
// names are looked up from scope to scope while running, except this: a name that a scope assigns
// before it reads it is that scope's own from the start, so until then it is undefined, even to
// inner scopes and even if the caller passed a variable of that name. The rules are those of
// jinja2/idtracking.py.
#ifndef BATON_ROUTER_CHAT_JINJA_SCOPES_H_
#define BATON_ROUTER_CHAT_JINJA_SCOPES_H_

#include "router/chat/jinja/ast.h"

namespace baton {
namespace jinja {

// Fills in Scope::undefined throughout.
void ResolveScopes(Program* program);

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_SCOPES_H_
