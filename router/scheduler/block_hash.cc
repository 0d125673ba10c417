#include "router/scheduler/block_hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstring>

#include "common/check.h"

namespace baton {

class BlockHasher::Mac {
 public:
  explicit Mac(const BlockHashKey& key) : key_(key) {
    // Kept for ever: to fetch it costs more than to hash a prompt.
    static EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "SIPHASH", nullptr);
    BATON_CHECK(algorithm != nullptr);
    context_ = EVP_MAC_CTX_new(algorithm);
    BATON_CHECK(context_ != nullptr);
  }
  ~Mac() { EVP_MAC_CTX_free(context_); }

  void Begin() {
    size_t size = sizeof(BlockHash);
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
                                     OSSL_PARAM_construct_end()};
    BATON_CHECK(EVP_MAC_init(context_, key_.data(), key_.size(), parameters) == 1);
  }
  void Add(const void* data, size_t bytes) {
    BATON_CHECK(EVP_MAC_update(context_, static_cast<const uint8_t*>(data), bytes) == 1);
  }
  BlockHash End() {
    uint8_t bytes[sizeof(BlockHash)];
    size_t size = 0;
    BATON_CHECK(EVP_MAC_final(context_, bytes, &size, sizeof(bytes)) == 1 && size == sizeof(bytes));
    BlockHash hash;
    std::memcpy(&hash.high, bytes, 8);
    std::memcpy(&hash.low, bytes + 8, 8);
    return hash;
  }

 private:
  const BlockHashKey key_;
  EVP_MAC_CTX* context_;
};

BlockHasher::BlockHasher(const BlockHashKey& key, uint32_t block_size)
    : block_size_(block_size), mac_(std::make_unique<Mac>(key)) {}

BlockHasher::~BlockHasher() = default;

BlockHash BlockHasher::Root(uint64_t adapter, absl::string_view content_digest,
                            absl::string_view salt) {
  // Lengths first, so that no two triples read the same.
  const uint64_t lengths[] = {adapter, content_digest.size(), salt.size(), block_size_};
  mac_->Begin();
  mac_->Add(lengths, sizeof(lengths));
  mac_->Add(content_digest.data(), content_digest.size());
  mac_->Add(salt.data(), salt.size());
  return mac_->End();
}

BlockHash BlockHasher::Next(const BlockHash& parent, absl::Span<const int32_t> tokens) {
  mac_->Begin();
  mac_->Add(&parent, sizeof(parent));
  mac_->Add(tokens.data(), tokens.size() * sizeof(int32_t));
  return mac_->End();
}

std::vector<BlockHash> BlockHasher::Chain(const BlockHash& root, absl::Span<const int32_t> tokens) {
  std::vector<BlockHash> chain;
  chain.reserve(tokens.size() / block_size_);
  BlockHash last = root;
  for (size_t end = block_size_; end <= tokens.size(); end += block_size_) {
    last = Next(last, tokens.subspan(end - block_size_, block_size_));
    chain.push_back(last);
  }
  return chain;
}

}  // namespace baton
