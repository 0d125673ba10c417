#include "router/api/sha256.h"

#include <openssl/evp.h>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "common/check.h"

namespace baton {

std::string PromptDigest(const std::vector<int32_t>& tokens) {
  std::string bytes;
  bytes.reserve(4 * tokens.size());
  for (const int32_t token : tokens) {
    const uint32_t value = static_cast<uint32_t>(token);
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(value >> shift & 0xff);
  }
  // Looked up once, which takes longer than a short prompt's digest.
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  BATON_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest, &size, sha256, nullptr) == 1);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), size));
}

}  // namespace baton
