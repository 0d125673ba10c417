// Where the results of a run are kept.
#ifndef BATON_TESTS_LOAD_BENCH_SAVE_REPORT_H_
#define BATON_TESTS_LOAD_BENCH_SAVE_REPORT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "tests/load/bench/bench_options.h"
#include "tests/load/report/run_report.h"

namespace baton {

// INVALID_ARGUMENT, naming the option or file, where results could not be saved: to be known before
// a run rather than after it. Makes the directory.
absl::Status CheckOutput(const OutputOptions& output);

// INVALID_ARGUMENT if the file that is the value of `flag` could not be written; "" always can. The
// file stays as it is.
absl::Status CheckWritable(absl::string_view flag, const std::string& path);

// Saves what the options ask for and returns the result file's path, "" if there is none. `result`
// is the report's ResultJson. A file name that was given gets its value put in where the run is one
// of a sweep. DATA_LOSS names a file that can not be written.
absl::StatusOr<std::string> SaveReport(const OutputOptions& output, const RunReport& report,
                                       const nlohmann::ordered_json& result, absl::Time ended);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BENCH_SAVE_REPORT_H_
