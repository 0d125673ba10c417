// The distributions of a run's latencies. Pure.
#ifndef BATON_TESTS_LOAD_REPORT_RUN_CDFS_H_
#define BATON_TESTS_LOAD_REPORT_RUN_CDFS_H_

#include "nlohmann/json.hpp"
#include "tests/load/report/run_view.h"

namespace baton {

// By metric ("ttft_ms"), from the percentiles in the result's "baton" object, else from vLLM's
// arrays, else from the percentiles it has as keys of its own, at least two.
RunCdfs ReadCdfs(const nlohmann::json& result);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_RUN_CDFS_H_
