// What one rendering may spend, so that no template and no conversation can hang a router or
// exhaust its memory.
#ifndef BATON_ROUTER_CHAT_JINJA_BUDGET_H_
#define BATON_ROUTER_CHAT_JINJA_BUDGET_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace baton {
namespace jinja {

// Crossing any of these ends the rendering with RESOURCE_EXHAUSTED.
struct Limits {
  size_t max_output_bytes = size_t{16} << 20;
  // Nodes evaluated, plus one for every element visited and every 64 bytes scanned by an operation.
  int64_t max_steps = 20'000'000;
  // Bytes of all values ever made, live or not.
  size_t max_allocated_bytes = size_t{512} << 20;
  // Nested statements, expressions and macro calls. One level takes up to about 2 KiB of stack.
  int max_depth = 500;
};

// Lists in lists, dicts in dicts. Bounds every recursion over a value, its destructor included.
constexpr int kMaxValueDepth = 100;

// Counts one rendering's spending. Not thread-safe.
class Budget {
 public:
  explicit Budget(const Limits& limits) : limits_(limits) {}

  absl::Status Steps(size_t count) {
    steps_ += static_cast<int64_t>(count);
    if (steps_ <= limits_.max_steps) return absl::OkStatus();
    return absl::ResourceExhaustedError(absl::StrCat("more than ", limits_.max_steps, " steps"));
  }
  absl::Status Scan(size_t bytes) { return Steps(1 + bytes / 64); }
  // For looking for `needle` bytes in `haystack` bytes, which takes their product when they are
  // made to.
  absl::Status Search(size_t haystack, size_t needle) {
    return Scan(haystack + haystack / 16 * std::min(needle, size_t{1} << 30));
  }
  // Before making a value of that size.
  absl::Status Allocate(size_t bytes) {
    if (bytes <= limits_.max_allocated_bytes - allocated_) {
      allocated_ += bytes;
      return Scan(bytes);
    }
    return absl::ResourceExhaustedError(
        absl::StrCat("values of more than ", limits_.max_allocated_bytes, " bytes"));
  }
  absl::Status CheckOutput(size_t bytes) const {
    if (bytes <= limits_.max_output_bytes) return absl::OkStatus();
    return absl::ResourceExhaustedError(
        absl::StrCat("output of more than ", limits_.max_output_bytes, " bytes"));
  }

  // A level of recursion, for as long as it lives; check ok() before going deeper.
  class Level {
   public:
    explicit Level(Budget* budget) : budget_(budget) { ++budget_->depth_; }
    ~Level() { --budget_->depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    absl::Status Check() const {
      if (budget_->depth_ <= budget_->limits_.max_depth) return absl::OkStatus();
      return absl::ResourceExhaustedError(
          absl::StrCat("nested more than ", budget_->limits_.max_depth, " levels deep"));
    }

   private:
    Budget* const budget_;
  };

 private:
  const Limits limits_;
  int64_t steps_ = 0;
  size_t allocated_ = 0;
  int depth_ = 0;
};

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_BUDGET_H_
