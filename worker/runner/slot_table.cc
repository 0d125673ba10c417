#include "worker/runner/slot_table.h"

#include <algorithm>
#include <cmath>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status_macros.h"

namespace baton {
namespace {

constexpr uint32_t kMaxTop = 20;

template <typename... Args>
absl::Status Invalid(const absl::FormatSpec<Args...>& format, const Args&... args) {
  return absl::InvalidArgumentError(
      absl::StrCat("plan refused: ", absl::StrFormat(format, args...)));
}

}  // namespace

struct SlotTable::Lengths {
  bool used = false;
  bool worked = false;
  uint64_t tokens = 0;
  uint64_t computed = 0;
  uint64_t blocks = 0;
};

absl::Status SlotTable::CheckBlocks(const std::vector<int32_t>& blocks, uint32_t slot) const {
  for (int32_t block : blocks) {
    if (block < 0 || block >= limits_.num_blocks) {
      return Invalid("slot %d is given block %d; the pool has %d", slot, block, limits_.num_blocks);
    }
  }
  return absl::OkStatus();
}

absl::Status SlotTable::CheckStart(const SlotStart& start) const {
  if (start.tokens.empty() || start.tokens.size() > limits_.max_model_len) {
    return Invalid("slot %d starts with %d tokens; it must be 1 to %d", start.slot,
                   start.tokens.size(), limits_.max_model_len);
  }
  for (int32_t id : start.tokens) {
    if (id < 0 || id >= limits_.vocab_size) {
      return Invalid("slot %d starts with token %d; the vocabulary has %d", start.slot, id,
                     limits_.vocab_size);
    }
  }
  if (start.prompt_length > start.tokens.size() || start.num_computed >= start.tokens.size()) {
    return Invalid("slot %d starts with prompt length %d and %d computed of %d tokens", start.slot,
                   start.prompt_length, start.num_computed, start.tokens.size());
  }
  RETURN_IF_ERROR(CheckSampling(start));
  return CheckBlocks(start.blocks, start.slot);
}

absl::Status SlotTable::CheckSampling(const SlotStart& start) const {
  const SamplingRule& s = start.sampling;
  // Written so that NaN fails.
  if (!(s.temperature >= 0.0f) || !std::isfinite(s.temperature) ||
      !(s.top_p > 0.0f && s.top_p <= 1.0f) || !(s.min_p >= 0.0f && s.min_p <= 1.0f)) {
    return Invalid("slot %d starts with temperature %g, top_p %g and min_p %g", start.slot,
                   s.temperature, s.top_p, s.min_p);
  }
  if (!(s.repetition_penalty > 0.0f) || !std::isfinite(s.repetition_penalty) ||
      !std::isfinite(s.presence_penalty) || !std::isfinite(s.frequency_penalty)) {
    return Invalid("slot %d starts with penalties %g, %g and %g", start.slot, s.repetition_penalty,
                   s.presence_penalty, s.frequency_penalty);
  }
  const auto check = [&](absl::string_view what, int32_t id) {
    if (id >= 0 && id < limits_.vocab_size) return absl::OkStatus();
    return Invalid("slot %d starts with token %d as %s; the vocabulary has %d", start.slot, id,
                   what, limits_.vocab_size);
  };
  int32_t last = -1;
  for (const auto& [id, bias] : s.logit_bias) {
    RETURN_IF_ERROR(check("biased", id));
    if (!std::isfinite(bias) || id <= last)
      return Invalid("slot %d starts with bias %g of token %d", start.slot, bias, id);
    last = id;
  }
  last = -1;
  for (int32_t id : s.allowed_token_ids) {
    RETURN_IF_ERROR(check("allowed", id));
    if (id <= last) return Invalid("slot %d starts with allowed ids out of order", start.slot);
    last = id;
  }
  for (int32_t id : s.stop_token_ids) RETURN_IF_ERROR(check("a stop", id));
  for (const std::vector<int32_t>& word : s.bad_words) {
    if (word.empty()) return Invalid("slot %d starts with an empty bad word", start.slot);
    for (int32_t id : word) RETURN_IF_ERROR(check("part of a bad word", id));
  }
  return absl::OkStatus();
}

absl::Status SlotTable::CheckWork(const SlotWork& work, const Lengths& now) const {
  const uint64_t end = uint64_t{work.position} + work.num_tokens;
  if (work.num_tokens == 0 || work.position != now.computed || end > now.tokens) {
    return Invalid("slot %d is to compute %d tokens from %d; it has %d tokens, %d computed",
                   work.slot, work.num_tokens, work.position, now.tokens, now.computed);
  }
  if (end > now.blocks * limits_.block_size) {
    return Invalid("slot %d is to compute up to position %d with %d blocks of %d", work.slot,
                   end - 1, now.blocks, limits_.block_size);
  }
  int64_t last = -1;
  for (const OutputRow& row : work.rows) {
    if (row.position < work.position || row.position >= end || row.position <= last) {
      return Invalid("slot %d wants output at %d; computed are %d to %d, ascending", work.slot,
                     row.position, work.position, end - 1);
    }
    if (row.sample && (row.position + 1 != now.tokens || now.tokens >= limits_.max_model_len)) {
      return Invalid("slot %d is to sample after position %d of a journal of %d (at most %d)",
                     work.slot, row.position, now.tokens, limits_.max_model_len);
    }
    if (row.num_top > kMaxTop)
      return Invalid("slot %d wants %d alternatives; at most %d", work.slot, row.num_top, kMaxTop);
    last = row.position;
  }
  return absl::OkStatus();
}

absl::Status SlotTable::Check(const Plan& plan) const {
  absl::flat_hash_map<uint32_t, Lengths> touched;
  const auto at = [&](uint32_t slot) -> Lengths& {
    auto [it, fresh] = touched.try_emplace(slot);
    if (fresh) {
      const Slot& s = slots_[slot];
      it->second = {s.used, false, s.tokens.size(), s.num_computed, s.blocks.size()};
    }
    return it->second;
  };
  const auto check_slot = [&](uint32_t slot) {
    return slot < slots_.size() ? absl::OkStatus()
                                : Invalid("slot %d; there are %d", slot, slots_.size());
  };
  for (uint32_t slot : plan.ended_slots) {
    RETURN_IF_ERROR(check_slot(slot));
    if (!at(slot).used) return Invalid("slot %d ends and is not in use", slot);
    at(slot) = Lengths();
  }
  for (const SlotStart& start : plan.starts) {
    RETURN_IF_ERROR(check_slot(start.slot));
    if (at(start.slot).used) return Invalid("slot %d starts and is in use", start.slot);
    RETURN_IF_ERROR(CheckStart(start));
    at(start.slot) = {true, false, start.tokens.size(), start.num_computed, start.blocks.size()};
  }
  for (const SlotGrow& grow : plan.grows) {
    RETURN_IF_ERROR(check_slot(grow.slot));
    if (!at(grow.slot).used) return Invalid("slot %d grows and is not in use", grow.slot);
    RETURN_IF_ERROR(CheckBlocks(grow.blocks, grow.slot));
    at(grow.slot).blocks += grow.blocks.size();
  }
  uint64_t tokens = 0, rows = 0;
  for (const SlotWork& work : plan.work) {
    RETURN_IF_ERROR(check_slot(work.slot));
    Lengths& now = at(work.slot);
    if (!now.used || now.worked)
      return Invalid("slot %d works and is %s", work.slot, now.used ? "named twice" : "not in use");
    RETURN_IF_ERROR(CheckWork(work, now));
    now.worked = true;
    tokens += work.num_tokens;
    rows += work.rows.size();
  }
  if (tokens > limits_.max_step_tokens || rows > limits_.max_step_rows) {
    return Invalid("%d tokens and %d rows; at most %d and %d", tokens, rows,
                   limits_.max_step_tokens, limits_.max_step_rows);
  }
  return absl::OkStatus();
}

absl::Status SlotTable::Apply(const Plan& plan) {
  RETURN_IF_ERROR(Check(plan));
  for (uint32_t slot : plan.ended_slots) slots_[slot] = Slot();
  for (const SlotStart& start : plan.starts) {
    Slot& slot = slots_[start.slot];
    slot = {true,         next_run_++,   start.tokens, start.prompt_length, start.num_computed,
            start.blocks, start.sampling};
    // Room for its samples, so that few of them allocate.
    slot.tokens.reserve(std::min<size_t>(limits_.max_model_len, slot.tokens.size() + 256));
  }
  for (const SlotGrow& grow : plan.grows) {
    std::vector<int32_t>& blocks = slots_[grow.slot].blocks;
    blocks.insert(blocks.end(), grow.blocks.begin(), grow.blocks.end());
  }
  for (const SlotWork& work : plan.work) slots_[work.slot].num_computed += work.num_tokens;
  return absl::OkStatus();
}

SamplePlace SlotTable::AppendUnknown(uint32_t slot) {
  Slot& s = slots_[slot];
  s.tokens.push_back(kUnknownToken);
  return {slot, s.run, static_cast<uint32_t>(s.tokens.size()) - 1};
}

void SlotTable::Fill(const SamplePlace& place, int32_t token) {
  Slot& s = slots_[place.slot];
  if (!s.used || s.run != place.run) return;
  s.tokens[place.index] = token >= 0 && token < limits_.vocab_size ? token : 0;
}

bool SlotTable::KnowsTokensOf(const SlotWork& work) const {
  const std::vector<int32_t>& tokens = slots_[work.slot].tokens;
  for (uint32_t i = 0; i < work.num_tokens; ++i) {
    if (tokens[work.position + i] == kUnknownToken) return false;
  }
  return true;
}

void SlotTable::Reset(int64_t num_blocks) {
  limits_.num_blocks = num_blocks;
  slots_.assign(limits_.max_slots, Slot());
}

}  // namespace baton
