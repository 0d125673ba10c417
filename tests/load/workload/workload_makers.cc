#include "tests/load/workload/workload_makers.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "tests/load/workload/custom_workload.h"
#include "tests/load/workload/multi_turn_workload.h"
#include "tests/load/workload/option_check.h"
#include "tests/load/workload/prefix_workload.h"
#include "tests/load/workload/random_workload.h"
#include "tests/load/workload/range_ratio.h"
#include "tests/load/workload/sharegpt_mix_workload.h"
#include "tests/load/workload/sharegpt_workload.h"
#include "tests/load/workload/timed_trace_workload.h"

namespace baton {
namespace {

PromptStyle StyleOf(const WorkloadOptions& options, LoadPromptKind kind) {
  return {kind, options.first_id, options.last_id};
}

SampleOptions SampleOf(const WorkloadOptions& options) {
  SampleOptions sample;
  sample.num_prompts = options.num_prompts;
  sample.shuffle = !options.disable_shuffle;
  sample.oversample = !options.no_oversample;
  sample.seed = options.seed;
  sample.point = options.point;
  return sample;
}

absl::Status CheckTokens(absl::string_view flag, uint32_t tokens, uint32_t least) {
  return CheckRange(flag, tokens, least, kMostTokens);
}

// The length that holds, checked by the name of the option that gave it.
absl::StatusOr<uint32_t> Length(const absl::optional<uint32_t>& general, const char* general_flag,
                                uint32_t own, const char* own_flag, uint32_t least) {
  const uint32_t length = general.value_or(own);
  RETURN_IF_ERROR(CheckTokens(general.has_value() ? general_flag : own_flag, length, least));
  return length;
}

absl::StatusOr<uint32_t> OutputLength(const WorkloadOptions& options, uint32_t own,
                                      const char* own_flag) {
  return Length(options.output_len, "--output-len", own, own_flag, 1);
}

}  // namespace

MadeWorkload MakeRandom(const WorkloadOptions& options, LoadPromptKind kind, const TokenCounter&) {
  RandomWorkloadOptions random;
  ASSIGN_OR_RETURN(const RangeRatio ratio,
                   ParseRangeRatio("--random-range-ratio", options.random_range_ratio));
  RETURN_IF_ERROR(CheckTokens("--random-prefix-len", options.random_prefix_len, 0));
  ASSIGN_OR_RETURN(const uint32_t input, Length(options.input_len, "--input-len",
                                                options.random_input_len, "--random-input-len", 0));
  ASSIGN_OR_RETURN(const uint32_t output,
                   OutputLength(options, options.random_output_len, "--random-output-len"));
  random.input = RangeAround(input, ratio.input, 0);
  if (options.random_prefix_len + random.input.low < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("--random-input-len: ", input, " with --random-range-ratio ", ratio.input,
                     " allows an empty prompt; expected 1 token or more, or a prefix"));
  }
  random.output = RangeAround(output, ratio.output, 1);
  random.num_prompts = options.num_prompts;
  random.prefix_len = options.random_prefix_len;
  random.style = StyleOf(options, kind);
  random.seed = options.seed;
  random.point = options.point;
  return std::make_unique<RandomWorkload>(random);
}

MadeWorkload MakePrefixRepetition(const WorkloadOptions& options, LoadPromptKind kind,
                                  const TokenCounter&) {
  PrefixWorkloadOptions prefix;
  prefix.num_prefixes = options.prefix_repetition_num_prefixes;
  RETURN_IF_ERROR(CheckRange("--prefix-repetition-num-prefixes",
                             options.prefix_repetition_num_prefixes, uint64_t{1},
                             options.num_prompts));
  prefix.prefix_len = options.prefix_repetition_prefix_len;
  RETURN_IF_ERROR(CheckTokens("--prefix-repetition-prefix-len", prefix.prefix_len, 1));
  prefix.suffix_len = options.prefix_repetition_suffix_len;
  RETURN_IF_ERROR(CheckTokens("--prefix-repetition-suffix-len", prefix.suffix_len, 0));
  ASSIGN_OR_RETURN(prefix.output_len, OutputLength(options, options.prefix_repetition_output_len,
                                                   "--prefix-repetition-output-len"));
  prefix.num_prompts = options.num_prompts;
  prefix.shuffle = !options.disable_shuffle;
  prefix.style = StyleOf(options, kind);
  prefix.seed = options.seed;
  prefix.point = options.point;
  return std::make_unique<PrefixWorkload>(prefix);
}

MadeWorkload MakeShareGptMix(const WorkloadOptions& options, LoadPromptKind kind,
                             const TokenCounter&) {
  ShareGptMixOptions mix;
  mix.num_prompts = options.num_prompts;
  mix.style = StyleOf(options, kind);
  mix.seed = options.seed;
  mix.point = options.point;
  return std::make_unique<ShareGptMixWorkload>(mix);
}

MadeWorkload MakeShareGpt(const WorkloadOptions& options, LoadPromptKind kind,
                          const TokenCounter& count) {
  ShareGptOptions sharegpt;
  sharegpt.path = options.dataset_path;
  sharegpt.sample = SampleOf(options);
  sharegpt.chat = kind == LoadPromptKind::kChat;
  if (options.output_len.has_value() || options.sharegpt_output_len.has_value()) {
    ASSIGN_OR_RETURN(
        sharegpt.output_len,
        OutputLength(options, options.sharegpt_output_len.value_or(0), "--sharegpt-output-len"));
  }
  return LoadShareGptWorkload(sharegpt, count);
}

MadeWorkload MakeCustom(const WorkloadOptions& options, LoadPromptKind kind,
                        const TokenCounter& count) {
  CustomOptions custom;
  custom.path = options.dataset_path;
  custom.sample = SampleOf(options);
  custom.chat = kind == LoadPromptKind::kChat;
  custom.output_len = absl::nullopt;
  const int64_t own = options.custom_output_len;
  if (options.output_len.has_value()) {
    ASSIGN_OR_RETURN(custom.output_len, OutputLength(options, 0, ""));
  } else if (own != -1) {
    if (own < 1 || own > kMostTokens) {
      return OutOfRange("--custom-output-len", own,
                        absl::StrCat("1 to ", kMostTokens, ", or -1 for each line's own"));
    }
    custom.output_len = static_cast<uint32_t>(own);
  }
  return LoadCustomWorkload(custom, count);
}

MadeWorkload MakeTimedTrace(const WorkloadOptions& options, LoadPromptKind kind,
                            const TokenCounter&) {
  TimedTraceOptions trace;
  trace.path = options.dataset_path;
  trace.num_prompts = options.num_prompts;
  trace.chunk_hash_size = options.timed_trace_chunk_hash_size;
  RETURN_IF_ERROR(CheckTokens("--timed-trace-chunk-hash-size", trace.chunk_hash_size, 1));
  trace.sec_multiplier = options.timed_trace_sec_multiplier;
  RETURN_IF_ERROR(CheckRange("--timed-trace-sec-multiplier", trace.sec_multiplier, 1e-9, 1e9));
  trace.label_timestamp = options.timed_trace_label_timestamp;
  trace.label_input_length = options.timed_trace_label_input_length;
  trace.label_output_length = options.timed_trace_label_output_length;
  trace.label_hash_ids = options.timed_trace_label_hash_ids;
  trace.self_timed = options.self_timed;
  trace.style = StyleOf(options, kind);
  trace.seed = options.seed;
  trace.point = options.point;
  return TimedTraceWorkload::Load(trace);
}

MadeWorkload MakeMultiTurn(const WorkloadOptions& options, LoadPromptKind, const TokenCounter&) {
  MultiTurnOptions turns;
  turns.path = options.dataset_path;
  turns.sample = SampleOf(options);
  RETURN_IF_ERROR(CheckRange("--multi-turn-turns", options.multi_turn_min_turns, 1u, 10000u));
  RETURN_IF_ERROR(CheckRange("--multi-turn-turns", options.multi_turn_max_turns,
                             options.multi_turn_min_turns, 10000u));
  turns.num_turns = {options.multi_turn_min_turns, options.multi_turn_max_turns};
  ASSIGN_OR_RETURN(const RangeRatio ratio,
                   ParseRangeRatio("--multi-turn-range-ratio", options.multi_turn_range_ratio));
  RETURN_IF_ERROR(CheckTokens("--multi-turn-first-len", options.multi_turn_first_len, 1));
  turns.first_message = RangeAround(options.multi_turn_first_len, ratio.input, 1);
  RETURN_IF_ERROR(CheckTokens("--multi-turn-later-len", options.multi_turn_later_len, 1));
  turns.later_messages = RangeAround(options.multi_turn_later_len, ratio.input, 1);
  ASSIGN_OR_RETURN(const uint32_t output,
                   OutputLength(options, options.multi_turn_output_len, "--multi-turn-output-len"));
  turns.output = RangeAround(output, ratio.output, 1);
  RETURN_IF_ERROR(
      CheckRange("--multi-turn-think-time-ms", options.multi_turn_think_time_ms, 0.0, 1e9));
  turns.think_time = absl::Milliseconds(options.multi_turn_think_time_ms);
  turns.max_context = options.multi_turn_max_context;
  return MultiTurnWorkload::Create(turns);
}

}  // namespace baton
