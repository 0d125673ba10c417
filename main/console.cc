#include "main/console.h"

#include <ostream>

namespace baton {
namespace {

constexpr char kClearLine[] = "\r\x1b[K";  // to the line's start, clear to its end

}  // namespace

Console::Console(std::ostream* out, bool terminal, absl::Duration progress_interval)
    : out_(out), terminal_(terminal), progress_interval_(progress_interval) {}

void Console::PrintLine(absl::string_view line) {
  if (!progress_.empty()) *out_ << kClearLine;
  *out_ << line << '\n' << progress_ << std::flush;
}

void Console::ShowProgress(absl::string_view text, absl::Time now) {
  if (terminal_) {
    if (text == progress_) return;
    progress_ = std::string(text);
    *out_ << kClearLine << progress_ << std::flush;
  } else if (now >= next_line_) {
    *out_ << text << std::endl;
    next_line_ = now + progress_interval_;
  }
}

void Console::EndProgress() {
  if (!progress_.empty()) *out_ << kClearLine << std::flush;
  progress_.clear();
}

}  // namespace baton
