#include "tests/load/backend/openai_backend.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/clock.h"
#include "common/status_macros.h"
#include "tests/load/backend/http_url.h"
#include "tests/load/backend/openai_body.h"
#include "tests/load/backend/openai_models.h"

namespace baton {
namespace {

constexpr absl::Duration kRetryInterval = absl::Milliseconds(100);
constexpr absl::Duration kMinAttempt = absl::Seconds(1), kMaxAttempt = absl::Seconds(10);
constexpr absl::string_view kModelsPath = "/v1/models";

bool HasNoSuchPath(int status) { return status == 404 || status == 405 || status == 501; }

absl::StatusOr<HttpClientOptions> ClientOptions(const OpenAiOptions& options, bool loopback) {
  HttpClientOptions client;
  client.insecure = options.insecure;
  client.use_proxy = !loopback;
  if (!options.api_key.empty()) {
    ASSIGN_OR_RETURN(std::string key,
                     ParseHttpHeader(absl::StrCat("Authorization=Bearer ", options.api_key)));
    client.headers.push_back(std::move(key));
  }
  for (const std::string& header : options.headers) {
    ASSIGN_OR_RETURN(std::string parsed, ParseHttpHeader(header));
    client.headers.push_back(std::move(parsed));
  }
  return client;
}

}  // namespace

std::string DefaultOpenAiPath(OpenAiEndpoint endpoint) {
  return endpoint == OpenAiEndpoint::kChat ? "/v1/chat/completions" : "/v1/completions";
}

OpenAiBackend::~OpenAiBackend() {
  if (loop_ == nullptr) return;
  loop_->Post([this] { StopCalls(); });
  loop_->Join();
}

absl::StatusOr<ServerFacts> OpenAiBackend::Connect(absl::Duration timeout) {
  const absl::Time until = Clock::Real()->Now() + timeout;
  if (!options_.extra_body.is_null() && !options_.extra_body.is_object()) {
    return absl::InvalidArgumentError(absl::StrCat("the extra body must be a JSON object, and is ",
                                                   options_.extra_body.type_name()));
  }
  RETURN_IF_ERROR(StartThread());
  ASSIGN_OR_RETURN(ServerFacts facts, FindModel(until));
  model_ = facts.model;
  return facts;
}

absl::Status OpenAiBackend::StartThread() {
  ASSIGN_OR_RETURN(const HttpBaseUrl base, ParseHttpBaseUrl(options_.base_url));
  base_url_ = base.url;
  ASSIGN_OR_RETURN(HttpClientOptions client_options, ClientOptions(options_, base.loopback));
  ASSIGN_OR_RETURN(loop_, IoLoop::Create());
  ASSIGN_OR_RETURN(client_, HttpClient::Create(loop_.get(), std::move(client_options)));
  return absl::OkStatus();
}

absl::StatusOr<ServerFacts> OpenAiBackend::FindModel(absl::Time until) {
  ASSIGN_OR_RETURN(const HttpAnswer models, AskUntilUp(kModelsPath, until));
  if (models.status == 200) {
    absl::StatusOr<ServerFacts> facts = ChooseOpenAiModel(models.body, options_.model);
    if (facts.ok()) return facts;
    return absl::Status(facts.status().code(),
                        absl::StrCat(base_url_, ": ", facts.status().message()));
  }
  if (!HasNoSuchPath(models.status)) return AnswersWith(kModelsPath, models);
  if (options_.model.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(base_url_, " has no ", kModelsPath, " (HTTP ",
                                                   models.status,
                                                   "), so the model that it serves must be named"));
  }
  RETURN_IF_ERROR(AskUntilUp("/health", until).status());
  ServerFacts facts;
  facts.model = options_.model;
  return facts;
}

// Any answer but a 5xx, with which a server says that it is not ready.
absl::StatusOr<HttpAnswer> OpenAiBackend::AskUntilUp(absl::string_view path, absl::Time until) {
  const absl::Time start = Clock::Real()->Now();
  while (true) {
    HttpRequest request;
    request.url = absl::StrCat(base_url_, path);
    const absl::Duration left = until - Clock::Real()->Now();
    const absl::StatusOr<HttpAnswer> answer =
        HttpFetch(loop_.get(), client_.get(), std::move(request),
                  std::max(kMinAttempt, std::min(left, kMaxAttempt)));
    if (answer.ok() && answer->status < 500) return answer;
    const absl::Time now = Clock::Real()->Now();
    if (now + kRetryInterval >= until) {
      if (answer.ok()) return AnswersWith(path, *answer);
      return absl::UnavailableError(absl::StrCat(base_url_, " did not answer in ",
                                                 absl::FormatDuration(now - start), ": ",
                                                 answer.status().message()));
    }
    absl::SleepFor(kRetryInterval);
  }
}

absl::Status OpenAiBackend::AnswersWith(absl::string_view path, const HttpAnswer& answer) const {
  const bool wants_key = answer.status == 401 || answer.status == 403;
  return absl::Status(
      wants_key ? absl::StatusCode::kUnauthenticated : absl::StatusCode::kUnavailable,
      absl::StrCat(base_url_, path, " answers HTTP ", answer.status, ": ",
                   ParseOpenAiError(answer.body).message));
}

absl::Status OpenAiBackend::Check(const LoadRequest& request) const {
  return CheckOpenAiPrompt(options_.endpoint, request.prompt);
}

// The body is made on the caller's thread, which leaves the loop's to the streams.
void OpenAiBackend::Start(const LoadRequest& request, absl::optional<absl::Time> scheduled,
                          Done done) {
  HttpRequest http;
  http.url = absl::StrCat(
      base_url_, options_.path.empty() ? DefaultOpenAiPath(options_.endpoint) : options_.path);
  http.body = OpenAiBody(options_.endpoint, model_, request, options_.extra_body);
  OpenAiCallOptions call_options;
  call_options.endpoint = options_.endpoint;
  call_options.max_event_bytes = options_.max_event_bytes;
  call_options.keep_text = options_.keep_text;
  auto call = std::make_unique<OpenAiCall>(
      loop_.get(), client_.get(), call_options, request, scheduled,
      [this, done = std::move(done)](OpenAiCall* ended, RequestRecord record) {
        OnEnded(ended, std::move(record), done);
      });
  // std::function wants what can be copied.
  loop_->Post([this, raw = call.release(), http = std::move(http)]() mutable {
    Begin(std::unique_ptr<OpenAiCall>(raw), std::move(http));
  });
}

void OpenAiBackend::Begin(std::unique_ptr<OpenAiCall> call, HttpRequest request) {
  OpenAiCall* const raw = call.get();
  calls_.emplace(raw, std::move(call));
  if (stopping_) {
    raw->Stop();
  } else {
    raw->Begin(std::move(request));
  }
}

void OpenAiBackend::OnEnded(OpenAiCall* call, RequestRecord record, const Done& done) {
  calls_.erase(call);
  done(std::move(record));
}

void OpenAiBackend::StopCalls() {
  stopping_ = true;
  while (!calls_.empty()) calls_.begin()->first->Stop();
}

}  // namespace baton
