#include "worker/model/shard.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "common/status_macros.h"

namespace baton {
namespace {

constexpr int64_t kFfnUnit = 32;
constexpr int64_t kVocabUnit = 16;

// The heads of each tensor-parallel rank.
struct Heads {
  Range heads, kv_heads;
};

Heads HeadsOf(const ModelConfig& config, int tp, int rank) {
  const int64_t group = config.num_heads / config.num_kv_heads;
  Heads h;
  if (tp <= config.num_kv_heads) {
    // Ranks that come first take the rest: 3 heads on 2 ranks are 2 and 1.
    const int64_t each = config.num_kv_heads / tp, rest = config.num_kv_heads % tp;
    h.kv_heads.begin = rank * each + std::min<int64_t>(rank, rest);
    h.kv_heads.end = h.kv_heads.begin + each + (rank < rest ? 1 : 0);
    h.heads = {h.kv_heads.begin * group, h.kv_heads.end * group};
    return h;
  }
  // Several ranks share a KV head and divide its query heads.
  const int64_t each = tp / config.num_kv_heads, rest = tp % config.num_kv_heads;
  int64_t first_rank = 0;
  for (int64_t kv = 0;; ++kv) {
    const int64_t ranks = each + (kv < rest ? 1 : 0);
    if (rank < first_rank + ranks) {
      const int64_t i = rank - first_rank;
      h.kv_heads = {kv, kv + 1};
      h.heads = {kv * group + group * i / ranks, kv * group + group * (i + 1) / ranks};
      return h;
    }
    first_rank += ranks;
  }
}

// Cuts `total` in units so that each rank's share plus its `other` cost is equal; every rank gets
// at least one unit.
std::vector<int64_t> BalancedCuts(int64_t units, const std::vector<double>& other) {
  const int64_t n = static_cast<int64_t>(other.size());
  double sum = static_cast<double>(units);
  for (double cost : other) sum += cost;
  std::vector<int64_t> cuts = {0};
  double wanted = 0;
  for (int64_t i = 0; i + 1 < n; ++i) {
    wanted += sum / static_cast<double>(n) - other[i];
    const int64_t cut = static_cast<int64_t>(std::floor(wanted + 0.5));
    cuts.push_back(std::clamp(cut, cuts.back() + 1, units - (n - 1 - i)));
  }
  cuts.push_back(units);
  return cuts;
}

}  // namespace

std::string Shard::ToString() const {
  return absl::StrFormat("layers %d-%d, heads %d-%d, kv heads %d-%d, ffn %d, vocab %d",
                         layers.begin, layers.end - 1, heads.begin, heads.end - 1, kv_heads.begin,
                         kv_heads.end - 1, ffn.size(), vocab.size());
}

absl::StatusOr<std::vector<int64_t>> BalancedStageEnds(const ModelConfig& config, int pp) {
  if (pp < 1 || pp > config.num_layers) {
    return absl::InvalidArgumentError(
        absl::StrFormat("--pp is %d; it must be between 1 and the model's number of layers, %d", pp,
                        config.num_layers));
  }
  const double layer =
      static_cast<double>(config.hidden_size) *
      (2.0 * (config.num_heads + config.num_kv_heads) * config.head_dim + 3.0 * config.ffn_size);
  std::vector<double> other(pp, 0.0);
  other.back() = static_cast<double>(config.hidden_size) * config.vocab_size / layer;
  std::vector<int64_t> cuts = BalancedCuts(config.num_layers, other);
  cuts.erase(cuts.begin());
  return cuts;
}

absl::StatusOr<Shard> MakeShard(const ModelConfig& config, const Parallelism& parallelism) {
  ASSIGN_OR_RETURN(const std::vector<int64_t> ends, BalancedStageEnds(config, parallelism.pp));
  return MakeShard(config, parallelism, ends);
}

absl::StatusOr<Shard> MakeShard(const ModelConfig& config, const Parallelism& parallelism,
                                const std::vector<int64_t>& stage_ends) {
  const int tp = parallelism.tp;
  if (tp < 1 || tp > config.num_heads) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "--tp is %d; it must be between 1 and the model's number of query heads, %d", tp,
        config.num_heads));
  }
  const int64_t ffn_unit = config.ffn_size % kFfnUnit == 0 ? kFfnUnit : 1;
  const int64_t vocab_units = (config.vocab_size + kVocabUnit - 1) / kVocabUnit;
  if (config.ffn_size / ffn_unit < tp || vocab_units < tp) {
    return absl::InvalidArgumentError(
        absl::StrFormat("--tp is %d; a feed-forward size of %d and a vocabulary of %d do not "
                        "divide among so many ranks",
                        tp, config.ffn_size, config.vocab_size));
  }
  if (parallelism.rank < 0 || parallelism.rank >= parallelism.size()) {
    return absl::InvalidArgumentError(absl::StrFormat("--rank is %d; it must be between 0 and %d",
                                                      parallelism.rank, parallelism.size() - 1));
  }
  Shard shard;
  shard.parallelism = parallelism;
  const int stage = parallelism.stage(), rank = parallelism.tp_rank();
  shard.layers = {stage == 0 ? 0 : stage_ends[stage - 1], stage_ends[stage]};
  const Heads heads = HeadsOf(config, tp, rank);
  shard.heads = heads.heads;
  shard.kv_heads = heads.kv_heads;
  std::vector<double> attention;  // in units of feed-forward columns: 3 · hidden weights each
  for (int r = 0; r < tp; ++r) {
    const Heads h = HeadsOf(config, tp, r);
    attention.push_back(2.0 * (h.heads.size() + h.kv_heads.size()) * config.head_dim / 3.0 /
                        ffn_unit);
  }
  const std::vector<int64_t> ffn = BalancedCuts(config.ffn_size / ffn_unit, attention);
  shard.ffn = {ffn[rank] * ffn_unit, ffn[rank + 1] * ffn_unit};
  const std::vector<int64_t> vocab = BalancedCuts(vocab_units, std::vector<double>(tp, 0.0));
  shard.vocab = {vocab[rank] * kVocabUnit,
                 std::min(vocab[rank + 1] * kVocabUnit, config.vocab_size)};
  return shard;
}

}  // namespace baton
