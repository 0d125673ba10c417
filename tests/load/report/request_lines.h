// Every request of a run as a line of JSON: what no summary keeps.
#ifndef BATON_TESTS_LOAD_REPORT_REQUEST_LINES_H_
#define BATON_TESTS_LOAD_REPORT_REQUEST_LINES_H_

#include <ostream>

#include "tests/load/run/load_run.h"

namespace baton {

// Times are in seconds since the start of the run, chunks are pairs of microseconds since the
// request was sent and tokens. In the order of sending.
void WriteRequestLines(const LoadRunResult& run, std::ostream& out);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_REQUEST_LINES_H_
