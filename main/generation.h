// One request as a person at a terminal sees it: runs it, collects what came, and tells the
// figures.
#ifndef BATON_MAIN_GENERATION_H_
#define BATON_MAIN_GENERATION_H_

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "baton/v1/inference.pb.h"
#include "client/client.h"
#include "common/mutex.h"

namespace baton {

// The calls under way, so that ctrl-C can end them all. Thread-safe.
class ActiveCalls {
 public:
  // Cancels the calls under way and those added later.
  void CancelAll();
  bool cancelled() const;

 private:
  friend class ActiveCall;
  mutable Mutex mu_;
  std::set<GenerateCall*> calls_ ABSL_GUARDED_BY(mu_);
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
};

// One of a request's answers.
struct Choice {
  v1::GeneratedPiece output;    // all pieces as one: token ids, text and log probabilities, joined
  v1::ChoiceFinished finished;  // where several were asked for
};

// All that came in answer to one request.
struct Generation {
  absl::Status status;  // how it ended
  v1::GenerateStarted started;
  v1::PromptPiece prompt;  // joined, too; with `echo` or `prompt_logprobs` only
  std::map<uint32_t, Choice> choices = {{0, {}}};
  bool several = false;  // more than one choice was asked for, to return or to choose from
  bool ranked = false;   // more were generated than returned: they come when all have ended
  v1::GenerateFinished finished;
  absl::Duration first_token;  // from the call to the first token, measured here; zero: none came
  absl::Duration total;        // from the call to the end, measured here

  const v1::GeneratedPiece& output() const { return choices.at(0).output; }
  // Tokens that came, of all choices.
  int64_t NumTokens() const;
  // Output tokens after the first, per second between the first and the end; 0 when there were
  // fewer than two. If `ranked`: all tokens generated, per second from the call to the end.
  double TokensPerSecond() const;
};

// Runs `request` to its end. `on_text` is called with the prompt's text, if it is to be returned,
// and that of each piece, as they come.
Generation RunGeneration(Client* client, const v1::GenerateRequest& request, absl::Duration timeout,
                         ActiveCalls* active,
                         const std::function<void(absl::string_view)>& on_text);

// The line of figures, without a newline; `shards` describes the group ("tp 2 x pp 1") or is empty:
// "prompt 31 tokens (16 cached), output 64 tokens, first token 45 ms, 180.3 tok/s, group g0 (tp 2 x
// pp 1)". Says after "output 64 tokens" if the deadline, or a server that shuts down, cut it off.
// Of a ranked one: "…, output 64 tokens of 256 generated, all after 1.4 s, 180.3 tok/s generated,
// …".
std::string FiguresLine(const Generation& generation, absl::string_view shards);

// "tp 2 x pp 1" as the cluster's status has it for `group`; empty when that can not be found out.
std::string DescribeShards(Client* client, absl::string_view group);

// "stop", "length" and so on.
const char* ReasonName(v1::FinishReason reason);

// An error for people: its message, and when to try again where the server said so.
std::string DescribeError(const absl::Status& status);

}  // namespace baton

#endif  // BATON_MAIN_GENERATION_H_
