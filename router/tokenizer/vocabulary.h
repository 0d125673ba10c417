// The tokens of a byte-level vocabulary: what each is called, which bytes it stands for, and the
// way back.
#ifndef BATON_ROUTER_TOKENIZER_VOCABULARY_H_
#define BATON_ROUTER_TOKENIZER_VOCABULARY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "router/tokenizer/tokenizer_spec.h"

namespace baton {

// Immutable and safe to share. Views it returns live as long as it does, where it is: do not move
// it afterwards.
class Vocabulary {
 public:
  // `tokens` and `types` as in TokenizerSpec. INVALID_ARGUMENT naming the GGUF key if there are no
  // tokens, the counts differ, a type is unknown, or a control or user-defined token is not UTF-8
  // (it could never stand in a text).
  static absl::StatusOr<Vocabulary> Create(std::vector<std::string> tokens,
                                           std::vector<int32_t> types);

  Vocabulary(Vocabulary&&) = default;
  Vocabulary& operator=(Vocabulary&&) = default;

  int32_t size() const { return static_cast<int32_t>(tokens_.size()); }
  bool Contains(int32_t id) const { return id >= 0 && id < size(); }

  // For these, Contains(id) must hold.
  absl::string_view Text(int32_t id) const { return tokens_[id]; }
  int32_t Type(int32_t id) const { return types_[id]; }
  absl::string_view Bytes(int32_t id) const {
    return absl::string_view(bytes_).substr(offsets_[id], offsets_[id + 1] - offsets_[id]);
  }

  // Control and user-defined tokens stand for their own text, all others for the bytes their text
  // spells.
  bool IsLiteral(int32_t id) const {
    return types_[id] == kTokenControl || types_[id] == kTokenUserDefined;
  }

  // The id of the token called `text`, or -1. If several are, the last of them, as in the
  // reference.
  int32_t Find(absl::string_view text) const;

 private:
  Vocabulary(std::vector<std::string> tokens, std::vector<int32_t> types);

  std::vector<std::string> tokens_;
  std::vector<int32_t> types_;
  absl::flat_hash_map<absl::string_view, int32_t> ids_;  // keys are views of tokens_
  std::string bytes_;                                    // of all tokens, one after the other
  std::vector<size_t> offsets_;  // [size() + 1]: token i is bytes_[offsets_[i], offsets_[i + 1])
};

}  // namespace baton

#endif  // BATON_ROUTER_TOKENIZER_VOCABULARY_H_
