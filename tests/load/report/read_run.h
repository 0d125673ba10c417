// A result's JSON as the report's view of the run.
#ifndef BATON_TESTS_LOAD_REPORT_READ_RUN_H_
#define BATON_TESTS_LOAD_REPORT_READ_RUN_H_

#include <string>

#include "nlohmann/json.hpp"
#include "tests/load/report/run_view.h"

namespace baton {

// Whatever `result` is, even no object: what it lacks stays empty. Requests, timeline and CDFs
// come from its "baton" object, else from vLLM's arrays; CDFs, failing both, from the percentiles
// it has, at least two.
RunView ReadRun(const std::string& name, const nlohmann::json& result);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_READ_RUN_H_
