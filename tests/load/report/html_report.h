// The report on one or more load runs as a page for people.
#ifndef BATON_TESTS_LOAD_REPORT_HTML_REPORT_H_
#define BATON_TESTS_LOAD_REPORT_HTML_REPORT_H_

#include <string>
#include <vector>

#include "tests/load/report/result_file.h"

namespace baton {

// One self-contained page, well-formed as XML, that asks for nothing from outside: what was run,
// warnings, a table with the runs side by side, and charts. Whatever the results lack is left out;
// names and texts may hold anything. A page of few runs is smaller than 2 MB however many requests
// they had.
std::string HtmlReport(const std::vector<NamedResult>& results);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_HTML_REPORT_H_
