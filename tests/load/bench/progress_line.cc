#include "tests/load/bench/progress_line.h"

#include "absl/strings/str_format.h"

namespace baton {
namespace {

// Back to the start of the line, and what stands there away (ECMA-48).
constexpr char kClearLine[] = "\r\033[K";

}  // namespace

std::string ProgressText(const LoadProgress& progress, size_t planned) {
  const double seconds = absl::ToDoubleSeconds(progress.elapsed);
  std::string text = absl::StrFormat("%6.1f s  %d/%d ended, %d running", seconds, progress.ended,
                                     planned, progress.running);
  if (progress.waiting > 0) absl::StrAppendFormat(&text, ", %d waiting", progress.waiting);
  if (progress.failed > 0) absl::StrAppendFormat(&text, ", %d failed", progress.failed);
  if (seconds > 0) {
    absl::StrAppendFormat(&text, ", %.0f tok/s",
                          static_cast<double>(progress.output_tokens) / seconds);
  }
  return text;
}

ProgressLine::~ProgressLine() {
  if (shown_) *out_ << kClearLine << std::flush;
}

void ProgressLine::Show(const std::string& text) {
  shown_ = true;
  *out_ << kClearLine << text << std::flush;
}

}  // namespace baton
