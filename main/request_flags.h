// The flags that say how an answer is to be generated, the same for `generate` and `chat`.
#ifndef BATON_MAIN_REQUEST_FLAGS_H_
#define BATON_MAIN_REQUEST_FLAGS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "baton/v1/inference.pb.h"
#include "main/command.h"

namespace baton {

// Unset: the server's default.
struct RequestOptions {
  std::string server = "127.0.0.1:50051";
  std::string model;
  std::string system;  // in chat: the system message
  absl::Duration deadline = absl::InfiniteDuration();
  std::optional<int32_t> priority;
  std::string cache_salt;

  std::optional<float> temperature;
  std::optional<uint32_t> top_k;
  std::optional<float> top_p;
  std::optional<float> min_p;
  std::optional<uint64_t> seed;
  std::optional<float> repetition_penalty;
  std::optional<float> presence_penalty;
  std::optional<float> frequency_penalty;
  std::map<uint32_t, float> logit_bias;
  std::vector<uint32_t> allowed_token_ids;
  std::vector<std::string> bad_words;

  std::optional<uint32_t> max_tokens;
  std::optional<uint32_t> min_tokens;
  std::vector<std::string> stop;
  bool include_stop = false;
  bool ignore_eos = false;
};

void AddRequestOptions(CLI::App* app, RequestOptions* options);

// INVALID_ARGUMENT names a flag whose text can not be sent.
absl::Status CheckRequestOptions(const RequestOptions& options);

// The request that these options describe, without its input.
v1::GenerateRequest MakeRequest(const RequestOptions& options);

}  // namespace baton

#endif  // BATON_MAIN_REQUEST_FLAGS_H_
