// What, when, how and on what a run was, in words.
#ifndef BATON_TESTS_LOAD_REPORT_RUN_FACTS_H_
#define BATON_TESTS_LOAD_REPORT_RUN_FACTS_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "nlohmann/json.hpp"
#include "tests/load/report/run_view.h"

namespace baton {

// Those that the result tells, in the order they are to be read in.
std::vector<RunFact> RunFacts(const nlohmann::json& result);

// What the run measured: its label, else back end, address and model.
std::string RunServer(const nlohmann::json& result);

// The facts that are the same in all of `runs`, in the first one's order.
std::vector<RunFact> CommonFacts(absl::Span<const RunView> runs);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_RUN_FACTS_H_
