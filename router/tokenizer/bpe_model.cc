#include "router/tokenizer/bpe_model.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace baton {

BpeModel::BpeModel(const std::array<int32_t, 256>& byte_tokens, std::vector<Merge> merges)
    : byte_tokens_(byte_tokens), merges_(std::move(merges)) {
  rank_of_.reserve(merges_.size());
  for (size_t rank = 0; rank < merges_.size(); ++rank) {
    rank_of_[PairKey(merges_[rank].left, merges_[rank].right)] = static_cast<uint32_t>(rank);
  }
}

void BpeModel::Encode(absl::string_view piece, Scratch* scratch, std::vector<int32_t>* out) const {
  std::vector<Scratch::Symbol>& symbols = scratch->symbols;
  symbols.clear();
  for (const char byte : piece) {
    const int32_t token = byte_tokens_[static_cast<unsigned char>(byte)];
    if (token == kNoToken) continue;
    const uint32_t pos = static_cast<uint32_t>(symbols.size());
    symbols.push_back({token, pos == 0 ? Scratch::kEnd : pos - 1, pos + 1});
  }
  if (symbols.empty()) return;
  symbols.back().next = Scratch::kEnd;
  ApplyMerges(scratch);
  for (uint32_t pos = 0; pos != Scratch::kEnd; pos = symbols[pos].next) {
    out->push_back(symbols[pos].token);
  }
}

// Notes that the symbol at `pos` may merge with its right neighbour, without restoring the heap's
// order.
void BpeModel::AddCandidate(uint32_t pos, Scratch* scratch) const {
  const Scratch::Symbol& left = scratch->symbols[pos];
  if (left.next == Scratch::kEnd) return;
  const auto found = rank_of_.find(PairKey(left.token, scratch->symbols[left.next].token));
  if (found == rank_of_.end()) return;
  scratch->candidates.push_back(uint64_t{found->second} << 32 | pos);
}

void BpeModel::ApplyMerges(Scratch* scratch) const {
  std::vector<Scratch::Symbol>& symbols = scratch->symbols;
  std::vector<uint64_t>& heap = scratch->candidates;
  const auto add = [&](uint32_t pos) {
    const size_t old_size = heap.size();
    AddCandidate(pos, scratch);
    if (heap.size() != old_size) std::push_heap(heap.begin(), heap.end(), std::greater<>());
  };
  heap.clear();
  for (uint32_t pos = 0; pos < symbols.size(); ++pos) AddCandidate(pos, scratch);
  std::make_heap(heap.begin(), heap.end(), std::greater<>());
  while (!heap.empty()) {
    const Merge& merge = merges_[heap.front() >> 32];
    const uint32_t pos = static_cast<uint32_t>(heap.front());
    std::pop_heap(heap.begin(), heap.end(), std::greater<>());
    heap.pop_back();
    Scratch::Symbol& left = symbols[pos];
    if (left.token != merge.left || left.next == Scratch::kEnd) continue;  // out of date
    Scratch::Symbol& right = symbols[left.next];
    if (right.token != merge.right) continue;  // out of date
    left.token = merge.result;
    left.next = right.next;
    right.token = kNoToken;
    if (left.next != Scratch::kEnd) symbols[left.next].previous = pos;
    if (left.previous != Scratch::kEnd) add(left.previous);
    add(pos);
  }
}

}  // namespace baton
