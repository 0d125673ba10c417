#include "main/flag_values.h"

#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "router/tokenizer/utf8.h"

namespace baton {
namespace {

struct Unit {
  absl::string_view name;
  double bytes;
};

constexpr Unit kUnits[] = {{"", 1},
                           {"B", 1},
                           {"KiB", 1024.0},
                           {"MiB", 1024.0 * 1024},
                           {"GiB", 1024.0 * 1024 * 1024},
                           {"TiB", 1024.0 * 1024 * 1024 * 1024},
                           {"KB", 1e3},
                           {"MB", 1e6},
                           {"GB", 1e9},
                           {"TB", 1e12}};

}  // namespace

absl::StatusOr<uint64_t> ParseBytes(absl::string_view text) {
  size_t digits = 0;
  while (digits < text.size() && (absl::ascii_isdigit(text[digits]) || text[digits] == '.')) {
    ++digits;
  }
  const absl::string_view unit = absl::StripLeadingAsciiWhitespace(text.substr(digits));
  double number = 0;
  if (digits > 0 && absl::SimpleAtod(text.substr(0, digits), &number)) {
    for (const Unit& known : kUnits) {
      if (unit != known.name) continue;
      const double bytes = number * known.bytes;
      if (bytes < std::ldexp(1.0, 63)) return static_cast<uint64_t>(bytes);
    }
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", text, "\" is not a size in bytes; expected for example 512MiB, 1.5GiB or 2GB"));
}

absl::StatusOr<absl::Duration> ParseFlagDuration(absl::string_view text) {
  absl::Duration duration;
  double seconds = 0;
  if (absl::SimpleAtod(text, &seconds) && std::isfinite(seconds)) {
    duration = absl::Seconds(seconds);
  } else if (!absl::ParseDuration(text, &duration)) {
    duration = absl::Seconds(-1);
  }
  if (duration < absl::ZeroDuration()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is not a duration; expected for example 30s, 500ms or 1m30s"));
  }
  return duration;
}

absl::StatusOr<std::pair<uint32_t, float>> ParseTokenBias(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits(':', 1));
  uint32_t id = 0;
  float value = 0;
  if (!absl::SimpleAtoi(parts.first, &id) || !absl::SimpleAtof(parts.second, &value)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", text, "\" is not a token id and its bias; expected for example 42:-1.5"));
  }
  return std::make_pair(id, value);
}

absl::Status CheckUtf8(absl::string_view name, absl::string_view text) {
  const std::string problem = DescribeInvalidUtf8(text);
  if (problem.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(name, ": ", problem));
}

absl::Status CheckSystemMessage(absl::string_view system, bool chat) {
  if (system.empty() || chat) return absl::OkStatus();
  return absl::InvalidArgumentError("--system needs --chat: only a chat has a system message");
}

std::string ShowBytes(uint64_t bytes) {
  constexpr absl::string_view kNames[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kNames)) {
    value /= 1024;
    ++unit;
  }
  const bool whole = value >= 100 || value == std::floor(value);
  return absl::StrFormat("%.*f %s", whole ? 0 : 1, value, kNames[unit]);
}

std::string ShowDuration(absl::Duration duration) {
  if (duration > absl::ZeroDuration() && duration < absl::Milliseconds(10)) {
    return absl::StrFormat("%.1f ms", absl::ToDoubleMilliseconds(duration));
  }
  if (duration < absl::Seconds(1)) {
    return absl::StrFormat("%d ms", absl::ToInt64Milliseconds(duration));
  }
  if (duration < absl::Minutes(1)) {
    return absl::StrFormat("%.1f s", absl::ToDoubleSeconds(duration));
  }
  const int64_t seconds = absl::ToInt64Seconds(duration);
  if (duration < absl::Hours(1)) return absl::StrFormat("%d min %d s", seconds / 60, seconds % 60);
  return absl::StrFormat("%d h %d min", seconds / 3600, seconds / 60 % 60);
}

}  // namespace baton
