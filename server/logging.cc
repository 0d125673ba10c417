#include "server/logging.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "grpc/support/log.h"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace baton {
namespace {

// gRPC calls much an error that is routine here (a peer that went away), so its errors are our
// debug messages.
void LogGrpcMessage(gpr_log_func_args* args) {
  spdlog::debug("grpc: {} ({}:{})", args->message, args->file, args->line);
}

}  // namespace

const std::vector<std::string>& LogLevels() {
  static const auto* const levels =
      new std::vector<std::string>{"trace", "debug", "info", "warning", "error", "off"};
  return *levels;
}

absl::Status SetUpLogging(const LoggingOptions& options) {
  const auto& levels = LogLevels();
  if (std::find(levels.begin(), levels.end(), options.level) == levels.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("log level \"", options.level, "\" is none of ", absl::StrJoin(levels, ", ")));
  }
  auto logger = std::make_shared<spdlog::logger>(options.prefix,
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  const std::string prefix = absl::StrReplaceAll(options.prefix, {{"%", "%%"}});
  logger->set_pattern(absl::StrCat("%Y-%m-%d %H:%M:%S.%e %l [", prefix, "] %v"));
  logger->set_level(spdlog::level::from_str(options.level));
  logger->flush_on(spdlog::level::trace);  // a process that is killed has said all it knew
  spdlog::set_default_logger(std::move(logger));
  gpr_set_log_function(LogGrpcMessage);
  return absl::OkStatus();
}

}  // namespace baton
