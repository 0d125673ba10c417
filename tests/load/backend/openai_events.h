// What the JSON texts of OpenAI's API say that a load client needs: the events of a streamed
// answer, and errors. Pure.
//
// Formats: https://platform.openai.com/docs/api-reference (completions, chat streaming, errors),
// and what vLLM and llama.cpp's server add to them. An unknown member is skipped; one of the wrong
// type or range counts as absent.
#ifndef BATON_TESTS_LOAD_BACKEND_OPENAI_EVENTS_H_
#define BATON_TESTS_LOAD_BACKEND_OPENAI_EVENTS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace baton {

enum class OpenAiEndpoint { kCompletions, kChat };

struct OpenAiUsage {
  absl::optional<uint32_t> prompt_tokens, completion_tokens;
  absl::optional<uint32_t> cached_tokens;  // prompt_tokens_details.cached_tokens
};

// llama.cpp's server tells these with the last event.
struct LlamaTimings {
  absl::optional<double> prompt_ms, predicted_ms;
  absl::optional<uint32_t> prompt_n, predicted_n;  // computed, so prompt_n is without cache_n
  absl::optional<uint32_t> cache_n;
};

struct OpenAiError {
  std::string message, type;
  std::string code;  // a number or a name
};

struct OpenAiEvent {
  bool done = false;  // the text [DONE], which ends a stream; nothing else is set then
  // The event counts as one that brings tokens, by the rules of vLLM's own load client, so that
  // numbers compare. Completions: any choice, even of no text. Chat: text, reasoning or a tool
  // call, or empty text without a role; so neither the event that opens the answer with a role nor
  // the one that closes it with a finish reason.
  bool has_output = false;
  // Completions: no text and a finish reason. Unlike vLLM's client we do not count it at once,
  // since it may have brought a token (vLLM's server) or none (llama.cpp's).
  bool only_closes = false;
  std::string text;                   // of the first choice; reasoning and tool calls are not in it
  std::string finish_reason;          // "" while there is none
  absl::optional<OpenAiUsage> usage;  // on whatever event it comes
  absl::optional<LlamaTimings> timings;
  absl::optional<OpenAiError> error;
};

// One event's data. INVALID_ARGUMENT when it is neither [DONE] nor a JSON object.
absl::StatusOr<OpenAiEvent> ParseOpenAiEvent(OpenAiEndpoint endpoint, absl::string_view data);

// The body of an answer that is not 200. What is not of OpenAI's form becomes the message, cut to
// what a person reads.
OpenAiError ParseOpenAiError(absl::string_view body);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_OPENAI_EVENTS_H_
