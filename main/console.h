// Writes a supervisor's messages: lines, and one line of progress that is overwritten in place on a
// terminal.
#ifndef BATON_MAIN_CONSOLE_H_
#define BATON_MAIN_CONSOLE_H_

#include <iosfwd>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace baton {

// For one thread.
class Console {
 public:
  // `terminal`: `out` is one, so progress is overwritten; otherwise it is a line every
  // `progress_interval`.
  Console(std::ostream* out, bool terminal, absl::Duration progress_interval = absl::Seconds(3));

  void PrintLine(absl::string_view line);
  // Shows `text` as the present progress, as of `now`.
  void ShowProgress(absl::string_view text, absl::Time now);
  // Takes the progress off the terminal.
  void EndProgress();

 private:
  std::ostream* const out_;
  const bool terminal_;
  const absl::Duration progress_interval_;
  std::string progress_;  // on the terminal now
  absl::Time next_line_ = absl::InfinitePast();
};

}  // namespace baton

#endif  // BATON_MAIN_CONSOLE_H_
