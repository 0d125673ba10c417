#include "tests/load/bench/describe_workload.h"

#include <string>

#include "absl/strings/str_replace.h"
#include "absl/types/optional.h"

namespace baton {
namespace {

using Json = nlohmann::ordered_json;

std::string Name(const WorkloadOptions& options) {
  return absl::StrReplaceAll(options.dataset_name, {{"-", "_"}});
}

template <typename T>
void AddIfSet(const char* name, const absl::optional<T>& value, Json* json) {
  if (value) (*json)[name] = *value;
}

void AddDataset(const std::string& name, const WorkloadOptions& o, Json* json) {
  if (!o.dataset_path.empty()) (*json)["dataset_path"] = o.dataset_path;
  AddIfSet("input_len", o.input_len, json);
  AddIfSet("output_len", o.output_len, json);
  if (name == "random") {
    (*json)["random_input_len"] = o.input_len.value_or(o.random_input_len);
    (*json)["random_output_len"] = o.output_len.value_or(o.random_output_len);
    (*json)["random_prefix_len"] = o.random_prefix_len;
    (*json)["random_range_ratio"] = o.random_range_ratio;
  } else if (name == "prefix_repetition") {
    (*json)["num_prefixes"] = o.prefix_repetition_num_prefixes;
    (*json)["prefix_len"] = o.prefix_repetition_prefix_len;
    (*json)["suffix_len"] = o.prefix_repetition_suffix_len;
    (*json)["prefix_output_len"] = o.prefix_repetition_output_len;
  } else if (name == "multi_turn") {
    (*json)["turns"] = Json::array({o.multi_turn_min_turns, o.multi_turn_max_turns});
    (*json)["first_len"] = o.multi_turn_first_len;
    (*json)["later_len"] = o.multi_turn_later_len;
    (*json)["think_time_ms"] = o.multi_turn_think_time_ms;
  } else if (name == "timed_trace") {
    (*json)["chunk_hash_size"] = o.timed_trace_chunk_hash_size;
    (*json)["sec_multiplier"] = o.timed_trace_sec_multiplier;
    (*json)["self_timed"] = o.self_timed;
  }
}

void AddClients(const WorkloadOptions& o, Json* json) {
  if (o.cancel_fraction > 0) (*json)["cancel_fraction"] = o.cancel_fraction;
  if (o.slow_reader_fraction > 0) {
    (*json)["slow_reader_fraction"] = o.slow_reader_fraction;
    (*json)["read_pause_ms"] = o.read_pause_ms;
  }
  if (!o.deadline.empty()) (*json)["deadline_ms"] = o.deadline;
  AddIfSet("ignore_eos", o.ignore_eos, json);
  json->update(DescribeSampling(o));
}

}  // namespace

Json DescribeSampling(const WorkloadOptions& options) {
  const LoadSampling& sampling = options.sampling;
  Json json = Json::object();
  AddIfSet("temperature", sampling.temperature, &json);
  AddIfSet("top_p", sampling.top_p, &json);
  AddIfSet("top_k", sampling.top_k, &json);
  AddIfSet("min_p", sampling.min_p, &json);
  AddIfSet("repetition_penalty", sampling.repetition_penalty, &json);
  AddIfSet("presence_penalty", sampling.presence_penalty, &json);
  AddIfSet("frequency_penalty", sampling.frequency_penalty, &json);
  AddIfSet("sampling_seed", sampling.seed, &json);
  return json;
}

bool IsMultiTurn(const WorkloadOptions& options) { return Name(options) == "multi_turn"; }

Json DescribeWorkload(const WorkloadOptions& options) {
  Json json = {
      {"name", Name(options)}, {"num_prompts", options.num_prompts}, {"seed", options.seed}};
  AddDataset(Name(options), options, &json);
  AddClients(options, &json);
  return json;
}

}  // namespace baton
