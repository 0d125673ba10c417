// Servers that speak OpenAI's HTTP API: vLLM, llama.cpp's llama-server and others, measured through
// the streams of their completions or chat endpoint.
//
// One thread does all of the I/O. Times are taken when the bytes are read; events that come in one
// read have the same time. A connection serves one request at a time and is kept for the next ones;
// a request that finds none free opens one, which its time to the first token then holds, as it
// would for any client. HTTP has no deadlines, so the client ends a request at its own.
//
// In the records: `code` is "HTTP 503" for an answer that is not 200; "NETWORK" for a connection
// that fails or breaks; "INTERNAL" for an answer that is malformed, that ends early, or that had no
// output; "UNKNOWN" for an error that a stream tells without an HTTP status; "CANCELLED" and
// "DEADLINE_EXCEEDED" for what the client ended. `reason` is the type of OpenAI's error. HTTP 429
// and 503 are refusals.
#ifndef BATON_TESTS_LOAD_BACKEND_OPENAI_BACKEND_H_
#define BATON_TESTS_LOAD_BACKEND_OPENAI_BACKEND_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "tests/load/backend/backend.h"
#include "tests/load/backend/http_client.h"
#include "tests/load/backend/http_fetch.h"
#include "tests/load/backend/io_loop.h"
#include "tests/load/backend/openai_call.h"
#include "tests/load/backend/openai_events.h"

namespace baton {

struct OpenAiOptions {
  std::string base_url;  // "http://host:port"; the paths below follow it
  OpenAiEndpoint endpoint = OpenAiEndpoint::kCompletions;
  std::string path;   // of the endpoint; "": /v1/completions or /v1/chat/completions
  std::string model;  // "": the first that GET /v1/models names
  std::string api_key;
  std::vector<std::string> headers;  // "Name=value", sent with every request
  nlohmann::json extra_body;         // an object: members that each request's body has too, or null
  bool insecure = false;             // takes any TLS certificate
  bool keep_text = false;            // see RequestRecord::text
  size_t max_event_bytes = 16 << 20;
};

// "/v1/completions" or "/v1/chat/completions".
std::string DefaultOpenAiPath(OpenAiEndpoint endpoint);

class OpenAiBackend : public Backend {
 public:
  // What is wrong with the options is told by Connect.
  explicit OpenAiBackend(OpenAiOptions options) : options_(std::move(options)) {}
  // The calls under way end as failed, "the run was stopped". A request that a `done` starts even
  // then ends so at once.
  ~OpenAiBackend() override;

  // Asks for /v1/models until there is an answer that is no 5xx. A server that has no such list
  // must have its model named in the options, and is up when GET /health is no 5xx. UNAUTHENTICATED
  // when it wants another API key.
  absl::StatusOr<ServerFacts> Connect(absl::Duration timeout) override;
  absl::Status Check(const LoadRequest& request) const override;
  void Start(const LoadRequest& request, absl::optional<absl::Time> scheduled, Done done) override;

 private:
  absl::Status StartThread();
  absl::StatusOr<ServerFacts> FindModel(absl::Time until);
  absl::StatusOr<HttpAnswer> AskUntilUp(absl::string_view path, absl::Time until);
  absl::Status AnswersWith(absl::string_view path, const HttpAnswer& answer) const;
  void Begin(std::unique_ptr<OpenAiCall> call, HttpRequest request);
  void OnEnded(OpenAiCall* call, RequestRecord record, const Done& done);
  void StopCalls();

  const OpenAiOptions options_;
  std::string base_url_, model_;  // set by Connect

  // Of the loop's thread.
  bool stopping_ = false;
  absl::flat_hash_map<OpenAiCall*, std::unique_ptr<OpenAiCall>> calls_;

  std::unique_ptr<IoLoop> loop_;
  std::unique_ptr<HttpClient> client_;  // after loop_, which it uses
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_BACKEND_OPENAI_BACKEND_H_
