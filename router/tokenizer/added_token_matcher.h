// Finds the tokens that are recognised in the text itself, before ordinary tokenisation: control
// tokens such as
// "<|im_end|>", which are dangerous in a user's words, and user-defined ones, which are harmless.
#ifndef BATON_ROUTER_TOKENIZER_ADDED_TOKEN_MATCHER_H_
#define BATON_ROUTER_TOKENIZER_ADDED_TOKEN_MATCHER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace baton {

// A byte trie. Filled once, then immutable and safe to share.
class AddedTokenMatcher {
 public:
  // `text` must not be empty; adding the same text again replaces the id.
  void Add(absl::string_view text, int32_t id, bool is_control);

  struct Match {
    size_t size = 0;  // bytes; 0: no match
    int32_t id = -1;
  };

  // The longest token that starts at `pos` of `text`; a control token only if it ends at or before
  // `control_end`. Takes time in proportion to the longest token.
  Match LongestAt(absl::string_view text, size_t pos, size_t control_end) const;

  // False if no token starts with `byte`: the caller's quick way past ordinary text.
  bool MayStartWith(char byte) const { return starts_[static_cast<unsigned char>(byte)]; }

  bool has_control() const { return has_control_; }
  bool has_user_defined() const { return has_user_defined_; }

 private:
  struct Node {
    int32_t id = -1;  // of the token that ends here
    bool is_control = false;
  };

  static uint64_t EdgeKey(uint32_t node, char byte) {
    return uint64_t{node} << 8 | static_cast<unsigned char>(byte);
  }

  std::vector<Node> nodes_ = std::vector<Node>(1);  // nodes_[0] is the root
  absl::flat_hash_map<uint64_t, uint32_t> edges_;   // EdgeKey -> node
  std::array<bool, 256> starts_ = {};
  bool has_control_ = false;
  bool has_user_defined_ = false;
};

}  // namespace baton

#endif  // BATON_ROUTER_TOKENIZER_ADDED_TOKEN_MATCHER_H_
