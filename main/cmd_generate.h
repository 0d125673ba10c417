// `baton generate`: one prompt or a file of them, the answers streamed to the terminal.
#ifndef BATON_MAIN_CMD_GENERATE_H_
#define BATON_MAIN_CMD_GENERATE_H_

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "baton/v1/inference.pb.h"
#include "main/command.h"
#include "main/generation.h"

namespace baton {

// Flags of a request that `generate` and `chat` share. Unset: the server's default.
struct RequestOptions {
  std::string server = "127.0.0.1:50051";
  std::string model;
  std::string system;  // in chat: the system message
  std::optional<uint32_t> max_tokens;
  std::optional<float> temperature;
  std::optional<uint32_t> top_k;
  std::optional<float> top_p;
  std::optional<uint64_t> seed;
  std::vector<std::string> stop;
  absl::Duration deadline = absl::InfiniteDuration();
};

void AddRequestOptions(CLI::App* app, RequestOptions* options);

// The request that these options describe, without its input.
v1::GenerateRequest MakeRequest(const RequestOptions& options);

struct GenerateOptions {
  RequestOptions request;
  std::string prompt;  // "-": all of standard input
  std::string file;    // one prompt a line; "-": standard input
  std::string tokens;  // "1,2,3": token ids instead of text
  bool chat = false;   // the prompt is a user's message
  bool parse_special = false;
  bool ignore_eos = false;
  std::optional<uint32_t> logprobs;
  uint32_t concurrency = 1;
  bool json = false;
};

// The requests to send, in order. INVALID_ARGUMENT names the flag, NOT_FOUND a file that can not be
// read.
absl::StatusOr<std::vector<v1::GenerateRequest>> MakeRequests(const GenerateOptions& options,
                                                              std::istream& in);

// Sends them, `concurrency` at a time, and writes answers to `out` in order (in JSON: as they
// finish), figures and errors to `err`. Returns an exit code, the largest of those of its requests.
// `active` ends it from another thread.
int RunGenerate(const GenerateOptions& options, std::istream& in, std::ostream& out,
                std::ostream& err, ActiveCalls* active);

void AddGenerateCommand(CLI::App& app, Command* run);

}  // namespace baton

#endif  // BATON_MAIN_CMD_GENERATE_H_
