#include "tests/exactness/random_trial.h"

#include <algorithm>
#include <tuple>

#include "common/check.h"
#include "tests/model/bit_models.h"
#include "tests/model/schedule.h"
#include "tests/tokenizer/model_tokenizer.h"

namespace baton {
namespace {

bool OneIn(Random& random, int n) { return Draw(random, 1, n) == 1; }

template <typename T>
const T& Any(Random& random, const std::vector<T>& items) {
  return items[static_cast<size_t>(Draw(random, 0, static_cast<int64_t>(items.size()) - 1))];
}

uint32_t Number(Random& random, int64_t low, int64_t high) {
  return static_cast<uint32_t>(Draw(random, low, high));
}

float Real(Random& random, float low, float high) {
  return low + (high - low) * static_cast<float>(Draw(random, 0, 1000)) / 1000.0f;
}

// Different ones, ascending.
std::vector<int32_t> SomeOf(Random& random, std::vector<int32_t> ids, int64_t count) {
  Shuffle(random, ids);
  ids.resize(std::min(ids.size(), static_cast<size_t>(count)));
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<int32_t> RandomPrompt(Random& random, const TrialSpace& space, const TrialModel& m) {
  const std::vector<int32_t>& text = Any(random, m.texts);
  const int64_t most = std::min<int64_t>(space.max_prompt, static_cast<int64_t>(text.size()));
  std::vector<int32_t> prompt(text.begin(), text.begin() + Draw(random, 1, most));
  if (OneIn(random, 3)) {  // leaves the shared beginning somewhere
    for (size_t i = static_cast<size_t>(Draw(random, 0, most)); i < prompt.size(); ++i)
      prompt[i] = Any(random, m.alphabet);
  }
  return prompt;
}

SamplingParams RandomSampling(Random& random, const TrialModel& m) {
  SamplingParams p;
  if (!OneIn(random, 3)) {
    p.temperature = Real(random, 0.1f, 2.0f);
    p.seed = random() % 4;
    if (OneIn(random, 3)) p.top_k = Number(random, 1, 50);
    if (OneIn(random, 3)) p.top_p = Real(random, 0.05f, 1.0f);
    if (OneIn(random, 3)) p.min_p = Real(random, 0.0f, 0.3f);
  }
  if (OneIn(random, 4)) p.repetition_penalty = Real(random, 0.7f, 1.8f);
  if (OneIn(random, 4)) p.presence_penalty = Real(random, -2.0f, 2.0f);
  if (OneIn(random, 4)) p.frequency_penalty = Real(random, -2.0f, 2.0f);
  if (OneIn(random, 3)) {
    for (int32_t id : SomeOf(random, m.alphabet, Draw(random, 1, 8)))
      p.logit_bias.emplace_back(id, Real(random, -5.0f, 8.0f));
  }
  if (OneIn(random, 3)) p.allowed_token_ids = SomeOf(random, m.alphabet, Draw(random, 3, 30));
  if (OneIn(random, 4)) {
    for (int64_t words = Draw(random, 1, 3); words > 0; --words) {
      std::vector<int32_t> word;
      for (int64_t length = Draw(random, 1, 3); length > 0; --length)
        word.push_back(Any(random, m.alphabet));
      p.bad_words.push_back(std::move(word));
    }
  }
  return p;
}

StopParams RandomStop(Random& random, const TrialSpace& space, const TrialModel& m) {
  StopParams stop;
  stop.max_tokens = Number(random, 1, space.max_tokens);
  if (OneIn(random, 4)) stop.min_tokens = Number(random, 0, stop.max_tokens);
  if (OneIn(random, 3)) {
    for (int64_t count = Draw(random, 1, 4); count > 0; --count)
      stop.strings.push_back(Any(random, m.stop_strings));
    stop.include_string = OneIn(random, 2);
  }
  if (OneIn(random, 3)) stop.token_ids = SomeOf(random, m.alphabet, Draw(random, 1, 12));
  return stop;
}

EngineRequest RandomRequest(Random& random, const TrialSpace& space, const TrialModel& m) {
  EngineRequest r;
  r.prompt = RandomPrompt(random, space, m);
  r.sampling = RandomSampling(random, m);
  r.stop = RandomStop(random, space, m);
  if (OneIn(random, 4)) r.n = Number(random, 1, 3);
  r.best_of = OneIn(random, 6) ? r.n + Number(random, 0, 2) : r.n;
  if (OneIn(random, 2)) r.num_logprobs = Number(random, 0, 5);
  if (OneIn(random, 5)) r.num_prompt_logprobs = Number(random, 0, 5);
  r.echo = OneIn(random, 5);
  r.priority = OneIn(random, 3) ? static_cast<int32_t>(Draw(random, -1, 1)) : 0;
  if (OneIn(random, 8)) r.cache_salt = "salt";
  return r;
}

SchedulerOptions RandomScheduler(Random& random, const TrialSpace& space, int pp) {
  SchedulerOptions o;
  const int64_t least = (space.max_prompt + space.max_tokens) / o.block_size + 1;
  o.num_blocks = OneIn(random, 4) ? 12 * least : Draw(random, least, 3 * least);
  o.max_running = Number(random, 1, 33);
  o.max_step_rows = Number(random, o.max_running, 2 * int64_t{o.max_running});
  o.max_step_tokens = Number(random, o.max_running, o.max_running + (OneIn(random, 2) ? 16 : 150));
  o.num_stages = static_cast<uint32_t>(pp);
  o.max_in_flight = OneIn(random, 4) ? 1 : o.num_stages + 1;
  o.prefix_cache = !OneIn(random, 4);
  return o;
}

}  // namespace

TrialSpace TinySpace() {
  TrialSpace space;
  for (const BitModel& bit_model : BitModels()) {
    TrialModel m;
    m.name = bit_model.name;
    m.path = ModelFile(bit_model);
    auto tokenizer = LoadModelTokenizer(m.path);
    BATON_CHECK(tokenizer.ok());
    m.tokenizer = *std::move(tokenizer);
    Random random(bit_model.options.seed);
    // The bytes of printable characters and the merges, and few of them, so that something repeats.
    for (int32_t id = 0; id < m.tokenizer->vocab_size(); ++id) {
      const absl::string_view bytes = m.tokenizer->TokenBytes(id);
      if (!m.tokenizer->IsSpecial(id) && !bytes.empty() && bytes[0] >= 'a' && bytes[0] <= 'p')
        m.alphabet.push_back(id);
    }
    for (char c = 'a'; c <= 'p'; ++c) {
      m.stop_strings.push_back(std::string(1, c));
      m.stop_strings.push_back({c, static_cast<char>(Draw(random, 'a', 'p'))});
    }
    for (int text = 0; text < 3; ++text) {
      m.texts.emplace_back();
      for (uint32_t i = 0; i < space.max_prompt; ++i)
        m.texts.back().push_back(Any(random, m.alphabet));
    }
    space.models.push_back(std::move(m));
  }
  space.layouts = {{1, 1}, {1, 1}, {1, 2}, {1, 3}, {2, 1}, {2, 2}, {2, 3}};
  return space;
}

Trial RandomTrial(const TrialSpace& space, uint64_t seed) {
  Random random(seed);
  Trial t;
  t.seed = seed;
  const TrialModel& model = Any(random, space.models);
  t.model = model.name;
  std::tie(t.tp, t.pp) = Any(random, space.layouts);
  t.scheduler = RandomScheduler(random, space, t.pp);
  t.turn_percent = Number(random, 30, 100);
  t.result_percent = Number(random, 20, 100);
  const bool crowd = OneIn(random, 3), conversations = OneIn(random, 3);
  const uint32_t spread = OneIn(random, 3) ? 0 : Number(random, 1, 8);  // ticks between two
  const uint32_t count = Number(random, 1, crowd ? space.max_requests : space.max_requests / 3);
  uint32_t at = 0;
  for (uint32_t i = 0; i < count; ++i) {
    TrialRequest r;
    r.request = RandomRequest(random, space, model);
    r.submit_at = at;
    if (OneIn(random, 8)) r.cancel_after = Number(random, 0, 60);
    if (OneIn(random, 5)) {
      r.pause_every = Number(random, 1, 5);
      r.pause_ticks = Number(random, 0, 30);
    }
    r.brings_hashes = OneIn(random, 2);
    if (i > 0 && OneIn(random, conversations ? 2 : 8)) {
      r.follows = static_cast<size_t>(Draw(random, 0, int64_t{i} - 1));
      if (conversations) at += Number(random, 0, 60);
      r.submit_at = at;
    }
    at += Number(random, 0, spread);
    t.requests.push_back(std::move(r));
  }
  return t;
}

}  // namespace baton
