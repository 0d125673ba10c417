// Pre-tokenisation: cuts text into the pieces inside which byte pairs may merge.
//
// kGpt2 is the expression GPT-2's encoder.py applies, leftmost first:
//     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// kSmolLm first makes every number character a piece of its own, and applies the expression to what
// lies between two of them as if there were nothing else: the look-ahead does not see the number,
// so the spaces before it stay together. (Hugging Face: Digits(individual_digits=True), then
// ByteLevel(add_prefix_space=False, use_regex=True).)
//
// The scanner is written by hand: one pass, no back-tracking beyond one character.
#ifndef BATON_ROUTER_TOKENIZER_PRE_TOKENIZER_H_
#define BATON_ROUTER_TOKENIZER_PRE_TOKENIZER_H_

#include <cstddef>

#include "absl/strings/string_view.h"
#include "router/tokenizer/unicode_class.h"

namespace baton {

enum class PreTokenizerKind { kGpt2, kSmolLm };

// Walks over the pieces of one text. Their concatenation is the text.
class PreTokenizer {
 public:
  // `text` must be well-formed UTF-8 and outlive this object.
  PreTokenizer(PreTokenizerKind kind, absl::string_view text)
      : split_numbers_(kind == PreTokenizerKind::kSmolLm), text_(text) {}

  // Sets `piece` to the next piece, never empty, and returns true; false at the end of the text.
  bool Next(absl::string_view* piece);

 private:
  struct Character {
    CharClass cls;  // as the expression sees it
    bool alone;     // a piece of its own, and the end of the text for its neighbours
    size_t end;     // offset of the next character
  };

  Character At(size_t pos) const;  // pos < text_.size()
  bool EndsAt(size_t pos) const { return pos == text_.size() || At(pos).alone; }
  size_t FindEnd() const;         // of the piece that starts at pos_
  size_t ContractionEnd() const;  // of the contraction at pos_, or pos_
  size_t RunEnd(size_t pos, CharClass cls) const;
  size_t SpaceEnd() const;

  const bool split_numbers_;
  const absl::string_view text_;
  size_t pos_ = 0;
};

}  // namespace baton

#endif  // BATON_ROUTER_TOKENIZER_PRE_TOKENIZER_H_
