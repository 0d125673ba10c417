// One function for each workload: checks its options and makes it. What all workloads share, and
// that a path and a kind of prompt go with the workload, MakeWorkload has checked before.
#ifndef BATON_TESTS_LOAD_WORKLOAD_WORKLOAD_MAKERS_H_
#define BATON_TESTS_LOAD_WORKLOAD_WORKLOAD_MAKERS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "tests/load/workload/prompt_builder.h"
#include "tests/load/workload/token_counter.h"
#include "tests/load/workload/workload.h"
#include "tests/load/workload/workload_options.h"

namespace baton {

using MadeWorkload = absl::StatusOr<std::unique_ptr<Workload>>;

MadeWorkload MakeRandom(const WorkloadOptions&, LoadPromptKind, const TokenCounter&);
MadeWorkload MakePrefixRepetition(const WorkloadOptions&, LoadPromptKind, const TokenCounter&);
MadeWorkload MakeShareGptMix(const WorkloadOptions&, LoadPromptKind, const TokenCounter&);
MadeWorkload MakeShareGpt(const WorkloadOptions&, LoadPromptKind, const TokenCounter&);
MadeWorkload MakeCustom(const WorkloadOptions&, LoadPromptKind, const TokenCounter&);
MadeWorkload MakeTimedTrace(const WorkloadOptions&, LoadPromptKind, const TokenCounter&);
MadeWorkload MakeMultiTurn(const WorkloadOptions&, LoadPromptKind, const TokenCounter&);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_WORKLOAD_MAKERS_H_
