// Ops that also say where the time goes.
#ifndef BATON_TESTS_MODEL_TIMED_OPS_H_
#define BATON_TESTS_MODEL_TIMED_OPS_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels/ops.h"

namespace baton {

// Nanoseconds by operation; products by the shape of their weights.
using OpTimes = std::map<std::string, int64_t>;

// Forwards every call to `ops` and adds the time it took to `times`, which must outlive this and
// may be read while no step runs. The operations must be synchronous, as the CPU's are.
std::unique_ptr<Ops> MakeTimedOps(std::unique_ptr<Ops> ops, OpTimes* times);

}  // namespace baton

#endif  // BATON_TESTS_MODEL_TIMED_OPS_H_
