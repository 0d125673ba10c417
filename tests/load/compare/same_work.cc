#include "tests/load/compare/same_work.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "common/status_macros.h"
#include "tests/load/compare/interleaving.h"
#include "tests/load/report/json_access.h"

namespace baton {
namespace {

constexpr double kMostDifference = 0.01;

absl::Status CheckKey(const NamedResult& first, const NamedResult& other, const char* key,
                      double most_difference) {
  const auto expected = JsonNumber(first.json, key), found = JsonNumber(other.json, key);
  for (const NamedResult* result : {&first, &other}) {
    if (JsonNumber(result->json, key)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        result->name, ": not a result that can be compared: it has no number \"", key, "\""));
  }
  if (std::abs(*found - *expected) <= most_difference * std::abs(*expected)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("not the same work: ", key, " is ", *expected,
                                                 " in ", first.name, " and ", *found, " in ",
                                                 other.name));
}

void WarnOfRun(const NamedResult& run, std::vector<std::string>* warnings) {
  const nlohmann::json& baton = JsonMember(run.json, "baton");
  if (!JsonBool(baton, "valid", true)) {
    warnings->push_back(absl::StrCat(
        run.name, " is not valid: ", absl::StrJoin(JsonTexts(JsonMember(baton, "invalid")), "; ")));
  }
  if (JsonBool(baton, "partial", false)) {
    warnings->push_back(absl::StrCat(run.name, " is partial"));
  }
}

// Empty unless the two were asked for different loads.
std::string LoadWarning(const NamedResult& first, const NamedResult& other,
                        const std::string& key) {
  const std::string expected = JsonText(JsonMember(first.json, key));
  const std::string found = JsonText(JsonMember(other.json, key));
  if (JsonMember(first.json, key) == JsonMember(other.json, key)) return "";
  return absl::StrCat(key, " is ", expected.empty() ? "not set" : expected, " in ", first.name,
                      " and ", found.empty() ? "not set" : found, " in ", other.name);
}

// Of the first run that differs.
void WarnOfLoad(const std::vector<NamedResult>& a, const std::vector<NamedResult>& b,
                std::vector<std::string>* warnings) {
  for (const char* key : {"request_rate", "max_concurrency"}) {
    std::string warning;
    for (const std::vector<NamedResult>* side : {&a, &b}) {
      for (const NamedResult& run : *side) {
        if (warning.empty()) warning = LoadWarning(a[0], run, key);
      }
    }
    if (!warning.empty()) warnings->push_back(warning);
  }
}

// Fewer times than runs if some do not tell.
std::vector<absl::Time> StartTimes(const std::vector<NamedResult>& runs) {
  std::vector<absl::Time> times;
  for (const NamedResult& run : runs) {
    absl::Time time;
    const std::string started = JsonText(JsonMember(JsonMember(run.json, "baton"), "started"));
    if (absl::ParseTime(absl::RFC3339_full, started, &time, nullptr)) times.push_back(time);
  }
  return times;
}

std::string OrderWarning(const std::vector<NamedResult>& a, const std::vector<NamedResult>& b) {
  const std::vector<absl::Time> a_times = StartTimes(a), b_times = StartTimes(b);
  if (a_times.size() == a.size() && b_times.size() == b.size()) {
    return InterleavingWarning(a_times, b_times);
  }
  return a.size() < 2 ? ""
                      : "not all results say when they started, so that it is not known whether "
                        "the two sides took turns";
}

}  // namespace

absl::Status CheckSameWork(const std::vector<NamedResult>& a, const std::vector<NamedResult>& b) {
  if (a.size() != b.size()) {
    return absl::InvalidArgumentError(absl::StrCat("runs are compared in pairs, but there are ",
                                                   a.size(), " of A and ", b.size(), " of B"));
  }
  if (a.empty()) return absl::InvalidArgumentError("there are no runs to compare");
  for (const std::vector<NamedResult>* side : {&a, &b}) {
    for (const NamedResult& run : *side) {
      RETURN_IF_ERROR(CheckKey(a[0], run, "num_prompts", 0));
      RETURN_IF_ERROR(CheckKey(a[0], run, "completed", 0));
      RETURN_IF_ERROR(CheckKey(a[0], run, "total_input_tokens", kMostDifference));
      RETURN_IF_ERROR(CheckKey(a[0], run, "total_output_tokens", kMostDifference));
    }
  }
  return absl::OkStatus();
}

std::vector<std::string> ComparisonWarnings(const std::vector<NamedResult>& a,
                                            const std::vector<NamedResult>& b) {
  std::vector<std::string> warnings;
  for (const std::vector<NamedResult>* side : {&a, &b}) {
    for (const NamedResult& run : *side) WarnOfRun(run, &warnings);
  }
  WarnOfLoad(a, b, &warnings);
  const std::string order = OrderWarning(a, b);
  if (!order.empty()) warnings.push_back(order);
  return warnings;
}

}  // namespace baton
