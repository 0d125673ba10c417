#include "tests/load/report/run_facts.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/load/report/json_access.h"

namespace baton {
namespace {

using nlohmann::json;

// "name, key value, key value"
std::string WorkloadText(const json& workload) {
  if (!workload.is_object()) return JsonText(workload);
  std::vector<std::string> parts;
  const std::string name = JsonText(JsonMember(workload, "name"));
  if (!name.empty()) parts.push_back(name);
  for (const auto& option : workload.items()) {
    const std::string text = JsonText(option.value());
    if (option.key() != "name" && !text.empty()) {
      parts.push_back(absl::StrCat(option.key(), " ", text));
    }
  }
  return absl::StrJoin(parts, ", ");
}

std::string ObjectivesText(const json& objectives) {
  std::vector<std::string> parts;
  if (!objectives.is_object()) return "";
  for (const auto& objective : objectives.items()) {
    parts.push_back(absl::StrCat(objective.key(), " ≤ ", JsonText(objective.value()), " ms"));
  }
  return absl::StrJoin(parts, ", ");
}

std::string FirstText(const json& a, const json& b) {
  const std::string text = JsonText(a);
  return text.empty() ? JsonText(b) : text;
}

std::string ListText(const json& list) { return absl::StrJoin(JsonTexts(list), ", "); }

std::string TokenNote(const json& baton) {
  return JsonBool(baton, "tokens_estimated", false) ? "estimated: the server does not tell" : "";
}

// "4 /s", or "all at once".
std::string RateText(const json& rate) {
  const std::string text = JsonText(rate);
  if (text.empty()) return "";
  return text == "inf" ? "all at once" : absl::StrCat(text, " /s");
}

}  // namespace

std::string RunServer(const json& result) {
  const std::string label = JsonText(JsonMember(result, "label"));
  if (!label.empty()) return label;
  const json& server = JsonMember(JsonMember(result, "baton"), "server");
  const std::string texts[] = {
      FirstText(JsonMember(server, "backend"), JsonMember(result, "backend")),
      JsonText(JsonMember(server, "address")),
      FirstText(JsonMember(server, "model"), JsonMember(result, "model_id"))};
  std::vector<std::string> parts;
  for (const std::string& text : texts) {
    if (!text.empty()) parts.push_back(text);
  }
  return absl::StrJoin(parts, " ");
}

std::vector<RunFact> RunFacts(const json& result) {
  const json& baton = JsonMember(result, "baton");
  const json& server = JsonMember(baton, "server");
  const std::string started = JsonText(JsonMember(baton, "started"));
  std::vector<RunFact> facts = {
      {"Label", JsonText(JsonMember(result, "label"))},
      {"Model", FirstText(JsonMember(server, "model"), JsonMember(result, "model_id"))},
      {"Back end", FirstText(JsonMember(server, "backend"), JsonMember(result, "backend"))},
      {"Address", JsonText(JsonMember(server, "address"))},
      {"Workload", WorkloadText(JsonMember(baton, "workload"))},
      {"Mode", JsonText(JsonMember(baton, "mode"))},
      // A closed loop has none, though vLLM's field says "inf".
      {"Request rate", JsonText(JsonMember(baton, "mode")) == "closed loop"
                           ? ""
                           : RateText(JsonMember(result, "request_rate"))},
      {"Most at once", JsonText(JsonMember(result, "max_concurrency"))},
      {"Objectives", ObjectivesText(JsonMember(baton, "objectives"))},
      {"Numerics classes", ListText(JsonMember(baton, "numerics_classes"))},
      {"Tokens of each message", TokenNote(baton)},
      {"Started", started},
      {"Ended", started.empty() ? JsonText(JsonMember(result, "date")) : ""},
      {"Machine", JsonText(JsonMember(baton, "machine"))},
      {"Tool", JsonText(JsonMember(baton, "tool"))},
      {"Command", JsonText(JsonMember(baton, "command"))}};
  const auto says_nothing = [](const RunFact& fact) { return fact.text.empty(); };
  facts.erase(std::remove_if(facts.begin(), facts.end(), says_nothing), facts.end());
  return facts;
}

std::vector<RunFact> CommonFacts(absl::Span<const RunView> runs) {
  std::vector<RunFact> common;
  if (runs.empty()) return common;
  for (const RunFact& fact : runs[0].facts) {
    const auto same = [&](const RunFact& f) { return f.name == fact.name && f.text == fact.text; };
    const auto has = [&](const RunView& run) {
      return std::any_of(run.facts.begin(), run.facts.end(), same);
    };
    if (std::all_of(runs.begin(), runs.end(), has)) common.push_back(fact);
  }
  return common;
}

}  // namespace baton
