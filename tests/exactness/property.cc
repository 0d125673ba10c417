#include "tests/exactness/property.h"

#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/check.h"
#include "tests/exactness/compare.h"
#include "tests/exactness/shrink.h"

namespace baton {
namespace {

constexpr size_t kMostGroups = 8, kMostAnswers = 2000;

}  // namespace

Property::Property(TrialSpace space, PropertyOptions options)
    : space_(std::move(space)), options_(std::move(options)) {}

const TrialModel& Property::Model(const std::string& name) const {
  for (const TrialModel& model : space_.models) {
    if (model.name == name) return model;
  }
  BATON_CHECK(false);
  return space_.models[0];
}

TestGroup& Property::Group(const Trial& trial) {
  if (groups_.size() >= kMostGroups) groups_.clear();
  std::unique_ptr<TestGroup>& group = groups_[{trial.model, trial.tp, trial.pp}];
  if (group == nullptr) {
    TestGroupOptions options = GroupLimits(trial.tp, trial.pp);
    options.threads = options_.threads;
    options.kernels = options_.kernels;
    group = std::make_unique<TestGroup>(Model(trial.model).path, options);
  }
  return *group;
}

Alone& Property::AloneFor(const Trial& trial) {
  if (alone_.size() >= kMostGroups) alone_.clear(), alone_groups_.clear();
  const Key key = {trial.model, trial.tp, 1};
  std::unique_ptr<Alone>& alone = alone_[key];
  if (alone == nullptr) {
    TestGroupOptions options = GroupLimits(trial.tp, 1);
    options.threads = options_.threads;
    options.kernels = options_.kernels;
    const TrialModel& model = Model(trial.model);
    alone_groups_[key] = std::make_unique<TestGroup>(model.path, options);
    alone = std::make_unique<Alone>(alone_groups_[key].get(), model.tokenizer);
  }
  return *alone;
}

const RecordingSink& Property::Expected(const Trial& trial, const EngineRequest& request) {
  if (expected_.size() >= kMostAnswers) expected_.clear();
  std::shared_ptr<RecordingSink>& answer =
      expected_[absl::StrCat(trial.model, " tp ", trial.tp, Describe(request))];
  if (answer == nullptr) answer = AloneFor(trial).Run(request);
  return *answer;
}

std::string Property::Check(const Trial& trial) {
  TrialOutcome outcome =
      RunTrial(trial, &Group(trial), Model(trial.model).tokenizer, options_.tamper);
  if (!outcome.fault.empty()) return outcome.fault;
  for (size_t i = 0; i < trial.requests.size(); ++i) {
    const RecordingSink& answer = *outcome.answers[i];
    const RecordingSink& expected = Expected(trial, trial.requests[i].request);
    const bool cut_off = absl::IsCancelled(answer.error);
    const std::string difference = cut_off ? PrefixDifference(answer, expected, &outcome.coverage)
                                           : Difference(answer, expected, &outcome.coverage);
    const uint32_t before = trial.requests[i].given_before;
    if (before > 0 && answer.finished.cached_tokens > before)
      outcome.coverage.cached_answer_tokens += answer.finished.cached_tokens - before;
    if (!difference.empty()) return absl::StrCat("request ", i, ": ", difference);
  }
  coverage_.Add(outcome.coverage);
  return "";
}

void Property::Resolve(Trial* trial) {
  for (TrialRequest& r : trial->requests) {
    if (!r.follows.has_value()) continue;
    const EngineRequest& earlier = trial->requests[*r.follows].request;
    std::vector<int32_t> prompt = earlier.prompt;
    const auto& choices = Expected(*trial, earlier).choices;
    const auto first = choices.find(0);
    if (first != choices.end())
      prompt.insert(prompt.end(), first->second.tokens.begin(), first->second.tokens.end());
    prompt.insert(prompt.end(), r.request.prompt.begin(), r.request.prompt.end());
    if (prompt.size() > space_.max_prompt) prompt.resize(space_.max_prompt);
    r.request.prompt = std::move(prompt);
    r.request.cache_salt = earlier.cache_salt;
    r.given_before = static_cast<uint32_t>(earlier.prompt.size());
    r.follows.reset();
  }
}

std::string Property::CheckSeed(uint64_t seed) {
  Trial trial = RandomTrial(space_, seed);
  Resolve(&trial);
  const std::string first = Check(trial);
  if (first.empty()) return "";
  const Coverage coverage = coverage_;
  std::string last = first;
  const int tries = Shrink(&trial, [&](const Trial& smaller) {
    const std::string difference = Check(smaller);
    if (!difference.empty()) last = difference;
    return !difference.empty();
  });
  coverage_ = coverage;
  return absl::StrCat("seed ", seed, ": ", first, "\nto repeat: BATON_EXACTNESS_SEED=", seed,
                      " BATON_EXACTNESS_TRIALS=1\nthe smallest trial that fails, after ", tries,
                      " tries: ", last, "\n", Describe(trial));
}

uint64_t NumberFromEnvironment(const char* name, uint64_t without) {
  const char* given = std::getenv(name);
  return given == nullptr ? without : std::strtoull(given, nullptr, 10);
}

}  // namespace baton
