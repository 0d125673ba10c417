#include "router/tokenizer/added_token_matcher.h"

namespace baton {

void AddedTokenMatcher::Add(absl::string_view text, int32_t id, bool is_control) {
  uint32_t node = 0;
  for (const char byte : text) {
    const uint32_t next = static_cast<uint32_t>(nodes_.size());
    const auto [edge, is_new] = edges_.try_emplace(EdgeKey(node, byte), next);
    if (is_new) nodes_.emplace_back();
    node = edge->second;
  }
  nodes_[node] = {id, is_control};
  starts_[static_cast<unsigned char>(text[0])] = true;
  (is_control ? has_control_ : has_user_defined_) = true;
}

AddedTokenMatcher::Match AddedTokenMatcher::LongestAt(absl::string_view text, size_t pos,
                                                      size_t control_end) const {
  Match longest;
  uint32_t node = 0;
  for (size_t end = pos; end < text.size();) {
    const auto edge = edges_.find(EdgeKey(node, text[end]));
    if (edge == edges_.end()) break;
    node = edge->second;
    ++end;
    const Node& here = nodes_[node];
    if (here.id >= 0 && (!here.is_control || end <= control_end)) longest = {end - pos, here.id};
  }
  return longest;
}

}  // namespace baton
