// Everything that `baton bench` can be told about what is asked: names and defaults are those of
// `vllm bench serve` where it has the option.
#ifndef BATON_TESTS_LOAD_WORKLOAD_WORKLOAD_OPTIONS_H_
#define BATON_TESTS_LOAD_WORKLOAD_WORKLOAD_OPTIONS_H_

#include <cstdint>
#include <string>

#include "absl/types/optional.h"
#include "tests/load/request/load_request.h"

namespace baton {

// A field is the option of its name, with - for _. Nothing is checked but by MakeWorkload.
struct WorkloadOptions {
  // "random", "prefix_repetition", "sharegpt", "custom", "timed_trace", "multi_turn" or
  // "sharegpt_mix"; - may stand for _.
  std::string dataset_name = "random";
  std::string dataset_path;
  uint64_t num_prompts = 1000;  // of multi_turn, conversations. With a file, 0: all that it has.
  uint64_t seed = 0;
  uint64_t point = 0;  // of a sweep, from 0: another point has other prompts
  bool disable_shuffle = false;
  bool no_oversample = false;  // a file that is too small gives a shorter run

  // "ids", "text" or "chat"; empty: ids where tokens are random, else text, and chat of multi_turn.
  std::string prompt_kind;
  // Where random ids are drawn from, both included. These are in every vocabulary.
  uint32_t first_id = 3, last_id = 258;

  // Unset: true of random, timed_trace and sharegpt_mix, whose output lengths are meant.
  absl::optional<bool> ignore_eos;
  LoadSampling sampling;

  // Where given, instead of the workload's own option.
  absl::optional<uint32_t> input_len;   // random
  absl::optional<uint32_t> output_len;  // random, prefix_repetition, sharegpt, custom, multi_turn

  uint32_t random_input_len = 1024;
  uint32_t random_output_len = 128;
  uint32_t random_prefix_len = 0;
  std::string random_range_ratio = "0.0";  // see ParseRangeRatio

  uint64_t prefix_repetition_num_prefixes = 10;
  uint32_t prefix_repetition_prefix_len = 256;
  uint32_t prefix_repetition_suffix_len = 256;
  uint32_t prefix_repetition_output_len = 128;

  absl::optional<uint32_t> sharegpt_output_len;  // unset: the answer's in the file

  int64_t custom_output_len = 256;  // -1: each line's own

  uint32_t timed_trace_chunk_hash_size = 16;
  double timed_trace_sec_multiplier = 1;
  std::string timed_trace_label_timestamp = "timestamp";
  std::string timed_trace_label_input_length = "input_length";
  std::string timed_trace_label_output_length = "output_length";
  std::string timed_trace_label_hash_ids = "hash_ids";
  bool self_timed = true;  // the trace's times are kept

  uint32_t multi_turn_min_turns = 2, multi_turn_max_turns = 5;
  uint32_t multi_turn_first_len = 256, multi_turn_later_len = 64, multi_turn_output_len = 128;
  std::string multi_turn_range_ratio = "0.0";  // of messages, and of outputs
  double multi_turn_think_time_ms = 1000;      // the mean
  uint32_t multi_turn_max_context = 0;         // 0: no limit

  double cancel_fraction = 0;
  double slow_reader_fraction = 0;
  double read_pause_ms = 100;  // of slow readers, after each message
  std::string deadline;        // see ParseDeadlineSpec
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_WORKLOAD_OPTIONS_H_
