#include "tests/exactness/trial.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace baton {
namespace {

std::string Ids(const std::vector<int32_t>& ids) {
  return absl::StrCat("[", absl::StrJoin(ids, ","), "]");
}

class Text {
 public:
  template <typename T>
  void Field(absl::string_view name, const T& value, const T& usual) {
    if (value != usual) absl::StrAppend(&text_, " ", name, "=", Value(value));
  }
  void Add(absl::string_view name, absl::string_view value) {
    absl::StrAppend(&text_, " ", name, "=", value);
  }
  std::string Take() { return std::move(text_); }

 private:
  static std::string Value(float value) { return absl::StrFormat("%.9g", value); }
  static std::string Value(bool value) { return value ? "yes" : "no"; }
  static std::string Value(const absl::optional<uint32_t>& value) { return absl::StrCat(*value); }
  template <typename T>
  static std::string Value(const T& value) {
    return absl::StrCat(value);
  }
  std::string text_;
};

void Describe(const SamplingParams& p, Text* text) {
  const SamplingParams usual;
  text->Field("temperature", p.temperature, usual.temperature);
  text->Field("top_k", p.top_k, usual.top_k);
  text->Field("top_p", p.top_p, usual.top_p);
  text->Field("min_p", p.min_p, usual.min_p);
  text->Field("repetition_penalty", p.repetition_penalty, usual.repetition_penalty);
  text->Field("presence_penalty", p.presence_penalty, usual.presence_penalty);
  text->Field("frequency_penalty", p.frequency_penalty, usual.frequency_penalty);
  for (const auto& [id, bias] : p.logit_bias)
    text->Add("bias", absl::StrFormat("%d:%.9g", id, bias));
  if (!p.allowed_token_ids.empty()) text->Add("allowed", Ids(p.allowed_token_ids));
  for (const std::vector<int32_t>& word : p.bad_words) text->Add("bad_word", Ids(word));
  text->Field("seed", p.seed, usual.seed);
}

}  // namespace

std::string Describe(const EngineRequest& r) {
  const EngineRequest usual;
  Text text;
  text.Field("max_tokens", r.stop.max_tokens, 0u);
  text.Field("min_tokens", r.stop.min_tokens, 0u);
  Describe(r.sampling, &text);
  for (const std::string& s : r.stop.strings)
    text.Add("stop", absl::StrCat("\"", absl::CHexEscape(s), "\""));
  text.Field("include_stop", r.stop.include_string, false);
  if (!r.stop.token_ids.empty()) text.Add("stop_ids", Ids(r.stop.token_ids));
  text.Field("n", r.n, 1u);
  text.Field("best_of", r.best_of, 1u);
  text.Field("logprobs", r.num_logprobs, usual.num_logprobs);
  text.Field("prompt_logprobs", r.num_prompt_logprobs, usual.num_prompt_logprobs);
  text.Field("echo", r.echo, false);
  text.Field("priority", r.priority, 0);
  if (!r.cache_salt.empty()) text.Add("salt", r.cache_salt);
  text.Add("prompt", absl::StrCat(r.prompt.size(), Ids(r.prompt)));
  return text.Take();
}

std::string Describe(const Trial& t) {
  const SchedulerOptions& s = t.scheduler;
  std::string text = absl::StrFormat(
      "model %s, tp %d, pp %d; %d blocks, at most %d running, %d tokens and %d rows a step, %d "
      "plans in flight, prefix cache %s; turns %d%%, results %d%%\n",
      t.model, t.tp, t.pp, s.num_blocks, s.max_running, s.max_step_tokens, s.max_step_rows,
      s.max_in_flight, s.prefix_cache ? "on" : "off", t.turn_percent, t.result_percent);
  for (size_t i = 0; i < t.requests.size(); ++i) {
    const TrialRequest& r = t.requests[i];
    Text more;
    more.Field("cancel_after", r.cancel_after, absl::optional<uint32_t>());
    more.Field("pause_every", r.pause_every, 0u);
    more.Field("pause_ticks", r.pause_ticks, 0u);
    more.Field("brings_hashes", r.brings_hashes, false);
    absl::StrAppend(&text, "  request ", i, " at ", r.submit_at, ":", more.Take(),
                    Describe(r.request), "\n");
  }
  return text;
}

}  // namespace baton
