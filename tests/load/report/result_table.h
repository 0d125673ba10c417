// A run as a table for people: vLLM's rows, and ours.
#ifndef BATON_TESTS_LOAD_REPORT_RESULT_TABLE_H_
#define BATON_TESTS_LOAD_REPORT_RESULT_TABLE_H_

#include <string>

#include "tests/load/report/run_report.h"

namespace baton {

std::string ResultTable(const RunReport& report);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_RESULT_TABLE_H_
