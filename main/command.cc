#include "main/command.h"

#include <cstdio>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "main/flag_values.h"
#include "server/logging.h"

namespace baton {

CLI::Option* AddBytesOption(CLI::App* app, const std::string& name, uint64_t* value,
                            const std::string& description) {
  return app
      ->add_option_function<std::string>(
          name,
          [name, value](const std::string& text) {
            const auto bytes = ParseBytes(text);
            if (!bytes.ok())
              throw CLI::ValidationError(name, std::string(bytes.status().message()));
            *value = *bytes;
          },
          description)
      ->type_name("BYTES")
      ->default_str(absl::StrReplaceAll(ShowBytes(*value), {{" ", ""}}));
}

CLI::Option* AddDurationOption(CLI::App* app, const std::string& name, absl::Duration* value,
                               const std::string& description) {
  return app
      ->add_option_function<std::string>(
          name,
          [name, value](const std::string& text) {
            const auto duration = ParseFlagDuration(text);
            if (!duration.ok()) {
              throw CLI::ValidationError(name, std::string(duration.status().message()));
            }
            *value = *duration;
          },
          description)
      ->type_name("DURATION")
      ->default_str(*value == absl::InfiniteDuration() ? "none" : absl::FormatDuration(*value));
}

CLI::Validator WholeNumber(uint64_t least, uint64_t most) {
  const auto check = [least, most](std::string& text) {
    uint64_t value = 0;
    if (absl::SimpleAtoi(text, &value) && least <= value && value <= most) return std::string();
    return absl::StrCat(text, " is not a whole number from ", least, " to ", most);
  };
  return CLI::Validator(check, "");
}

void AddLogLevelOption(CLI::App* app, std::string* level) {
  app->add_option("--log-level", *level, "The least severe messages to log")
      ->check(CLI::IsMember(LogLevels()))
      ->capture_default_str();
}

void AddServerOption(CLI::App* app, std::string* address) {
  app->add_option("--server", *address, "The router's address, HOST:PORT or unix:/PATH")
      ->capture_default_str();
}

int Fail(absl::string_view command, absl::string_view message, int exit_code) {
  const std::string line = absl::StrCat("baton ", command, ": ", message, "\n");
  std::fwrite(line.data(), 1, line.size(), stderr);
  return exit_code;
}

}  // namespace baton
