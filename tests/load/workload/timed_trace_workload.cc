#include "tests/load/workload/timed_trace_workload.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "tests/load/workload/dataset_file.h"
#include "tests/load/workload/json_fields.h"

namespace baton {
namespace {

absl::StatusOr<std::vector<uint64_t>> ReadHashIds(const nlohmann::json& line,
                                                  const std::string& label) {
  const auto field = line.find(label);
  if (field == line.end()) return std::vector<uint64_t>();
  std::vector<uint64_t> ids;
  const bool is_array = field->is_array();
  for (const nlohmann::json& id : is_array ? *field : nlohmann::json::array()) {
    if (!id.is_number_integer()) {
      return absl::InvalidArgumentError(absl::StrCat("\"", label, "\"[", ids.size(), "]: found ",
                                                     JsonKind(id), "; expected an integer"));
    }
    ids.push_back(id.get<uint64_t>());
  }
  if (is_array) return ids;
  return absl::InvalidArgumentError(
      absl::StrCat("\"", label, "\": found ", JsonKind(*field), "; expected an array of integers"));
}

absl::StatusOr<TimedTraceRow> ReadRow(const nlohmann::json& line,
                                      const TimedTraceOptions& options) {
  TimedTraceRow row;
  ASSIGN_OR_RETURN(const double timestamp, JsonTime(line, options.label_timestamp));
  row.at = absl::Seconds(timestamp * options.sec_multiplier);
  if (row.at == absl::InfiniteDuration()) {
    return absl::InvalidArgumentError(absl::StrCat("\"", options.label_timestamp, "\": found ",
                                                   timestamp, " times ", options.sec_multiplier,
                                                   "; expected a time that can be waited for"));
  }
  ASSIGN_OR_RETURN(row.input_length, JsonTokens(line, options.label_input_length));
  ASSIGN_OR_RETURN(row.output_length, JsonTokens(line, options.label_output_length));
  ASSIGN_OR_RETURN(row.hash_ids, ReadHashIds(line, options.label_hash_ids));
  return row;
}

absl::Status CheckOrder(const std::vector<TimedTraceRow>& rows, const TimedTraceRow& next,
                        const std::string& label) {
  if (rows.empty() || next.at >= rows.back().at) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("\"", label, "\": found ", absl::FormatDuration(next.at),
                   "; expected at least the line before's ", absl::FormatDuration(rows.back().at)));
}

}  // namespace

TimedTraceWorkload::TimedTraceWorkload(const TimedTraceOptions& options,
                                       std::vector<TimedTraceRow> rows)
    : options_(options), rows_(std::move(rows)) {}

absl::StatusOr<std::unique_ptr<TimedTraceWorkload>> TimedTraceWorkload::Load(
    const TimedTraceOptions& options) {
  std::vector<TimedTraceRow> rows;
  const auto add = [&](const nlohmann::json& line) -> absl::Status {
    ASSIGN_OR_RETURN(TimedTraceRow row, ReadRow(line, options));
    RETURN_IF_ERROR(CheckOrder(rows, row, options.label_timestamp));
    rows.push_back(std::move(row));
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(ForEachJsonLine(options.path, options.num_prompts, add));
  return std::unique_ptr<TimedTraceWorkload>(new TimedTraceWorkload(options, std::move(rows)));
}

LoadRequest TimedTraceWorkload::Request(size_t i) const {
  const TimedTraceRow& row = rows_[i];
  PromptBuilder prompt(options_.style);
  for (const uint64_t hash : row.hash_ids) {
    const uint32_t left = row.input_length - prompt.tokens();
    if (left == 0) break;
    SeededRandom block({options_.seed, kSeedPrefix, options_.point, hash});
    prompt.Append(&block, std::min(left, options_.chunk_hash_size));
  }
  SeededRandom rest({options_.seed, kSeedBody, options_.point, i});
  prompt.Append(&rest, row.input_length - prompt.tokens());

  LoadRequest request;
  request.index = i;
  request.max_tokens = row.output_length;
  prompt.MoveTo(&request);
  return request;
}

absl::optional<std::vector<absl::Duration>> TimedTraceWorkload::Schedule() const {
  if (!options_.self_timed) return absl::nullopt;
  std::vector<absl::Duration> times;
  for (const TimedTraceRow& row : rows_) times.push_back(row.at);
  return times;
}

}  // namespace baton
