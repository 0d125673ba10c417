#include "router/fleet/group.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "baton/worker/v1/protocol_version.h"

namespace baton {
namespace {

// Longer than the ranks' own limit for connecting, so that their reason arrives first.
constexpr absl::Duration kFormingLimit = absl::Seconds(15);
constexpr absl::Duration kTryAgain = absl::Milliseconds(200);
constexpr absl::Duration kLongestPause = absl::Seconds(5);
constexpr uint32_t kMaxParallelism = 256;
constexpr size_t kMaxGroupName = 63;

std::string Process(const RankHello& hello) {
  return absl::StrCat("process ", hello.pid, " on ", hello.host);
}

}  // namespace

absl::Status CheckGroupName(absl::string_view name) {
  const bool good_bytes = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
  });
  if (good_bytes && !name.empty() && name.size() <= kMaxGroupName) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "group is \"", absl::CHexEscape(name.substr(0, kMaxGroupName)),
      name.size() > kMaxGroupName ? "...\" (" : "\" (", name.size(), " bytes); expected 1 to ",
      kMaxGroupName, " of the characters A-Z a-z 0-9 . _ -"));
}

Group::Rank* Group::Find(AttachmentId id) {
  for (auto& [index, rank] : ranks_) {
    if (rank.id == id) return &rank;
  }
  return nullptr;
}

const Group::Rank* Group::Find(AttachmentId id) const { return const_cast<Group*>(this)->Find(id); }

absl::Status Group::CheckFits(const RankHello& hello) const {
  const auto refuse = [&](absl::string_view what, const auto& found, const auto& expected) {
    return absl::FailedPreconditionError(absl::StrCat("group ", name_, ", rank ", hello.rank, ": ",
                                                      what, " is ", found, "; expected ",
                                                      expected));
  };
  if (hello.protocol_version != kWorkerProtocolVersion)
    return refuse("the protocol version", hello.protocol_version, kWorkerProtocolVersion);
  if (hello.tp == 0 || hello.tp > kMaxParallelism) return refuse("--tp", hello.tp, "1 to 256");
  if (hello.pp == 0 || hello.pp > kMaxParallelism) return refuse("--pp", hello.pp, "1 to 256");
  if (hello.rank >= hello.tp * hello.pp) {
    return refuse("--rank", hello.rank,
                  absl::StrCat("less than --tp ", hello.tp, " times --pp ", hello.pp));
  }
  if (ranks_.empty()) return absl::OkStatus();
  if (hello.tp != tp_) return refuse("--tp", hello.tp, tp_);
  if (hello.pp != pp_) return refuse("--pp", hello.pp, pp_);
  if (hello.model_digest != model_digest_)
    return refuse("the model's digest", hello.model_digest, model_digest_);
  if (hello.numerics_class != numerics_class_)
    return refuse("the numerics class", hello.numerics_class, numerics_class_);
  const RankHello& first = ranks_.begin()->second.hello;
  if (hello.shared_memory_domain != first.shared_memory_domain) {
    return refuse("the host", absl::StrCat(hello.host, " (", hello.shared_memory_domain, ")"),
                  absl::StrCat(first.host, " (", first.shared_memory_domain,
                               "): all ranks of a group must be able to share memory"));
  }
  return absl::OkStatus();
}

absl::Status Group::Attach(AttachmentId id, const RankHello& hello, absl::Time now,
                           Actions* actions) {
  const absl::Status fits = CheckFits(hello);
  if (!fits.ok()) return fits;
  const auto old = ranks_.find(hello.rank);
  if (old != ranks_.end()) {
    if (old->second.hello.incarnation != hello.incarnation) {
      return absl::UnavailableError(absl::StrCat("group ", name_, ", rank ", hello.rank, ": ",
                                                 Process(old->second.hello), " is attached; ",
                                                 Process(hello), " may attach when it is gone"));
    }
    actions->superseded = old->second.id;
    ranks_.erase(old);
    EndEpoch(absl::StrCat("rank ", hello.rank, " (", Process(hello), ") dialled again"), now,
             actions);
  }
  failed_formations_ = 0;
  try_again_at_ = std::min(try_again_at_, now + kTryAgain);
  empty_since_ = absl::InfiniteFuture();
  if (ranks_.empty()) {
    tp_ = hello.tp;
    pp_ = hello.pp;
    model_digest_ = hello.model_digest;
    numerics_class_ = hello.numerics_class;
  }
  Rank rank;
  rank.id = id;
  rank.hello = hello;
  ranks_[hello.rank] = std::move(rank);
  if (ranks_.size() == tp_ * pp_) state_ = GroupState::kLoading;
  return absl::OkStatus();
}

void Group::Progress(AttachmentId id, uint64_t done, uint64_t total) {
  Rank* rank = Find(id);
  if (rank != nullptr && total > 0)
    rank->loaded = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
}

absl::Status Group::Loaded(AttachmentId id, const RankCapacity& capacity, uint64_t* next_epoch,
                           absl::Time now, Actions* actions) {
  Rank* rank = Find(id);
  if (rank == nullptr) return absl::OkStatus();
  for (const auto& [index, other] : ranks_) {
    if (!other.capacity.has_value() || other.capacity->block_size == capacity.block_size) continue;
    return absl::FailedPreconditionError(absl::StrCat(
        "group ", name_, ", rank ", rank->hello.rank, ": --kv-block-size is ", capacity.block_size,
        "; expected ", other.capacity->block_size, ", as on rank ", index));
  }
  rank->loaded = 1;
  rank->capacity = capacity;
  TryForm(next_epoch, now, actions);
  return absl::OkStatus();
}

void Group::TryForm(uint64_t* next_epoch, absl::Time now, Actions* actions) {
  if (state_ != GroupState::kLoading || now < try_again_at_) return;
  for (const auto& [index, rank] : ranks_) {
    if (!rank.capacity.has_value()) return;
  }
  state_ = GroupState::kForming;
  forming_since_ = now;
  epoch_ = ++*next_epoch;
  actions->epoch = epoch_;
  actions->num_blocks = Capacity().num_blocks;
  for (auto& [index, rank] : ranks_) {
    rank.ready = false;
    actions->form.push_back(rank.id);
    actions->incarnations.push_back(rank.hello.incarnation);
  }
}

void Group::Ready(AttachmentId id, uint64_t epoch, Actions* actions) {
  Rank* rank = Find(id);
  if (rank == nullptr || epoch != epoch_ || state_ != GroupState::kForming) return;
  rank->ready = true;
  for (const auto& [index, r] : ranks_) {
    if (!r.ready) return;
  }
  state_ = GroupState::kReady;
  failed_formations_ = 0;
  actions->start_epoch = true;
  actions->epoch = epoch_;
}

void Group::EndEpoch(const std::string& reason, absl::Time now, Actions* actions) {
  if (state_ == GroupState::kReady) actions->end_epoch = reason;
  if (state_ == GroupState::kReady || state_ == GroupState::kForming) {
    actions->aborted_epoch = epoch_;
    actions->abort_reason = reason;
    for (const auto& [index, rank] : ranks_) actions->abort.push_back(rank.id);
    last_failure_ = reason;
    if (state_ == GroupState::kForming) ++failed_formations_;
    const int doublings = std::min(std::max(failed_formations_ - 1, 0), 10);
    try_again_at_ = now + std::min(kTryAgain * (1 << doublings), kLongestPause);
  }
  state_ = ranks_.size() == tp_ * pp_ ? GroupState::kLoading : GroupState::kIncomplete;
}

void Group::Fail(uint64_t epoch, const std::string& reason, uint64_t* next_epoch, absl::Time now,
                 Actions* actions) {
  if (epoch != epoch_ || (state_ != GroupState::kReady && state_ != GroupState::kForming)) return;
  EndEpoch(reason, now, actions);
  TryForm(next_epoch, now, actions);
}

void Group::Detach(AttachmentId id, const std::string& reason, uint64_t* next_epoch, absl::Time now,
                   Actions* actions) {
  const Rank* rank = Find(id);
  if (rank == nullptr) return;
  ranks_.erase(rank->hello.rank);
  if (ranks_.empty()) empty_since_ = now;
  EndEpoch(reason, now, actions);
  TryForm(next_epoch, now, actions);
}

void Group::Tick(uint64_t* next_epoch, absl::Time now, Actions* actions) {
  if (state_ == GroupState::kForming && now > forming_since_ + kFormingLimit) {
    EndEpoch(absl::StrCat("not ready within ", absl::FormatDuration(kFormingLimit), ": ",
                          Who([](const Rank& r) { return !r.ready; })),
             now, actions);
    return;
  }
  TryForm(next_epoch, now, actions);
}

RankCapacity Group::Capacity() const {
  RankCapacity least;
  bool first = true;
  for (const auto& [index, rank] : ranks_) {
    if (!rank.capacity.has_value()) continue;
    const RankCapacity& c = *rank.capacity;
    if (first) {
      least = c;
      first = false;
      continue;
    }
    least.num_blocks = std::min(least.num_blocks, c.num_blocks);
    least.block_size = std::min(least.block_size, c.block_size);
    least.max_slots = std::min(least.max_slots, c.max_slots);
    least.max_step_tokens = std::min(least.max_step_tokens, c.max_step_tokens);
    least.max_step_rows = std::min(least.max_step_rows, c.max_step_rows);
    least.max_model_len = std::min(least.max_model_len, c.max_model_len);
  }
  return least;
}

bool Group::IsSampler(AttachmentId id) const {
  const Rank* rank = Find(id);
  return rank != nullptr && rank->hello.rank == (pp_ - 1) * tp_;
}

std::vector<AttachmentId> Group::Attachments() const {
  std::vector<AttachmentId> ids;
  for (const auto& [index, rank] : ranks_) ids.push_back(rank.id);
  return ids;
}

std::vector<RankSnapshot> Group::Ranks() const {
  std::vector<RankSnapshot> all;
  for (const auto& [index, rank] : ranks_) {
    RankSnapshot s;
    s.rank = index;
    s.pid = rank.hello.pid;
    s.host = rank.hello.host;
    s.incarnation = rank.hello.incarnation;
    s.loaded = rank.loaded;
    s.shard = rank.hello.shard;
    if (rank.capacity.has_value()) {
      s.weight_bytes = rank.capacity->weight_bytes;
      s.kv_bytes = rank.capacity->kv_bytes;
      s.workspace_bytes = rank.capacity->workspace_bytes;
    }
    all.push_back(std::move(s));
  }
  return all;
}

std::string Group::Who(bool (*lacks)(const Rank&)) const {
  std::string who;
  for (const auto& [index, rank] : ranks_) {
    if (!lacks(rank)) continue;
    absl::StrAppend(&who, who.empty() ? "" : ", ", "rank ", index, " (", Process(rank.hello), ")");
  }
  return who;
}

std::string Group::WhatIsMissing() const {
  const std::string loading = Who([](const Rank& r) { return !r.capacity.has_value(); });
  switch (state_) {
    case GroupState::kReady:
      return "";
    case GroupState::kForming:
      return absl::StrCat("group ", name_, " is connecting its ranks; it waits for ",
                          Who([](const Rank& r) { return !r.ready; }));
    case GroupState::kLoading:
      if (loading.empty())
        return absl::StrCat("group ", name_, " will form again; it was lost: ", last_failure_);
      return absl::StrCat("group ", name_, " is loading weights: ", loading);
    case GroupState::kIncomplete:
      break;
  }
  std::string missing;
  for (uint32_t r = 0; r < tp_ * pp_; ++r) {
    if (ranks_.count(r) == 0) absl::StrAppend(&missing, missing.empty() ? "" : ", ", r);
  }
  return absl::StrCat("group ", name_, " lacks rank ", missing);
}

}  // namespace baton
