// How sizes, durations, counts and biases are written in flags and shown to people.
#ifndef BATON_MAIN_FLAG_VALUES_H_
#define BATON_MAIN_FLAG_VALUES_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace baton {

// "512MiB", "2GiB", "1.5GiB", "64KiB", "1TiB" (powers of 1024), "2GB", "512MB", "64KB", "1TB"
// (powers of 1000), "123B" or a plain number of bytes. INVALID_ARGUMENT quotes what does not parse
// or does not fit 64 bits.
absl::StatusOr<uint64_t> ParseBytes(absl::string_view text);

// "30s", "1m30s", "500ms" (Abseil's format) or a plain number of seconds; not negative.
// INVALID_ARGUMENT quotes the rest.
absl::StatusOr<absl::Duration> ParseFlagDuration(absl::string_view text);

// "ID:VALUE", for example "42:-1.5": a token's id and what is added to its logit. INVALID_ARGUMENT
// quotes the rest.
absl::StatusOr<std::pair<uint32_t, float>> ParseTokenBias(absl::string_view text);

// INVALID_ARGUMENT if `text`, which is the value of `name`, is not valid UTF-8; says where. What is
// sent to a server has to be.
absl::Status CheckUtf8(absl::string_view name, absl::string_view text);

// INVALID_ARGUMENT if there is a --system message and no --chat for it.
absl::Status CheckSystemMessage(absl::string_view system, bool chat);

// "0 B", "512 MiB", "1.5 GiB": powers of 1024, at most one decimal.
std::string ShowBytes(uint64_t bytes);

// "0.7 ms", "45 ms", "1.3 s", "2 min 5 s", "3 h 4 min".
std::string ShowDuration(absl::Duration duration);

}  // namespace baton

#endif  // BATON_MAIN_FLAG_VALUES_H_
