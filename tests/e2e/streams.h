// Many streams of one client at once, and what came of each.
#ifndef BATON_TESTS_E2E_STREAMS_H_
#define BATON_TESTS_E2E_STREAMS_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "baton/v1/inference.pb.h"
#include "client/client.h"

namespace baton {

using TokenList = std::vector<uint32_t>;

struct StreamResult {
  absl::Status status;
  absl::optional<v1::GenerateStarted> started;
  TokenList tokens;
  std::string text;
  absl::optional<v1::GenerateFinished> finished;
  // What breaks the order of a stream's messages: started, pieces whose positions follow each
  // other, finished. "" when nothing does.
  std::string disorder;
};

// Request number `i`: prompts of 1 to 200 tokens below id 259, all different. Greedy, but for every
// fourth, which samples with a seed. Goes on past end tokens, so its length is max_tokens.
v1::GenerateRequest NumberedRequest(int i, uint32_t max_tokens);

// Runs requests at once, each on a thread of its own, from the constructor on.
class Streams {
 public:
  // `client` must outlive it.
  Streams(Client* client, const std::vector<v1::GenerateRequest>& requests,
          absl::Duration timeout = absl::InfiniteDuration());
  // Cancels and joins.
  ~Streams();

  // Whether within `limit` every stream has brought at least `tokens` tokens, or ended.
  bool WaitForTokens(uint32_t tokens, absl::Duration limit = absl::Seconds(30)) const;
  bool HasEnded(int i) const { return streams_[i]->ended.load(); }
  void Cancel(int i) { streams_[i]->call->Cancel(); }

  // Waits for all of them to end. Call it once.
  std::vector<StreamResult> Join();

 private:
  struct Stream {
    std::unique_ptr<GenerateCall> call;
    std::atomic<uint32_t> num_tokens{0};
    std::atomic<bool> ended{false};
    StreamResult result;  // of the thread, until joined
    std::thread thread;
  };

  std::vector<std::unique_ptr<Stream>> streams_;
};

// Runs one request by itself.
StreamResult RunAlone(Client* client, const v1::GenerateRequest& request,
                      absl::Duration timeout = absl::InfiniteDuration());

// What is wrong with a stream that should have brought all that `request` asks for, figures
// included; "" when nothing is.
std::string Faults(const v1::GenerateRequest& request, const StreamResult& result);

}  // namespace baton

#endif  // BATON_TESTS_E2E_STREAMS_H_
