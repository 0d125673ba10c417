#include "tests/load/workload/custom_workload.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/status_macros.h"
#include "tests/load/workload/dataset_file.h"
#include "tests/load/workload/json_fields.h"
#include "tests/load/workload/list_workload.h"

namespace baton {
namespace {

struct CustomRow {
  std::string prompt;
  uint32_t output_tokens;
};

absl::StatusOr<CustomRow> ReadRow(const nlohmann::json& line,
                                  const absl::optional<uint32_t>& output_len) {
  CustomRow row;
  ASSIGN_OR_RETURN(row.prompt, JsonString(line, "prompt"));
  if (row.prompt.empty()) {
    return absl::InvalidArgumentError("\"prompt\": found an empty string; expected some text");
  }
  if (output_len.has_value()) {
    row.output_tokens = *output_len;
  } else {
    ASSIGN_OR_RETURN(row.output_tokens, JsonTokens(line, "output_tokens"));
  }
  return row;
}

absl::StatusOr<LoadRequest> ToRequest(const CustomRow& row, bool chat, const TokenCounter& count) {
  LoadRequest request;
  ASSIGN_OR_RETURN(request.prompt_tokens, count(row.prompt));
  request.max_tokens = row.output_tokens;
  request.prompt = row.prompt;
  if (chat) request.prompt = std::vector<ChatTurn>{{"user", row.prompt}};
  return request;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Workload>> LoadCustomWorkload(const CustomOptions& options,
                                                             const TokenCounter& count) {
  std::vector<CustomRow> rows;
  RETURN_IF_ERROR(ForEachJsonLine(options.path, 0, [&](const nlohmann::json& line) {
    auto row = ReadRow(line, options.output_len);
    if (row.ok()) rows.push_back(*std::move(row));
    return row.status();
  }));
  const std::vector<size_t> order = SampleOrder(options.sample, rows.size());
  std::vector<LoadRequest> requests;
  for (const size_t record : SampleRecords(options.sample, rows.size())) {
    ASSIGN_OR_RETURN(auto request, ToRequest(rows[order[record]], options.chat, count));
    requests.push_back(std::move(request));
  }
  return std::make_unique<ListWorkload>(std::move(requests));
}

}  // namespace baton
