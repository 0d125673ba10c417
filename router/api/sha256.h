// Digests that name a prompt.
#ifndef BATON_ROUTER_API_SHA256_H_
#define BATON_ROUTER_API_SHA256_H_

#include <cstdint>
#include <string>
#include <vector>

namespace baton {

// SHA-256 (FIPS 180-4) of the token ids, each as 32 bits little-endian, in lower-case hexadecimal.
std::string PromptDigest(const std::vector<int32_t>& tokens);

}  // namespace baton

#endif  // BATON_ROUTER_API_SHA256_H_
