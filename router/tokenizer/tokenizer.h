// Text to token ids and back, byte-exact with Hugging Face `tokenizers` for the models it supports:
// byte-level BPE (tokenizer.ggml.model "gpt2") with pre-tokenizer "smollm" or "gpt-2".
//
// One behaviour of the reference needs knowing: a byte for which the vocabulary has no token is
// silently left out of the encoding. SmolLM2's lacks 21 bytes; of those U+0004, U+0006, U+0013,
// U+0014, U+0016, U+001D and the lead bytes of U+40000..U+BFFFF (unassigned planes) can occur in
// UTF-8. For text without them Decode(Encode(text)) == text. tokenizer.ggml.unknown_token_id plays
// no part, as in the reference.
#ifndef BATON_ROUTER_TOKENIZER_TOKENIZER_H_
#define BATON_ROUTER_TOKENIZER_TOKENIZER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "router/tokenizer/added_token_matcher.h"
#include "router/tokenizer/bpe_model.h"
#include "router/tokenizer/pre_tokenizer.h"
#include "router/tokenizer/tokenizer_spec.h"
#include "router/tokenizer/vocabulary.h"

namespace baton {

struct EncodeOptions {
  bool parse_special =
      false;  // recognise control tokens spelled in the text; off for anything a user wrote
  bool add_special =
      false;  // put the bos / eos token around the text where the model file asks for it
};

// A stretch of a text with one author: a template's words may spell control tokens, a user's may
// not.
struct TextSegment {
  absl::string_view text;
  bool parse_special = false;
};

// Immutable: every method may be called from any thread at any time. Views it returns live as long
// as it does.
class Tokenizer {
 public:
  // One call encodes at most this many bytes (working memory is about 30 times the longest piece
  // without a space).
  static constexpr size_t kMaxTextBytes = size_t{64} << 20;

  // UNIMPLEMENTED for a tokenizer.ggml.model, .pre or .add_space_prefix other than those above;
  // INVALID_ARGUMENT, naming the GGUF key, the value found and what was expected, for a spec that
  // contradicts itself. Takes less than 100 ms for 50,000 tokens.
  static absl::StatusOr<std::unique_ptr<Tokenizer>> Create(TokenizerSpec spec);

  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  // Replaces *out by the tokens of `text`. INVALID_ARGUMENT if it is not UTF-8 (naming the offset
  // of the first bad byte) or longer than kMaxTextBytes. User-defined tokens are recognised
  // whatever `parse_special` says. The result may be empty.
  absl::Status Encode(absl::string_view text, const EncodeOptions& options,
                      std::vector<int32_t>* out) const;

  // Replaces *out by the tokens of the segments' concatenation, except that a control token is only
  // recognised where all of its bytes come from segments with parse_special. Other text is
  // tokenised across the boundaries as if they were not there. Each segment must be UTF-8 on its
  // own; errors as above, naming the segment's index too.
  absl::Status EncodeSegments(absl::Span<const TextSegment> segments,
                              std::vector<int32_t>* out) const;

  // The text of `ids`, always UTF-8: bytes that are not become U+FFFD as IncrementalDecoder
  // describes. With `skip_special` control tokens are passed over. INVALID_ARGUMENT for an id
  // outside the vocabulary.
  absl::StatusOr<std::string> Decode(absl::Span<const int32_t> ids, bool skip_special) const;

  // The bytes that `id` stands for, often not UTF-8 on their own; for control tokens their text.
  // Empty if `id` is outside the vocabulary.
  absl::string_view TokenBytes(int32_t id) const;

  // Whether `id` is a control token. False if it is outside the vocabulary.
  bool IsSpecial(int32_t id) const;

  // The id of the token that the vocabulary spells `text` ("<|im_end|>", "\u0120the"), or -1. Of
  // several, the last.
  int32_t FindToken(absl::string_view text) const { return vocabulary_.Find(text); }

  int32_t vocab_size() const { return vocabulary_.size(); }
  bool IsValid(int32_t id) const { return vocabulary_.Contains(id); }

  // -1: the model has none.
  int32_t bos_id() const { return bos_id_; }
  int32_t eos_id() const { return eos_id_; }
  int32_t padding_id() const { return padding_id_; }

  // Whether the vocabulary has a token for `byte`; if not, Encode leaves the byte out.
  bool HasByte(unsigned char byte) const { return byte_tokens_[byte] != BpeModel::kNoToken; }

 private:
  using ByteTokens = std::array<int32_t, 256>;

  Tokenizer(const TokenizerSpec& spec, PreTokenizerKind kind, Vocabulary vocabulary,
            const ByteTokens& byte_tokens, std::vector<BpeModel::Merge> merges);
  void FillMatcher();
  void FillWords();

  // Appends to `out`; `segments` are UTF-8.
  void EncodeValid(absl::Span<const TextSegment> segments, std::vector<int32_t>* out) const;
  void EncodeOrdinary(absl::string_view text, BpeModel::Scratch* scratch,
                      std::vector<int32_t>* out) const;

  const PreTokenizerKind pre_tokenizer_kind_;
  const Vocabulary vocabulary_;
  const ByteTokens byte_tokens_;
  const BpeModel bpe_;
  const int32_t bos_id_;
  const int32_t eos_id_;
  const int32_t padding_id_;
  const bool add_bos_;
  const bool add_eos_;
  AddedTokenMatcher matcher_;

  // Every piece of text that encodes to a single token: most words of most texts. Only a short cut
  // past bpe_.
  absl::flat_hash_map<absl::string_view, int32_t> words_;
};

}  // namespace baton

#endif  // BATON_ROUTER_TOKENIZER_TOKENIZER_H_
