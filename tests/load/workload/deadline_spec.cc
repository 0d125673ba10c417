#include "tests/load/workload/deadline_spec.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status_macros.h"
#include "tests/load/workload/fixed_math.h"

namespace baton {
namespace {

using Shape = DeadlineSpec::Shape;

absl::Status Unknown(absl::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text, "\" is no distribution of milliseconds; expected one like 500, ",
                   "uniform:100:1000, exp:500 or lognormal:500:0.8"));
}

absl::StatusOr<double> Number(absl::string_view text) {
  double number = 0;
  if (absl::SimpleAtod(text, &number) && number > 0 && std::isfinite(number)) return number;
  return absl::InvalidArgumentError(
      absl::StrCat("found \"", text, "\"; expected a finite number above 0"));
}

// How the text before the numbers reads, and how many numbers follow it.
struct Form {
  absl::string_view name;
  Shape shape;
  size_t numbers;
};
constexpr Form kForms[] = {{"uniform", Shape::kUniform, 2},
                           {"exp", Shape::kExponential, 1},
                           {"lognormal", Shape::kLogNormal, 2}};

}  // namespace

absl::Duration DeadlineSpec::Draw(SeededRandom* random) const {
  double ms = a;
  switch (shape) {
    case Shape::kNone:
      return absl::InfiniteDuration();
    case Shape::kFixed:
      break;
    case Shape::kUniform:
      ms = a + (b - a) * random->Uniform();
      break;
    case Shape::kExponential:
      ms = a * random->Exponential();
      break;
    case Shape::kLogNormal:
      ms = a * FixedExp(b * random->Normal());
      break;
  }
  return std::max(absl::Milliseconds(ms), absl::Milliseconds(1));
}

absl::StatusOr<DeadlineSpec> ParseDeadlineSpec(absl::string_view text) {
  if (text.empty()) return DeadlineSpec();
  std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  DeadlineSpec spec;
  spec.shape = parts.size() == 1 ? Shape::kFixed : Shape::kNone;
  for (const Form& form : kForms) {
    if (parts[0] == form.name && parts.size() == form.numbers + 1) spec.shape = form.shape;
  }
  if (spec.shape == Shape::kNone) return Unknown(text);
  if (spec.shape == Shape::kFixed) {
    if (!absl::SimpleAtod(text, &spec.a)) return Unknown(text);
  } else {
    parts.erase(parts.begin());
  }
  ASSIGN_OR_RETURN(spec.a, Number(parts[0]));
  if (parts.size() == 2) {
    ASSIGN_OR_RETURN(spec.b, Number(parts[1]));
  }
  if (spec.shape == Shape::kUniform && spec.b < spec.a) {
    return absl::InvalidArgumentError(
        absl::StrCat("found ", spec.a, " to ", spec.b, "; expected the lower number first"));
  }
  return spec;
}

}  // namespace baton
