// Log lines of a process: to stderr, each with time, level and the process's name.
//
//   2026-01-31 12:34:56.789 info [g0/r1] weights loaded in 1.2 s
//
// Code logs with spdlog's own functions (spdlog::info and so on), which are thread-safe. gRPC's
// messages go the same way.
#ifndef BATON_SERVER_LOGGING_H_
#define BATON_SERVER_LOGGING_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace baton {

struct LoggingOptions {
  std::string prefix = "baton";  // names the process, for example "router" or "g0/r1"
  std::string level = "info";    // one of LogLevels()
};

// The levels, least severe first: "trace", "debug", "info", "warning", "error", "off".
const std::vector<std::string>& LogLevels();

// Replaces spdlog's default logger. Call it once, from main, before other threads log.
// INVALID_ARGUMENT names an unknown level.
absl::Status SetUpLogging(const LoggingOptions& options);

}  // namespace baton

#endif  // BATON_SERVER_LOGGING_H_
