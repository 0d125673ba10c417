#include "worker/runner/step_trace.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace baton {
namespace {

constexpr std::chrono::seconds kFlush(1);

double Micros(std::chrono::steady_clock::duration d) {
  return std::chrono::duration<double, std::micro>(d).count();
}

}  // namespace

absl::StatusOr<std::unique_ptr<StepTrace>> StepTrace::Create(const std::string& path,
                                                             const std::string& rank_name) {
  std::FILE* const file = std::fopen(path.c_str(), "we");
  if (file == nullptr) return absl::InvalidArgumentError(absl::StrCat(path, ": ", strerror(errno)));
  absl::FPrintF(file,
                "[{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":%d,\"args\":{\"name\":\"%s\"}}",
                getpid(), rank_name);
  std::fflush(file);
  return std::unique_ptr<StepTrace>(new StepTrace(file));
}

StepTrace::~StepTrace() {
  std::fputs("\n]\n", file_);
  std::fclose(file_);
}

void StepTrace::Add(const TracedStep& step) {
  const bool first = last_end_ == TracedStep::Time();
  const auto idle = first ? std::chrono::nanoseconds(0) : step.start - last_end_;
  const auto no_plan = first ? std::chrono::nanoseconds(0) : step.launched - last_end_;
  absl::FPrintF(
      file_,
      ",\n{\"name\":\"step\",\"ph\":\"X\",\"pid\":%d,\"tid\":0,\"ts\":%.1f,\"dur\":%.1f,"
      "\"args\":{\"tokens\":%d,\"rows\":%d,\"wait_us\":%.1f,\"idle_us\":%.1f,\"no_plan_us\":%.1f}}",
      getpid(), Micros(step.start.time_since_epoch()), Micros(step.end - step.start), step.tokens,
      step.rows, Micros(step.wait), Micros(idle), std::max(0.0, Micros(no_plan)));
  last_end_ = step.end;
  if (step.end - last_flush_ < kFlush) return;
  std::fflush(file_);
  last_flush_ = step.end;
}

}  // namespace baton
