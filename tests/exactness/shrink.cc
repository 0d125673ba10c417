#include "tests/exactness/shrink.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace baton {
namespace {

class Shrinking {
 public:
  Shrinking(Trial* trial, const std::function<bool(const Trial&)>& fails, int most)
      : trial_(trial), fails_(fails), most_(most) {}

  int Run() {
    bool smaller = true;
    while (smaller && tries_ < most_) {
      smaller = DropRequests();
      smaller |= SimplifyGroup();
      for (size_t i = 0; i < trial_->requests.size(); ++i) smaller |= SimplifyRequest(i);
    }
    return tries_;
  }

 private:
  // Keeps the candidate if it fails.
  bool Try(const Trial& candidate) {
    if (tries_ >= most_) return false;
    ++tries_;
    if (!fails_(candidate)) return false;
    *trial_ = candidate;
    return true;
  }

  // Halves first, then quarters, at last one by one.
  bool DropRequests() {
    bool smaller = false;
    for (size_t count = trial_->requests.size() / 2; count > 0; count /= 2) {
      for (size_t at = 0; at + count <= trial_->requests.size();) {
        Trial candidate = *trial_;
        const auto first = candidate.requests.begin() + static_cast<std::ptrdiff_t>(at);
        candidate.requests.erase(first, first + static_cast<std::ptrdiff_t>(count));
        if (Try(candidate)) {
          smaller = true;
        } else {
          at += count;
        }
      }
    }
    return smaller;
  }

  template <typename T>
  bool Set(T* (*field)(Trial&), const T& value) {
    Trial candidate = *trial_;
    if (*field(candidate) == value) return false;
    *field(candidate) = value;
    return Try(candidate);
  }

  bool SimplifyGroup() {
    bool smaller = false;
    smaller |= Set<int>([](Trial& t) { return &t.tp; }, 1);
    Trial one_stage = *trial_;
    one_stage.pp = 1;
    one_stage.scheduler.num_stages = 1;
    one_stage.scheduler.max_in_flight = std::min(2u, one_stage.scheduler.max_in_flight);
    if (trial_->pp > 1) smaller |= Try(one_stage);
    smaller |= Set<uint32_t>([](Trial& t) { return &t.scheduler.max_in_flight; }, 1);
    smaller |= Set<bool>([](Trial& t) { return &t.scheduler.prefix_cache; }, false);
    smaller |= Set<int64_t>([](Trial& t) { return &t.scheduler.num_blocks; }, 128);
    smaller |= Set<uint32_t>([](Trial& t) { return &t.scheduler.max_step_tokens; }, 200);
    smaller |= Set<uint32_t>([](Trial& t) { return &t.turn_percent; }, 100);
    smaller |= Set<uint32_t>([](Trial& t) { return &t.result_percent; }, 100);
    return smaller;
  }

  template <typename T>
  bool Set(size_t i, T* (*field)(TrialRequest&), const T& value) {
    Trial candidate = *trial_;
    if (*field(candidate.requests[i]) == value) return false;
    *field(candidate.requests[i]) = value;
    return Try(candidate);
  }

  bool Halve(size_t i) {
    Trial candidate = *trial_;
    StopParams& stop = candidate.requests[i].request.stop;
    bool smaller = false;
    if (stop.max_tokens > 1) {
      stop.max_tokens /= 2;
      stop.min_tokens = std::min(stop.min_tokens, stop.max_tokens);
      smaller = Try(candidate);
    }
    candidate = *trial_;
    std::vector<int32_t>& prompt = candidate.requests[i].request.prompt;
    if (prompt.size() == 1) return smaller;
    prompt.resize(prompt.size() / 2);
    return Try(candidate) || smaller;
  }

  bool SimplifyRequest(size_t i) {
    using R = TrialRequest;
    const SamplingParams usual;
    const absl::optional<uint32_t> none;
    bool smaller = Halve(i);
    smaller |= Set<absl::optional<uint32_t>>(
        i, [](R& r) { return &r.cancel_after; }, none);
    smaller |= Set<uint32_t>(
        i, [](R& r) { return &r.pause_every; }, 0);
    smaller |= Set<bool>(
        i, [](R& r) { return &r.brings_hashes; }, false);
    smaller |= SimplifySampling(i);
    smaller |= Set<uint32_t>(
        i, [](R& r) { return &r.request.stop.min_tokens; }, 0);
    smaller |= Set<std::vector<std::string>>(i, [](R& r) { return &r.request.stop.strings; }, {});
    smaller |= Set<std::vector<int32_t>>(i, [](R& r) { return &r.request.stop.token_ids; }, {});
    Trial candidate = *trial_;
    EngineRequest& one = candidate.requests[i].request;
    if (one.best_of > 1) {
      one.n = one.best_of = 1;
      smaller |= Try(candidate);
    }
    smaller |= Set<absl::optional<uint32_t>>(
        i, [](R& r) { return &r.request.num_logprobs; }, none);
    smaller |= Set<absl::optional<uint32_t>>(
        i, [](R& r) { return &r.request.num_prompt_logprobs; }, none);
    smaller |= Set<bool>(
        i, [](R& r) { return &r.request.echo; }, false);
    smaller |= Set<int32_t>(
        i, [](R& r) { return &r.request.priority; }, 0);
    smaller |= Set<std::string>(
        i, [](R& r) { return &r.request.cache_salt; }, "");
    return smaller;
  }

  bool SimplifySampling(size_t i) {
    using R = TrialRequest;
    bool smaller = Set<float>(
        i, [](R& r) { return &r.request.sampling.temperature; }, 0.0f);
    smaller |= Set<uint32_t>(
        i, [](R& r) { return &r.request.sampling.top_k; }, 0);
    smaller |= Set<float>(
        i, [](R& r) { return &r.request.sampling.top_p; }, 1.0f);
    smaller |= Set<float>(
        i, [](R& r) { return &r.request.sampling.min_p; }, 0.0f);
    smaller |= Set<float>(
        i, [](R& r) { return &r.request.sampling.repetition_penalty; }, 1.0f);
    smaller |= Set<float>(
        i, [](R& r) { return &r.request.sampling.presence_penalty; }, 0.0f);
    smaller |= Set<float>(
        i, [](R& r) { return &r.request.sampling.frequency_penalty; }, 0.0f);
    smaller |= Set<std::vector<std::pair<int32_t, float>>>(
        i, [](R& r) { return &r.request.sampling.logit_bias; }, {});
    smaller |= Set<std::vector<int32_t>>(
        i, [](R& r) { return &r.request.sampling.allowed_token_ids; }, {});
    smaller |= Set<std::vector<std::vector<int32_t>>>(
        i, [](R& r) { return &r.request.sampling.bad_words; }, {});
    return smaller;
  }

  Trial* const trial_;
  const std::function<bool(const Trial&)>& fails_;
  const int most_;
  int tries_ = 0;
};

}  // namespace

int Shrink(Trial* trial, const std::function<bool(const Trial&)>& fails, int most) {
  return Shrinking(trial, fails, most).Run();
}

}  // namespace baton
