// Turns a stream of tokens into text as it arrives, without ever showing half a character.
#ifndef BATON_ROUTER_TOKENIZER_INCREMENTAL_DECODER_H_
#define BATON_ROUTER_TOKENIZER_INCREMENTAL_DECODER_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "router/tokenizer/tokenizer.h"

namespace baton {

// All that Append and Flush return, put together, is what Python's bytes.decode("utf-8",
// errors="replace") makes of the bytes of all tokens, put together; so it does not depend on where
// the tokens' borders are. Each piece is UTF-8.
//
// For one thread at a time. It can be rebuilt by appending the same tokens again.
class IncrementalDecoder {
 public:
  // `tokenizer` must outlive this object. With `skip_special` control tokens add nothing.
  IncrementalDecoder(const Tokenizer* tokenizer, bool skip_special)
      : tokenizer_(tokenizer), skip_special_(skip_special) {}

  // The text that `id` completes, perhaps empty. At most three bytes are held back: the start of a
  // character that the next tokens may complete. Bytes that no continuation can make valid become
  // U+FFFD at once. An `id` outside the vocabulary adds nothing.
  std::string Append(int32_t id);

  // What is held back, as U+FFFD, or nothing. The decoder is then as new.
  std::string Flush();

  // How many bytes are held back.
  size_t num_pending_bytes() const { return pending_.size(); }

 private:
  const Tokenizer* tokenizer_;
  bool skip_special_;
  std::string pending_;  // at most 3 bytes
};

}  // namespace baton

#endif  // BATON_ROUTER_TOKENIZER_INCREMENTAL_DECODER_H_
