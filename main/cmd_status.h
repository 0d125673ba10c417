// `baton status`: groups, ranks, epochs, memory and load.
#ifndef BATON_MAIN_CMD_STATUS_H_
#define BATON_MAIN_CMD_STATUS_H_

#include <iosfwd>
#include <string>

#include "absl/time/time.h"
#include "main/command.h"

namespace baton {

struct StatusOptions {
  std::string server = "127.0.0.1:50051";
  bool json = false;
  bool watch = false;  // again and again, until interrupted or the server is gone
  absl::Duration interval = absl::Seconds(1);
  bool clear_screen = false;  // before each repetition
};

int RunStatus(const StatusOptions& options, std::ostream& out, std::ostream& err);

void AddStatusCommand(CLI::App& app, Command* run);

}  // namespace baton

#endif  // BATON_MAIN_CMD_STATUS_H_
