#include "tests/load/report/run_report.h"

#include <cmath>

namespace baton {

std::string LoadMode(const RunReport& report) {
  if (!report.run.open_loop) return "closed loop";
  return std::isinf(report.settings.request_rate) && !report.settings.ramp_up_strategy &&
                 !report.settings.has_own_schedule
             ? "all at once"
             : "open loop";
}

}  // namespace baton
