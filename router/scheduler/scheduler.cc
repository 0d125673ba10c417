#include "router/scheduler/scheduler.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/check.h"
#include "common/status_macros.h"
#include "router/scheduler/scheduler_sequence.h"

namespace baton {
namespace {

// The first token of a row, alternatives included, that is not in the vocabulary.
absl::optional<int32_t> FirstOutside(const RowResult& row, int32_t vocab_size) {
  const auto outside = [vocab_size](int32_t id) { return id < 0 || id >= vocab_size; };
  if (row.token.has_value() && outside(*row.token)) return row.token;
  const auto it = std::find_if(row.top_tokens.begin(), row.top_tokens.end(), outside);
  if (it == row.top_tokens.end()) return absl::nullopt;
  return *it;
}

}  // namespace

Scheduler::Scheduler(const SchedulerOptions& options)
    : options_(options),
      pool_(options.num_blocks),
      hasher_(options.hash_key, options.block_size),
      slots_(options.max_running, nullptr) {
  BATON_CHECK(options.max_running > 0 && options.max_running <= options.max_step_rows &&
              options.max_running <= options.max_step_tokens);
  BATON_CHECK(options.num_stages > 0 && options.max_in_flight > 0);
  for (uint32_t slot = options.max_running; slot > 0; --slot) free_slots_.push_back(slot - 1);
}

Scheduler::~Scheduler() = default;

Scheduler::Sequence* Scheduler::Find(SequenceId id) const {
  const auto it = sequences_.find(id);
  return it == sequences_.end() ? nullptr : it->second.get();
}

absl::Status Scheduler::Add(SequenceRequest request) {
  BATON_CHECK(!request.prompt.empty() && request.max_tokens > 0);
  auto s = std::make_unique<Sequence>(std::move(request));
  if (BlocksFor(s->most_tokens()) > pool_.num_blocks()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("prompt and maximum output are %d tokens together; the KV memory holds %d",
                        s->most_tokens(), pool_.num_blocks() * options_.block_size));
  }
  if (options_.prefix_cache) {
    s->last_hash = hasher_.Root(/*adapter=*/0, /*content_digest=*/"", s->request.cache_salt);
    if (s->hashes.size() != s->prompt_length / options_.block_size) s->hashes.clear();
    if (!s->hashes.empty()) s->last_hash = s->hashes.back();
    ExtendHashes(*s);
  } else {
    s->hashes.clear();
  }
  queued_tokens_ += s->most_tokens();
  load_tokens_ += s->most_tokens();
  if (s->request.deadline != absl::InfiniteFuture()) {
    deadlines_.emplace(s->request.deadline, s->request.id);
  }
  waiting_.emplace(s->urgency, s.get());
  const bool is_new = sequences_.emplace(s->request.id, std::move(s)).second;
  BATON_CHECK(is_new);
  return absl::OkStatus();
}

bool Scheduler::Cancel(SequenceId id) {
  Sequence* s = Find(id);
  if (s == nullptr) return false;
  Remove(*s);
  return true;
}

void Scheduler::Pause(SequenceId id) {
  Sequence* s = Find(id);
  if (s == nullptr || s->paused) return;
  s->paused = true;
  if (s->running) {
    Unexpect(*s);  // nobody should wait for it
  } else {
    waiting_.erase(s->urgency);
  }
}

void Scheduler::Resume(SequenceId id) {
  Sequence* s = Find(id);
  if (s == nullptr || !s->paused) return;
  s->paused = false;
  if (!s->running) waiting_.emplace(s->urgency, s);
}

uint64_t Scheduler::QueuedTokensBefore(const Urgency& urgency) const {
  uint64_t tokens = queued_tokens_;
  for (auto it = waiting_.rbegin(); it != waiting_.rend() && urgency < it->first; ++it) {
    if (!it->second->started) tokens -= it->second->most_tokens();
  }
  return tokens;
}

void Scheduler::Start(Sequence& s, BlockLease lease, int64_t num_cached_blocks) {
  waiting_.erase(s.urgency);
  if (!s.started) queued_tokens_ -= s.most_tokens();
  s.running = true;
  s.run = next_run_++;
  s.slot = free_slots_.back();
  free_slots_.pop_back();
  slots_[s.slot] = &s;
  s.lease = std::move(lease);
  s.num_told_blocks = 0;
  s.num_published = static_cast<size_t>(num_cached_blocks);
  s.num_computed = static_cast<uint32_t>(num_cached_blocks) * options_.block_size;
  const auto at =
      std::lower_bound(running_.begin(), running_.end(), s.urgency,
                       [](const Sequence* a, const Urgency& b) { return a->urgency < b; });
  running_.insert(at, &s);
  Expect(s);
}

void Scheduler::Stop(Sequence& s) {
  Unexpect(s);
  running_.erase(std::find(running_.begin(), running_.end(), &s));
  slots_[s.slot] = nullptr;
  ended_slots_.push_back(s.slot);
  free_slots_.push_back(s.slot);
  s.running = false;
  s.lease.Release();
  s.num_computed = 0;
  s.samples_in_flight = 0;
}

void Scheduler::Preempt(Sequence& s) {
  ++num_preemptions_;
  Stop(s);
  if (!s.paused) waiting_.emplace(s.urgency, &s);
}

void Scheduler::Remove(Sequence& s) {
  if (s.running) {
    Stop(s);
  } else if (!s.paused) {
    waiting_.erase(s.urgency);
  }
  if (!s.started) queued_tokens_ -= s.most_tokens();
  load_tokens_ -= s.most_tokens();
  if (s.request.deadline != absl::InfiniteFuture()) {
    deadlines_.erase({s.request.deadline, s.request.id});
  }
  sequences_.erase(s.request.id);
}

void Scheduler::ExtendHashes(Sequence& s) {
  const size_t size = options_.block_size;
  while ((s.hashes.size() + 1) * size <= s.tokens.size()) {
    s.last_hash = hasher_.Next(s.last_hash,
                               absl::MakeConstSpan(s.tokens.data() + s.hashes.size() * size, size));
    s.hashes.push_back(s.last_hash);
  }
}

void Scheduler::PublishBlocks(Sequence& s) {
  while (s.num_published < s.hashes.size() &&
         (s.num_published + 1) * options_.block_size <= s.num_computed) {
    const BlockHash& hash = s.hashes[s.num_published];
    // Where another block holds the same already, this one stays out of the index.
    s.lease.Publish(static_cast<int64_t>(s.num_published), hash);
    const auto it = expected_.find(hash);
    if (it != expected_.end() && it->second == &s) expected_.erase(it);
    ++s.num_published;
  }
}

void Scheduler::Expect(Sequence& s) {
  for (size_t i = s.num_published; i < s.hashes.size(); ++i) expected_.emplace(s.hashes[i], &s);
}

void Scheduler::Unexpect(Sequence& s) {
  for (size_t i = s.num_published; i < s.hashes.size(); ++i) {
    const auto it = expected_.find(s.hashes[i]);
    if (it != expected_.end() && it->second == &s) expected_.erase(it);
  }
}

absl::Status Scheduler::CheckResult(const StepResult& result) const {
  const uint64_t expected = flights_.empty() ? 0 : flights_.front().plan_id;
  if (result.plan_id != expected) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "a result of plan %d came; the oldest in flight is %d", result.plan_id, expected));
  }
  const std::vector<FlightRow>& rows = flights_.front().rows;
  if (result.rows.size() != rows.size()) {
    return absl::InternalError(absl::StrFormat("plan %d asked for %d rows and got %d",
                                               result.plan_id, rows.size(), result.rows.size()));
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    const RowResult& row = result.rows[i];
    if (row.slot != rows[i].slot || row.position != rows[i].position) {
      return absl::InternalError(
          absl::StrFormat("plan %d asked for slot %d position %d and got slot %d position %d",
                          result.plan_id, rows[i].slot, rows[i].position, row.slot, row.position));
    }
    const absl::optional<int32_t> stray = FirstOutside(row, options_.vocab_size);
    if (stray.has_value()) {
      return absl::InternalError(
          absl::StrFormat("the result of plan %d has token %d, the vocabulary has %d tokens",
                          result.plan_id, *stray, options_.vocab_size));
    }
  }
  return absl::OkStatus();
}

absl::Status Scheduler::Update(StepResult result, std::vector<SchedulerEvent>* events) {
  RETURN_IF_ERROR(CheckResult(result));
  const Flight flight = std::move(flights_.front());
  flights_.pop_front();
  events->reserve(events->size() + flight.rows.size());
  for (size_t i = 0; i < flight.rows.size(); ++i) {
    const FlightRow& row = flight.rows[i];
    Sequence* s = slots_[row.slot];
    if (s == nullptr || s->run != row.run) continue;  // it has left the slot
    if (row.sample) {
      CommitSample(*s, std::move(result.rows[i]), events);
    } else {
      CommitPrompt(*s, std::move(result.rows[i]), events);
    }
  }
  return absl::OkStatus();
}

void Scheduler::CommitPrompt(Sequence& s, RowResult&& row, std::vector<SchedulerEvent>* events) {
  s.num_prompt_rows = row.position + 1;
  events->emplace_back();
  SchedulerEvent& event = events->back();
  event.kind = SchedulerEvent::Kind::kPromptToken;
  event.id = s.request.id;
  event.position = row.position + 1;
  event.token = s.tokens[event.position];
  event.logprob = row.logprob;
  event.top_tokens = std::move(row.top_tokens);
  event.top_logprobs = std::move(row.top_logprobs);
}

void Scheduler::CommitSample(Sequence& s, RowResult&& row, std::vector<SchedulerEvent>* events) {
  events->emplace_back();
  SchedulerEvent& event = events->back();
  event.id = s.request.id;
  if (!row.token.has_value()) {
    event.kind = SchedulerEvent::Kind::kFailed;
    event.no_choice = row.no_choice;
    return Remove(s);
  }
  event.kind = SchedulerEvent::Kind::kToken;
  event.position = static_cast<uint32_t>(s.tokens.size());
  event.token = *row.token;
  event.logprob = row.logprob;
  event.top_tokens = std::move(row.top_tokens);
  event.top_logprobs = std::move(row.top_logprobs);
  s.tokens.push_back(*row.token);
  --s.samples_in_flight;
  if (options_.prefix_cache && s.tokens.size() % options_.block_size == 0) {
    ExtendHashes(s);
    PublishBlocks(s);
  }
  const std::vector<int32_t>& stops = s.request.stop_token_ids;
  event.stopped_by_token = std::find(stops.begin(), stops.end(), event.token) != stops.end();
  event.finished = event.stopped_by_token || s.num_output() >= s.request.max_tokens;
  if (event.finished) Remove(s);
}

bool Scheduler::Consistent() const {
  if (!pool_.Consistent()) return false;
  size_t taken = 0;
  for (uint32_t slot = 0; slot < slots_.size(); ++slot) {
    const Sequence* s = slots_[slot];
    if (s == nullptr) continue;
    ++taken;
    if (!s->running || s->slot != slot) return false;
    if (s->num_computed > s->virtual_length()) return false;
    if (BlocksFor(s->num_computed) > s->lease.size()) return false;
    if (s->num_published * options_.block_size > s->num_computed) return false;
  }
  if (taken != running_.size() || taken + free_slots_.size() != slots_.size()) return false;
  for (size_t i = 1; i < running_.size(); ++i) {
    if (!(running_[i - 1]->urgency < running_[i]->urgency)) return false;
  }
  if (sequences_.empty()) {
    return running_.empty() && waiting_.empty() && pool_.num_used() == 0 && expected_.empty() &&
           deadlines_.empty() && load_tokens_ == 0 && queued_tokens_ == 0;
  }
  return running_.size() + waiting_.size() <= sequences_.size();
}

}  // namespace baton
