// `baton generate`: one prompt or a file of them, the answers streamed to the terminal.
#ifndef BATON_MAIN_CMD_GENERATE_H_
#define BATON_MAIN_CMD_GENERATE_H_

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "baton/v1/inference.pb.h"
#include "main/command.h"
#include "main/generation.h"
#include "main/request_flags.h"

namespace baton {

struct GenerateOptions {
  RequestOptions request;
  std::string prompt;      // "-": all of standard input
  std::string file;        // one prompt a line; "-": standard input
  std::string tokens;      // "1,2,3": token ids instead of text
  std::string token_file;  // the same for one prompt a line; "-": standard input
  bool chat = false;       // the prompt is a user's message
  bool parse_special = false;
  std::optional<uint32_t> n;
  std::optional<uint32_t> best_of;
  std::optional<uint32_t> logprobs;
  std::optional<uint32_t> prompt_logprobs;
  bool echo = false;  // the prompt's text, too
  uint32_t concurrency = 1;
  bool json = false;
};

// A request, and where its prompt stands.
struct PlacedRequest {
  v1::GenerateRequest request;
  size_t line = 0;  // of the file, from 1; 0: there is no file
};

// The requests to send, in order; empty lines of a file are passed over. INVALID_ARGUMENT names the
// flag that is wrong or would change nothing, NOT_FOUND a file that can not be read.
absl::StatusOr<std::vector<PlacedRequest>> MakeRequests(const GenerateOptions& options,
                                                        std::istream& in);

// Sends them, `concurrency` at a time, and writes answers to `out` in order (in JSON: as they
// finish), figures and errors to `err`. Text is written as it comes where one answer comes at a
// time; several choices are written one after the other when all are there, each under a header.
// Where a file has several prompts, each answer has a header and each message begins with the
// prompt's line. Returns an exit code, the largest of those of its requests.
// `active` ends it from another thread.
int RunGenerate(const GenerateOptions& options, std::istream& in, std::ostream& out,
                std::ostream& err, ActiveCalls* active);

void AddGenerateCommand(CLI::App& app, Command* run);

}  // namespace baton

#endif  // BATON_MAIN_CMD_GENERATE_H_
