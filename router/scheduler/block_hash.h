// Names for the contents of KV blocks. A block's name depends on all tokens up to its end and on
// whatever else its keys and values depend on, so equal names mean equal bits.
#ifndef BATON_ROUTER_SCHEDULER_BLOCK_HASH_H_
#define BATON_ROUTER_SCHEDULER_BLOCK_HASH_H_

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace baton {

struct BlockHash {
  uint64_t high = 0, low = 0;
  friend bool operator==(const BlockHash& a, const BlockHash& b) {
    return a.high == b.high && a.low == b.low;
  }
  // A hash already: any of its bits will do.
  template <typename H>
  friend H AbslHashValue(H h, const BlockHash& b) {
    return H::combine(std::move(h), b.low);
  }
};

using BlockHashKey = std::array<uint8_t, 16>;

// Chains of hashes: SipHash-2-4 with 128 bits (Aumasson and Bernstein, "SipHash: a fast short-input
// PRF"), keyed, so that nobody who does not know the key can make two contents collide. For one
// thread.
class BlockHasher {
 public:
  BlockHasher(const BlockHashKey& key, uint32_t block_size);
  ~BlockHasher();

  // Where a chain starts: what the keys and values depend on besides the tokens. Chains of
  // different adapters, of different contents that stand for the tokens' embeddings, or of
  // different salts have no block in common.
  BlockHash Root(uint64_t adapter, absl::string_view content_digest, absl::string_view salt);
  // The name of the block that follows `parent` (or the root) and holds `tokens`, block_size of
  // them.
  BlockHash Next(const BlockHash& parent, absl::Span<const int32_t> tokens);
  // The names of all full blocks of `tokens`, first to last.
  std::vector<BlockHash> Chain(const BlockHash& root, absl::Span<const int32_t> tokens);

  uint32_t block_size() const { return block_size_; }

 private:
  class Mac;
  const uint32_t block_size_;
  std::unique_ptr<Mac> mac_;
};

}  // namespace baton

#endif  // BATON_ROUTER_SCHEDULER_BLOCK_HASH_H_
