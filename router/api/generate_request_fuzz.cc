// Any bytes as a Generate request: either an error that names something, or a request within every
// limit.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/check.h"
#include "router/api/request_parsing.h"
#include "router/api/test_model.h"
#include "router/api/validation.h"
#include "router/tokenizer/utf8.h"

namespace baton {
namespace {

void CheckIds(const std::vector<int32_t>& ids, const ModelContext& model) {
  for (const int32_t id : ids) BATON_CHECK(id >= 0 && id < model.vocab_size);
}

void CheckSampling(const SamplingParams& sampling, const ModelContext& model) {
  BATON_CHECK(sampling.temperature >= 0 && sampling.temperature <= 100);
  BATON_CHECK(sampling.top_p > 0 && sampling.top_p <= 1);
  BATON_CHECK(sampling.min_p >= 0 && sampling.min_p <= 1);
  BATON_CHECK(sampling.repetition_penalty >= 0.01f && sampling.repetition_penalty <= 100);
  BATON_CHECK(std::abs(sampling.presence_penalty) <= 2);
  BATON_CHECK(std::abs(sampling.frequency_penalty) <= 2);
  BATON_CHECK(sampling.logit_bias.size() <= 1024 && sampling.allowed_token_ids.size() <= 4096);
  for (size_t i = 0; i < sampling.logit_bias.size(); ++i) {
    CheckIds({sampling.logit_bias[i].first}, model);
    BATON_CHECK(std::abs(sampling.logit_bias[i].second) <= 100);
    BATON_CHECK(i == 0 || sampling.logit_bias[i - 1].first < sampling.logit_bias[i].first);
  }
  CheckIds(sampling.allowed_token_ids, model);
  BATON_CHECK(std::is_sorted(sampling.allowed_token_ids.begin(), sampling.allowed_token_ids.end()));
  for (const std::vector<int32_t>& word : sampling.bad_words) {
    BATON_CHECK(!word.empty());
    CheckIds(word, model);
  }
}

void CheckWithinLimits(const EngineRequest& request, const ModelServing& serving) {
  BATON_CHECK(!request.prompt.empty() && request.stop.max_tokens >= 1);
  BATON_CHECK(request.prompt.size() + request.stop.max_tokens <= serving.max_kv_tokens);
  BATON_CHECK(request.stop.min_tokens <= request.stop.max_tokens);
  BATON_CHECK(request.n >= 1 && request.n <= request.best_of && request.best_of <= 64);
  BATON_CHECK(request.num_logprobs.value_or(0) <= 20);
  BATON_CHECK(request.num_prompt_logprobs.value_or(0) <= 20);
  BATON_CHECK(request.cache_salt.size() <= 128);
  CheckIds(request.prompt, *serving.model);
  CheckIds(request.stop.token_ids, *serving.model);
  CheckSampling(request.sampling, *serving.model);
}

}  // namespace
}  // namespace baton

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace baton;
  static const ModelServing* serving = new ModelServing(
      TestServing("{% for m in messages %}{{ m['role'] + m['content'] }}<|end|>{% endfor %}"));
  v1::GenerateRequest message;
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const absl::Status parsed = ParseRequest(bytes, &message);
  if (!parsed.ok()) {
    BATON_CHECK(parsed.code() == absl::StatusCode::kInvalidArgument);
    return 0;
  }
  BATON_CHECK(FindInvalidUtf8(message.text()) == absl::string_view::npos);
  const auto generate = ValidateGenerate(message, *serving, CallTimes(), [] { return 1; });
  if (!generate.ok()) {
    BATON_CHECK(!generate.status().message().empty());
    return 0;
  }
  CheckWithinLimits(generate->request, *serving);
  return 0;
}
