// What `vllm bench serve --save-detailed` leaves of each request, as a run's columns. Pure.
#ifndef BATON_TESTS_LOAD_REPORT_RUN_ARRAYS_H_
#define BATON_TESTS_LOAD_REPORT_RUN_ARRAYS_H_

#include <vector>

#include "nlohmann/json.hpp"
#include "tests/load/report/run_view.h"

namespace baton {

// Each reads the result's arrays (in seconds, one entry a request) and gives nothing where they
// are missing or of different lengths. Requests are in the order in which they were sent, and due
// when they were sent; one with a latency of 0 is not completed.
RunRequests RequestsOfArrays(const nlohmann::json& result);
// A second's tokens are, as in vLLM, its messages.
RunTimeline TimelineOfArrays(const nlohmann::json& result);
// Of completed requests: ttft_ms, tpot_ms, itl_ms, e2el_ms.
RunCdfs CdfsOfArrays(const nlohmann::json& result);

// The percentiles 0, 1, … 99, 99.9 and 100 of `values`, with linear interpolation between ranks,
// as numpy has it; none of none. Values that are not finite do not count.
std::vector<CdfPoint> MakeCdf(std::vector<double> values);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_RUN_ARRAYS_H_
