#include "tests/load/backend/openai_events.h"

#include <cmath>
#include <limits>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace baton {
namespace {

constexpr size_t kQuotedBytes = 300;

absl::optional<uint32_t> Count(double n) {
  if (!(n >= 0 && n <= std::numeric_limits<uint32_t>::max()) || n != std::floor(n)) {
    return absl::nullopt;
  }
  return static_cast<uint32_t>(n);
}

template <typename T>
T& Ensure(absl::optional<T>& value) {
  if (!value) value.emplace();
  return *value;
}

// Picks the members out while nlohmann's parser reads: at 100,000 events a second, building a tree
// of each would cost a good part of a core.
class OpenAiEventReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit OpenAiEventReader(OpenAiEndpoint endpoint) : endpoint_(endpoint) {}

  bool is_object() const { return is_object_; }
  OpenAiEvent Take();

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t i) override { return Number(static_cast<double>(i)); }
  bool number_unsigned(number_unsigned_t u) override { return Number(static_cast<double>(u)); }
  bool number_float(number_float_t d, const string_t&) override { return Number(d); }
  bool string(string_t& s) override;
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override;
  bool start_array(size_t) override;
  bool key(string_t& k) override;
  bool end_object() override { return Pop(); }
  bool end_array() override { return Pop(); }
  bool parse_error(size_t, const std::string&, const nlohmann::json::exception&) override {
    return false;
  }

 private:
  // Which object or array is being read.
  enum class Place {
    kOther,
    kRoot,
    kChoices,
    kChoice,
    kDelta,
    kToolCalls,
    kFunctionCall,
    kUsage,
    kPromptDetails,
    kTimings,
    kError,
  };

  Place place() const { return open_.empty() ? Place::kOther : open_.back(); }
  bool Pop() {
    open_.pop_back();
    return true;
  }
  Place ObjectIn(Place parent);
  bool Number(double n);
  void Usage(absl::optional<uint32_t> n);
  void Timing(double n);
  void RootString(string_t& s);
  void ChoiceString(string_t& s);
  void DeltaString(string_t& s);
  void ErrorString(string_t& s);

  const OpenAiEndpoint endpoint_;
  OpenAiEvent event_;
  OpenAiError root_error_;  // the members of an error that stand at the root, as vLLM once did
  bool is_object_ = false;
  bool root_is_error_ = false;
  bool role_ = false, content_ = false;  // of the first choice's delta
  size_t choices_ = 0;
  std::string key_;  // of the value that comes next, if place() is an object
  absl::InlinedVector<Place, 16> open_;
};

OpenAiEvent OpenAiEventReader::Take() {
  if (root_is_error_ && !event_.error) event_.error = std::move(root_error_);
  if (endpoint_ == OpenAiEndpoint::kCompletions) {
    event_.only_closes = choices_ > 0 && event_.text.empty() && !event_.finish_reason.empty();
    event_.has_output = choices_ > 0 && !event_.only_closes;
  } else if (content_ && (!event_.text.empty() || !role_)) {
    event_.has_output = true;
  }
  return std::move(event_);
}

bool OpenAiEventReader::start_object(size_t) {
  if (open_.empty()) is_object_ = true;
  open_.push_back(open_.empty() ? Place::kRoot : ObjectIn(open_.back()));
  return true;
}

OpenAiEventReader::Place OpenAiEventReader::ObjectIn(Place parent) {
  switch (parent) {
    case Place::kRoot:
      if (key_ == "usage") return Ensure(event_.usage), Place::kUsage;
      if (key_ == "timings") return Ensure(event_.timings), Place::kTimings;
      if (key_ == "error") return Ensure(event_.error), Place::kError;
      break;
    case Place::kChoices:
      if (++choices_ == 1) return Place::kChoice;
      break;
    case Place::kChoice:
      if (key_ == "delta" && endpoint_ == OpenAiEndpoint::kChat) return Place::kDelta;
      break;
    case Place::kDelta:
      if (key_ == "function_call") return Place::kFunctionCall;
      break;
    case Place::kToolCalls:
      event_.has_output = true;
      break;
    case Place::kUsage:
      if (key_ == "prompt_tokens_details") return Place::kPromptDetails;
      break;
    default:
      break;
  }
  return Place::kOther;
}

bool OpenAiEventReader::start_array(size_t) {
  Place entered = Place::kOther;
  if (place() == Place::kRoot && key_ == "choices") entered = Place::kChoices;
  if (place() == Place::kDelta && key_ == "tool_calls") entered = Place::kToolCalls;
  open_.push_back(entered);
  return true;
}

bool OpenAiEventReader::key(string_t& k) {
  if (place() == Place::kFunctionCall) event_.has_output = true;
  key_ = k;
  return true;
}

bool OpenAiEventReader::Number(double n) {
  switch (place()) {
    case Place::kUsage:
    case Place::kPromptDetails:
      Usage(Count(n));
      break;
    case Place::kTimings:
      Timing(n);
      break;
    case Place::kError:
      if (key_ == "code") event_.error->code = absl::StrCat(n);
      break;
    case Place::kRoot:
      if (key_ == "code") root_error_.code = absl::StrCat(n);
      break;
    default:
      break;
  }
  return true;
}

void OpenAiEventReader::Usage(absl::optional<uint32_t> n) {
  if (place() == Place::kPromptDetails) {
    if (key_ == "cached_tokens") event_.usage->cached_tokens = n;
  } else if (key_ == "prompt_tokens") {
    event_.usage->prompt_tokens = n;
  } else if (key_ == "completion_tokens") {
    event_.usage->completion_tokens = n;
  }
}

void OpenAiEventReader::Timing(double n) {
  LlamaTimings& timings = *event_.timings;
  if (key_ == "prompt_ms" && n >= 0) timings.prompt_ms = n;
  if (key_ == "predicted_ms" && n >= 0) timings.predicted_ms = n;
  if (key_ == "prompt_n") timings.prompt_n = Count(n);
  if (key_ == "predicted_n") timings.predicted_n = Count(n);
  if (key_ == "cache_n") timings.cache_n = Count(n);
}

bool OpenAiEventReader::string(string_t& s) {
  switch (place()) {
    case Place::kRoot:
      RootString(s);
      break;
    case Place::kChoice:
      ChoiceString(s);
      break;
    case Place::kDelta:
      DeltaString(s);
      break;
    case Place::kError:
      ErrorString(s);
      break;
    default:
      break;
  }
  return true;
}

void OpenAiEventReader::RootString(string_t& s) {
  if (key_ == "error") {
    Ensure(event_.error).message = std::move(s);
  } else if (key_ == "object") {
    root_is_error_ = s == "error";
  } else if (key_ == "message") {
    root_error_.message = std::move(s);
  } else if (key_ == "type") {
    root_error_.type = std::move(s);
  }
}

void OpenAiEventReader::ChoiceString(string_t& s) {
  if (key_ == "finish_reason") {
    event_.finish_reason = std::move(s);
  } else if (key_ == "text" && endpoint_ == OpenAiEndpoint::kCompletions) {
    event_.text = std::move(s);
  }
}

void OpenAiEventReader::DeltaString(string_t& s) {
  if (key_ == "content") {
    content_ = true;
    event_.text = std::move(s);
  } else if (key_ == "role") {
    role_ = true;
  } else if (key_ == "reasoning" || key_ == "reasoning_content") {
    if (!s.empty()) event_.has_output = true;
  }
}

void OpenAiEventReader::ErrorString(string_t& s) {
  if (key_ == "message") event_.error->message = std::move(s);
  if (key_ == "type") event_.error->type = std::move(s);
  if (key_ == "code") event_.error->code = std::move(s);
}

absl::string_view Quoted(absl::string_view text) {
  return absl::StripAsciiWhitespace(text).substr(0, kQuotedBytes);
}

}  // namespace

absl::StatusOr<OpenAiEvent> ParseOpenAiEvent(OpenAiEndpoint endpoint, absl::string_view data) {
  if (absl::StripAsciiWhitespace(data) == "[DONE]") {
    OpenAiEvent end;
    end.done = true;
    return end;
  }
  OpenAiEventReader reader(endpoint);
  if (!nlohmann::json::sax_parse(data.begin(), data.end(), &reader) || !reader.is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat("an event's data is neither a JSON object nor [DONE]: ", Quoted(data)));
  }
  return reader.Take();
}

OpenAiError ParseOpenAiError(absl::string_view body) {
  const absl::StatusOr<OpenAiEvent> event = ParseOpenAiEvent(OpenAiEndpoint::kChat, body);
  OpenAiError error;
  if (event.ok() && event->error) error = *event->error;
  if (error.message.empty()) error.message = std::string(Quoted(body));
  return error;
}

}  // namespace baton
