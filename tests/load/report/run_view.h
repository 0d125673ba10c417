// One run as the report shows it: a result's JSON, parsed. All of it may be missing.
#ifndef BATON_TESTS_LOAD_REPORT_RUN_VIEW_H_
#define BATON_TESTS_LOAD_REPORT_RUN_VIEW_H_

#include <limits>
#include <map>
#include <string>
#include <vector>

namespace baton {

// Columns of equal length, in order of due time. NaN: unknown, or there is none.
struct RunRequests {
  std::vector<double> due_s, ttft_ms, e2el_ms;
  std::vector<bool> completed;
};

// What happened in each interval, from the run's start.
struct RunTimeline {
  double interval_s = 0;  // 0: there is no timeline
  std::vector<double> output_tokens, running;
};

// `percent` of the values are at most `value`.
struct CdfPoint {
  double percent, value;
};
using RunCdfs = std::map<std::string, std::vector<CdfPoint>>;  // by metric: "ttft_ms"; ascending

struct RunFact {
  std::string name, text;
};

struct RunCount {
  std::string name;
  double count;
};

struct RunView {
  std::string name;
  std::string server;  // its label, or what it measured; runs of one server form a sweep
  bool partial = false;
  bool valid = true;
  std::vector<std::string> invalid;  // why
  std::vector<RunFact> facts;        // in the order they are to be read in
  std::vector<RunCount> outcomes;    // "completed", …
  std::vector<RunCount> ends;        // "OK length", …
  RunRequests requests;
  RunTimeline timeline;
  RunCdfs cdfs;

  // What was varied: "request_rate" or "max_concurrency"; empty if the result does not say.
  std::string sweep_variable;
  double sweep_value = std::numeric_limits<double>::quiet_NaN();

  // Everything that ResultNumber finds for a statistic or a rate that the report knows.
  std::map<std::string, double> numbers;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_RUN_VIEW_H_
