// What one request of a load run asks, whatever server it goes to, and how its client behaves.
#ifndef BATON_TESTS_LOAD_REQUEST_LOAD_REQUEST_H_
#define BATON_TESTS_LOAD_REQUEST_LOAD_REQUEST_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "absl/types/variant.h"

namespace baton {

// One message of a conversation.
struct ChatTurn {
  std::string role;  // "system", "user" or "assistant"
  std::string content;
};

// Token ids, plain text, or a conversation that the server's model renders.
using LoadPrompt = absl::variant<std::vector<uint32_t>, std::string, std::vector<ChatTurn>>;

// What is unset is left to the server.
struct LoadSampling {
  absl::optional<double> temperature, top_p, min_p;
  absl::optional<double> repetition_penalty, presence_penalty, frequency_penalty;
  absl::optional<uint32_t> top_k;
  absl::optional<uint64_t> seed;
};

// How the client of a request behaves.
struct ClientBehaviour {
  // Cancels once it has so many tokens; 0: as soon as it has sent the request.
  absl::optional<uint32_t> cancel_after;
  // Waits so long after each message before it reads the next.
  absl::Duration read_pause = absl::ZeroDuration();
  // Sent to the server; counts from when the request is sent.
  absl::Duration deadline = absl::InfiniteDuration();
};

struct LoadRequest {
  uint64_t index = 0;  // its number in the run, from 0
  LoadPrompt prompt;
  // What the workload takes the prompt to be; a server's own count is believed more.
  uint32_t prompt_tokens = 0;
  uint32_t max_tokens = 0;
  bool ignore_eos = false;
  LoadSampling sampling;
  ClientBehaviour behaviour;
  // Multi-turn workloads: which conversation, and which of its turns, both from 0.
  uint64_t conversation = 0;
  uint32_t turn = 0;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REQUEST_LOAD_REQUEST_H_
