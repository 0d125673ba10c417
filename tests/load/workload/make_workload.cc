#include "tests/load/workload/make_workload.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "common/status_macros.h"
#include "tests/load/workload/client_workload.h"
#include "tests/load/workload/deadline_spec.h"
#include "tests/load/workload/option_check.h"
#include "tests/load/workload/prompt_builder.h"
#include "tests/load/workload/workload_makers.h"

namespace baton {
namespace {

constexpr uint64_t kMostPrompts = 10'000'000, kMostPoints = 1'000'000;

enum class PathUse { kNone, kNeeded, kOptional };

// In the order of LoadPromptKind.
constexpr absl::string_view kKindNames[] = {"ids", "text", "chat"};
constexpr LoadPromptKind kKinds[] = {LoadPromptKind::kIds, LoadPromptKind::kText,
                                     LoadPromptKind::kChat};

struct KnownWorkload {
  absl::string_view name;
  PathUse path;
  LoadPromptKind kind;        // unless told otherwise
  LoadPromptKind first_kind;  // of those from which one can choose; the last is chat
  bool ignore_eos;            // unless told otherwise
  MadeWorkload (*make)(const WorkloadOptions&, LoadPromptKind, const TokenCounter&);
};

constexpr LoadPromptKind kIds = LoadPromptKind::kIds, kText = LoadPromptKind::kText,
                         kChat = LoadPromptKind::kChat;
constexpr KnownWorkload kKnown[] = {
    {"random", PathUse::kNone, kIds, kIds, true, MakeRandom},
    {"prefix_repetition", PathUse::kNone, kIds, kIds, false, MakePrefixRepetition},
    {"sharegpt", PathUse::kNeeded, kText, kText, false, MakeShareGpt},
    {"custom", PathUse::kNeeded, kText, kText, false, MakeCustom},
    {"timed_trace", PathUse::kNeeded, kIds, kIds, true, MakeTimedTrace},
    {"multi_turn", PathUse::kOptional, kChat, kChat, false, MakeMultiTurn},
    {"sharegpt_mix", PathUse::kNone, kIds, kIds, true, MakeShareGptMix},
};

absl::Status Wrong(absl::string_view flag, absl::string_view found, absl::string_view expected) {
  return absl::InvalidArgumentError(
      absl::StrCat(flag, ": found \"", found, "\"; expected ", expected));
}

absl::StatusOr<const KnownWorkload*> Find(const std::string& name) {
  const std::string wanted = absl::StrReplaceAll(name, {{"-", "_"}});
  std::string names;
  for (const KnownWorkload& known : kKnown) {
    if (known.name == wanted) return &known;
    absl::StrAppend(&names, names.empty() ? "" : ", ", known.name);
  }
  return Wrong("--dataset-name", name, absl::StrCat("one of ", names));
}

absl::StatusOr<LoadPromptKind> KindOf(const WorkloadOptions& options, const KnownWorkload& known) {
  if (options.prompt_kind.empty()) return known.kind;
  std::string names;
  for (const LoadPromptKind kind : kKinds) {
    if (kind < known.first_kind) continue;
    const absl::string_view name = kKindNames[static_cast<int>(kind)];
    if (name == options.prompt_kind) return kind;
    absl::StrAppend(&names, names.empty() ? "" : " or ", name);
  }
  return Wrong("--prompt-kind", options.prompt_kind,
               absl::StrCat(names, " with --dataset-name ", known.name));
}

absl::Status CheckPath(const WorkloadOptions& options, PathUse use, absl::string_view name) {
  if (use == PathUse::kNone && !options.dataset_path.empty()) {
    return Wrong("--dataset-path", options.dataset_path,
                 absl::StrCat("none with --dataset-name ", name));
  }
  if (use == PathUse::kNeeded && options.dataset_path.empty()) {
    return Wrong("--dataset-path", "", absl::StrCat("a file with --dataset-name ", name));
  }
  return absl::OkStatus();
}

absl::Status CheckShared(const WorkloadOptions& options) {
  const uint64_t least = options.dataset_path.empty() ? 1 : 0;
  RETURN_IF_ERROR(CheckRange("--num-prompts", options.num_prompts, least, kMostPrompts));
  RETURN_IF_ERROR(CheckRange("point", options.point, uint64_t{0}, kMostPoints));
  return CheckRange("--token-ids", options.last_id, options.first_id, UINT32_MAX);
}

absl::StatusOr<ClientSettings> Settings(const WorkloadOptions& options, bool ignore_eos) {
  ClientSettings settings;
  settings.ignore_eos = options.ignore_eos.value_or(ignore_eos);
  settings.sampling = options.sampling;
  settings.seed = options.seed;
  BehaviourOptions& behaviours = settings.behaviours;
  RETURN_IF_ERROR(CheckRange("--cancel-fraction", options.cancel_fraction, 0.0, 1.0));
  behaviours.cancel_fraction = options.cancel_fraction;
  RETURN_IF_ERROR(CheckRange("--slow-reader-fraction", options.slow_reader_fraction, 0.0, 1.0));
  behaviours.slow_reader_fraction = options.slow_reader_fraction;
  RETURN_IF_ERROR(CheckRange("--read-pause-ms", options.read_pause_ms, 0.0, 1e9));
  behaviours.read_pause = absl::Milliseconds(options.read_pause_ms);
  const auto deadline = ParseDeadlineSpec(options.deadline);
  if (!deadline.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--deadline-ms: ", deadline.status().message()));
  }
  behaviours.deadline = *deadline;
  return settings;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Workload>> MakeWorkload(const WorkloadOptions& options,
                                                       const TokenCounter& count) {
  ASSIGN_OR_RETURN(const KnownWorkload* known, Find(options.dataset_name));
  RETURN_IF_ERROR(CheckPath(options, known->path, known->name));
  RETURN_IF_ERROR(CheckShared(options));
  ASSIGN_OR_RETURN(const LoadPromptKind kind, KindOf(options, *known));
  ASSIGN_OR_RETURN(const ClientSettings settings, Settings(options, known->ignore_eos));
  ASSIGN_OR_RETURN(auto workload, known->make(options, kind, count));
  return std::make_unique<ClientWorkload>(std::move(workload), settings);
}

}  // namespace baton
