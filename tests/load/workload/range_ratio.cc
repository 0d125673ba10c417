#include "tests/load/workload/range_ratio.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "nlohmann/json.hpp"
#include "tests/load/workload/option_check.h"

namespace baton {
namespace {

absl::Status Unknown(absl::string_view flag, absl::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat(flag, ": found \"", text,
                   "\"; expected a number or {\"input\": NUMBER, \"output\": NUMBER}"));
}

absl::Status CheckRatio(absl::string_view flag, double ratio) {
  if (ratio >= 0 && ratio < 1) return absl::OkStatus();
  return OutOfRange(flag, ratio, "0 to below 1");
}

}  // namespace

absl::StatusOr<RangeRatio> ParseRangeRatio(absl::string_view flag, const std::string& text) {
  RangeRatio ratio;
  if (absl::SimpleAtod(text, &ratio.input)) {
    ratio.output = ratio.input;
  } else {
    const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) return Unknown(flag, text);
    for (const auto& field : json.items()) {
      const bool is_input = field.key() == "input";
      if ((!is_input && field.key() != "output") || !field.value().is_number()) {
        return Unknown(flag, text);
      }
      (is_input ? ratio.input : ratio.output) = field.value().get<double>();
    }
  }
  RETURN_IF_ERROR(CheckRatio(flag, ratio.input));
  RETURN_IF_ERROR(CheckRatio(flag, ratio.output));
  return ratio;
}

}  // namespace baton
