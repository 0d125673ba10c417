// Any bytes as a Generate request: either an error that names something, or a request within every
// limit.
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "common/check.h"
#include "router/api/request_parsing.h"
#include "router/api/test_model.h"
#include "router/api/validation.h"
#include "router/tokenizer/utf8.h"

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
  const EngineRequest& request = generate->request;
  BATON_CHECK(!request.prompt.empty() && request.stop.max_tokens >= 1);
  BATON_CHECK(request.prompt.size() + request.stop.max_tokens <= serving->max_kv_tokens);
  for (const int32_t id : request.prompt) {
    BATON_CHECK(id >= 0 && id < serving->model->vocab_size);
  }
  BATON_CHECK(request.sampling.temperature >= 0 && request.sampling.top_p > 0);
  return 0;
}
