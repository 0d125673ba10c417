// Byte pair encoding of one piece of text: starts from one token per byte and, while any two
// neighbours may merge, merges the pair of the lowest rank, leftmost first (Sennrich et al., 2016,
// arXiv:1508.07909, as GPT-2 applies it).
//
// O(n log n) in the piece's length, whatever it spells: a heap of candidate merges over a linked
// list of tokens.
#ifndef BATON_ROUTER_TOKENIZER_BPE_MODEL_H_
#define BATON_ROUTER_TOKENIZER_BPE_MODEL_H_

#include <array>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace baton {

// Immutable; any number of threads may encode at once, each with its own Scratch.
class BpeModel {
 public:
  struct Merge {
    int32_t left;
    int32_t right;
    int32_t result;
  };

  struct Scratch;

  static constexpr int32_t kNoToken = -1;

  // `byte_tokens[b]` is the token of byte b or kNoToken; `merges` is in order of rank, ids are not
  // negative. Of two merges of the same pair the later counts, as in the reference.
  BpeModel(const std::array<int32_t, 256>& byte_tokens, std::vector<Merge> merges);

  // Appends the tokens of `piece` to `out`. A byte that has no token is left out before anything
  // merges, so its neighbours become neighbours: the reference's behaviour where no unknown token
  // is set. At most kMaxPieceSize bytes.
  void Encode(absl::string_view piece, Scratch* scratch, std::vector<int32_t>* out) const;

  static constexpr size_t kMaxPieceSize = size_t{1} << 31;

 private:
  static uint64_t PairKey(int32_t left, int32_t right) {
    return uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right);
  }
  void AddCandidate(uint32_t pos, Scratch* scratch) const;
  void ApplyMerges(Scratch* scratch) const;

  const std::array<int32_t, 256> byte_tokens_;
  const std::vector<Merge> merges_;                  // by rank
  absl::flat_hash_map<uint64_t, uint32_t> rank_of_;  // by PairKey
};

// Memory that Encode keeps between calls; nothing in it is for the caller.
struct BpeModel::Scratch {
  struct Symbol {
    int32_t token;  // kNoToken once merged into its left neighbour
    uint32_t previous;
    uint32_t next;
  };
  static constexpr uint32_t kEnd = UINT32_MAX;  // no neighbour on that side

  std::vector<Symbol> symbols;
  std::vector<uint64_t> candidates;  // a min-heap of rank << 32 | position of the left symbol
};

}  // namespace baton

#endif  // BATON_ROUTER_TOKENIZER_BPE_MODEL_H_
