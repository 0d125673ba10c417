#include "tests/load/backend/openai_answer.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace baton {
namespace {

constexpr size_t kMaxErrorBodyBytes = 64 << 10;

// HTTP's for "come back later".
bool IsRefusal(int status) { return status == 429 || status == 503; }

StreamEnd Failure(absl::string_view code, std::string message) {
  StreamEnd end;
  end.code = std::string(code);
  end.message = std::move(message);
  return end;
}

template <typename T>
void Replace(const absl::optional<T>& by, absl::optional<T>* value) {
  if (by) *value = by;
}

}  // namespace

void OpenAiAnswer::Body(int status, absl::string_view bytes) {
  if (status == 200) {
    parser_.Append(bytes);
  } else if (error_body_.size() < kMaxErrorBodyBytes) {
    const absl::string_view part = bytes.substr(0, kMaxErrorBodyBytes - error_body_.size());
    error_body_.append(part.data(), part.size());
  }
}

OpenAiAnswer::Step OpenAiAnswer::Next(absl::Time now) {
  if (done_) return Step::kNeedsBytes;  // whatever follows [DONE] says nothing
  const auto sse = parser_.Next();
  if (!sse.ok()) {
    malformed_ = sse.status();
    return Step::kStop;
  }
  if (!*sse) return Step::kNeedsBytes;
  if ((*sse)->type == "error") {
    error_ = ParseOpenAiError((*sse)->data);
    return Step::kStop;
  }
  absl::StatusOr<OpenAiEvent> event = ParseOpenAiEvent(endpoint_, (*sse)->data);
  if (event.ok()) return Take(now, *std::move(event));
  malformed_ = event.status();
  return Step::kStop;
}

OpenAiAnswer::Step OpenAiAnswer::Take(absl::Time now, OpenAiEvent event) {
  if (event.error) {
    error_ = std::move(event.error);
    return Step::kStop;
  }
  done_ = event.done;
  if (done_) return Step::kNeedsBytes;
  if (event.has_output) {
    ++outputs_;
    recorder_->OutputEvent(now, event.text);
  } else if (event.only_closes) {
    closed_ = now;
  }
  if (!event.finish_reason.empty()) {
    finished_ = true;
    recorder_->Finish(event.finish_reason);
  }
  if (event.usage) {
    Replace(event.usage->prompt_tokens, &usage_.prompt_tokens);
    Replace(event.usage->completion_tokens, &usage_.completion_tokens);
    Replace(event.usage->cached_tokens, &usage_.cached_tokens);
  }
  Replace(event.timings, &timings_);
  cancelled_ = cancelled_ || recorder_->WantsCancel();
  return cancelled_ ? Step::kStop : Step::kEvent;
}

// Whether a token came with an event without text that closed the answer is known by the count of
// all: vLLM's has one, an end token say, llama.cpp's has none.
void OpenAiAnswer::CountClosing() {
  const absl::optional<uint32_t> count = usage_.completion_tokens ? usage_.completion_tokens
                                         : timings_               ? timings_->predicted_n
                                                                  : absl::nullopt;
  if (!closed_ || !count || *count <= outputs_) return;
  ++outputs_;
  recorder_->OutputEvent(*closed_, "");
}

StreamEnd OpenAiAnswer::End(const OpenAiTransport& transport) {
  CountClosing();
  TellUsage();
  if (cancelled_) return Failure("CANCELLED", "");
  if (transport.status != 0 && transport.status != 200) return HttpError(transport);
  if (error_) return StreamError();
  if (!malformed_.ok()) return Failure("INTERNAL", std::string(malformed_.message()));
  if (!done_ && !transport.error.empty()) {
    return Failure("NETWORK", outputs_ == 0 ? transport.error
                                            : absl::StrCat(transport.error, ", after ", outputs_,
                                                           " events with output"));
  }
  if (outputs_ == 0 || !(done_ || finished_)) return Incomplete(transport);
  return StreamEnd();
}

// vLLM tells usage; llama.cpp's server tells timings, and usage only if it is new enough.
void OpenAiAnswer::TellUsage() {
  if (timings_) TellTimings(*timings_);
  if (usage_.prompt_tokens) recorder_->PromptTokens(*usage_.prompt_tokens);
  if (usage_.completion_tokens) recorder_->OutputTokens(*usage_.completion_tokens);
  if (usage_.cached_tokens) recorder_->CachedTokens(*usage_.cached_tokens);
}

void OpenAiAnswer::TellTimings(const LlamaTimings& timings) {
  if (timings.prompt_n) recorder_->PromptTokens(*timings.prompt_n + timings.cache_n.value_or(0));
  if (timings.predicted_n) recorder_->OutputTokens(*timings.predicted_n);
  if (timings.cache_n) recorder_->CachedTokens(*timings.cache_n);
  // How long it queued, and so when the first token was there, is not told.
  ServerTimes times;
  if (timings.prompt_ms) times.prefill = absl::Milliseconds(*timings.prompt_ms);
  if (timings.predicted_ms) times.decode = absl::Milliseconds(*timings.predicted_ms);
  recorder_->Times(times);
}

StreamEnd OpenAiAnswer::HttpError(const OpenAiTransport& transport) const {
  OpenAiError error = ParseOpenAiError(error_body_);
  StreamEnd end = Failure(absl::StrCat("HTTP ", transport.status), std::move(error.message));
  end.reason = std::move(error.type);
  end.refused = IsRefusal(transport.status);
  end.retry_after = transport.retry_after;
  return end;
}

// The error's code is HTTP's where it is a number.
StreamEnd OpenAiAnswer::StreamError() const {
  int status = 0;
  const bool is_status = absl::SimpleAtoi(error_->code, &status) && status >= 400 && status < 600;
  StreamEnd end = Failure(is_status ? absl::StrCat("HTTP ", status) : "UNKNOWN", error_->message);
  end.reason = error_->type;
  end.refused = outputs_ == 0 && IsRefusal(status);
  return end;
}

StreamEnd OpenAiAnswer::Incomplete(const OpenAiTransport& transport) const {
  if (outputs_ > 0) {
    return Failure("INTERNAL", absl::StrCat("the answer ended after ", outputs_,
                                            " events with output, without a finish reason and "
                                            "without [DONE]"));
  }
  return Failure("INTERNAL", absl::StrCat("no output in an answer of HTTP ", transport.status,
                                          " and content type \"", transport.content_type, "\""));
}

}  // namespace baton
