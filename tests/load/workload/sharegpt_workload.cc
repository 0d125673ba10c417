#include "tests/load/workload/sharegpt_workload.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "tests/load/workload/list_workload.h"
#include "tests/load/workload/sharegpt_file.h"

namespace baton {
namespace {

constexpr uint32_t kLeast = 4, kMostPrompt = 1024, kMostTogether = 2048;

// Unset: the conversation is left out.
absl::StatusOr<absl::optional<LoadRequest>> ToRequest(const ShareGptOptions& options,
                                                      const std::vector<ChatTurn>& turns,
                                                      const TokenCounter& count) {
  if (turns.size() < 2) return absl::nullopt;
  LoadRequest request;
  ASSIGN_OR_RETURN(request.prompt_tokens, count(turns[0].content));
  if (options.output_len.has_value()) {
    request.max_tokens = *options.output_len;
  } else {
    ASSIGN_OR_RETURN(request.max_tokens, count(turns[1].content));
    if (request.max_tokens < kLeast) return absl::nullopt;
  }
  if (request.prompt_tokens < kLeast || request.prompt_tokens > kMostPrompt ||
      uint64_t{request.prompt_tokens} + request.max_tokens > kMostTogether) {
    return absl::nullopt;
  }
  request.prompt = turns[0].content;
  if (options.chat) request.prompt = std::vector<ChatTurn>{{"user", turns[0].content}};
  return request;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Workload>> LoadShareGptWorkload(const ShareGptOptions& options,
                                                               const TokenCounter& count) {
  ASSIGN_OR_RETURN(const auto entries, ReadShareGptFile(options.path));
  const size_t needed = SampleNeeds(options.sample, entries.size());
  std::vector<LoadRequest> good;
  for (const size_t entry : SampleOrder(options.sample, entries.size())) {
    if (good.size() == needed) break;
    ASSIGN_OR_RETURN(auto request, ToRequest(options, entries[entry], count));
    if (request.has_value()) good.push_back(*std::move(request));
  }
  if (good.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        options.path, ": none of its ", entries.size(), " conversations is of use; expected two ",
        "turns or more, a prompt of 4 to 1024 tokens, and at most 2048 with the answer"));
  }
  std::vector<LoadRequest> requests;
  for (const size_t record : SampleRecords(options.sample, good.size())) {
    requests.push_back(good[record]);
  }
  return std::make_unique<ListWorkload>(std::move(requests));
}

}  // namespace baton
