#include "tests/load/workload/multi_turn_workload.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/variant.h"
#include "common/status_macros.h"
#include "tests/load/workload/random_text.h"
#include "tests/load/workload/seeded_random.h"
#include "tests/load/workload/sharegpt_file.h"
#include "tests/load/workload/token_counter.h"

namespace baton {
namespace {

std::vector<std::string> UserMessages(const std::vector<ChatTurn>& turns) {
  std::vector<std::string> messages;
  for (const ChatTurn& turn : turns) {
    if ((turn.role == "human" || turn.role == "user") && !turn.content.empty()) {
      messages.push_back(turn.content);
    }
  }
  return messages;
}

// The conversations of the file that a run uses, in order.
absl::StatusOr<std::vector<std::vector<std::string>>> ReadScripts(const MultiTurnOptions& options) {
  ASSIGN_OR_RETURN(const auto entries, ReadShareGptFile(options.path));
  std::vector<std::vector<std::string>> good;
  for (const size_t entry : SampleOrder(options.sample, entries.size())) {
    auto messages = UserMessages(entries[entry]);
    if (messages.size() >= options.num_turns.low) good.push_back(std::move(messages));
  }
  if (good.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        options.path, ": none of its ", entries.size(), " conversations is of use; expected ",
        options.num_turns.low, " messages or more from \"human\" or \"user\""));
  }
  std::vector<std::vector<std::string>> scripts;
  for (const size_t record : SampleRecords(options.sample, good.size())) {
    scripts.push_back(good[record]);
  }
  return scripts;
}

}  // namespace

absl::StatusOr<std::unique_ptr<MultiTurnWorkload>> MultiTurnWorkload::Create(
    const MultiTurnOptions& options) {
  std::vector<Script> scripts;
  if (!options.path.empty()) {
    ASSIGN_OR_RETURN(scripts, ReadScripts(options));
  }
  return std::unique_ptr<MultiTurnWorkload>(new MultiTurnWorkload(options, std::move(scripts)));
}

MultiTurnWorkload::MultiTurnWorkload(const MultiTurnOptions& options, std::vector<Script> scripts)
    : options_(options),
      scripts_(std::move(scripts)),
      conversations_(options.path.empty() ? options.sample.num_prompts : scripts_.size()) {}

uint32_t MultiTurnWorkload::Turns(uint64_t conversation) const {
  SeededRandom random({options_.sample.seed, kSeedTurns, conversation});
  const uint32_t drawn = options_.num_turns.Draw(&random);
  if (scripts_.empty()) return drawn;
  return std::min(drawn, static_cast<uint32_t>(scripts_[conversation].size()));
}

void MultiTurnWorkload::AddMessage(LoadRequest* request) const {
  const uint64_t conversation = request->conversation, turn = request->turn;
  const uint64_t seed = options_.sample.seed;
  SeededRandom lengths({seed, kSeedLengths, conversation, turn});
  request->max_tokens = options_.output.Draw(&lengths);
  std::string message;
  if (scripts_.empty()) {
    const auto& range = turn == 0 ? options_.first_message : options_.later_messages;
    const uint32_t words = range.Draw(&lengths);
    SeededRandom body({seed, kSeedBody, options_.sample.point, conversation, turn});
    message = RandomText(&body, words);
    request->prompt_tokens += words;
  } else {
    message = scripts_[conversation][turn];
    request->prompt_tokens += EstimateTokens(message);
  }
  absl::get<std::vector<ChatTurn>>(request->prompt).push_back({"user", std::move(message)});
}

LoadRequest MultiTurnWorkload::Request(size_t i) const {
  LoadRequest request;
  request.index = i;
  request.conversation = i;
  request.prompt = std::vector<ChatTurn>();
  AddMessage(&request);
  return request;
}

absl::optional<FollowUp> MultiTurnWorkload::Next(const LoadRequest& request,
                                                 const std::string& text) const {
  const auto* turns = absl::get_if<std::vector<ChatTurn>>(&request.prompt);
  if (turns == nullptr || request.turn + 1 >= Turns(request.conversation)) return absl::nullopt;
  FollowUp next;
  next.request.conversation = request.conversation;
  next.request.turn = request.turn + 1;
  next.request.prompt_tokens = request.prompt_tokens + EstimateTokens(text);
  std::vector<ChatTurn> said = *turns;
  said.push_back({"assistant", text});
  next.request.prompt = std::move(said);
  AddMessage(&next.request);
  const uint64_t context = uint64_t{next.request.prompt_tokens} + next.request.max_tokens;
  if (options_.max_context > 0 && context > options_.max_context) return absl::nullopt;

  SeededRandom random({options_.sample.seed, kSeedThinkTime, request.conversation, request.turn});
  next.think_time = random.Exponential() * options_.think_time;
  return next;
}

}  // namespace baton
