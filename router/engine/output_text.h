// From committed tokens to what a client is sent: tokens, and exactly their text. Finds stop
// strings on the way.
#ifndef BATON_ROUTER_ENGINE_OUTPUT_TEXT_H_
#define BATON_ROUTER_ENGINE_OUTPUT_TEXT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "router/engine/request.h"
#include "router/tokenizer/incremental_decoder.h"
#include "router/tokenizer/tokenizer.h"

namespace baton {

struct OutputTextOptions {
  std::vector<std::string> stop_strings;
  bool include_stop = false;  // the stop string that was found is part of the text
  uint32_t min_tokens = 0;    // no stop string is looked for in the text of the first so many
  bool want_logprobs = false;
};

// For one sequence and one thread. A pure function of the tokens: it can be rebuilt from a journal.
class OutputText {
 public:
  // `tokenizer` must outlive this.
  OutputText(const Tokenizer* tokenizer, OutputTextOptions options)
      : decoder_(tokenizer, /*skip_special=*/true), options_(std::move(options)) {}

  // Appends a token; `hidden` ones have no text (those that end generation). Returns the index of
  // the stop string that its text completed; what follows that string, or its beginning unless it
  // is to be included, is then dropped.
  absl::optional<size_t> Append(int32_t token, bool hidden, PieceEvent::Logprobs logprobs);

  // Takes what may be sent: tokens whose characters are whole and whose text cannot be the
  // beginning of a stop string; at the end, or after a stop string, everything. Nothing when
  // position and tokens and text are all empty.
  absl::optional<PieceEvent> Take(bool end);

 private:
  struct Pending {
    int32_t token;
    PieceEvent::Logprobs logprobs;
    size_t end;        // of its text, in `text_`
    bool is_boundary;  // no character is open after it
  };

  // How much of `text_` cannot be the beginning of a stop string.
  size_t SafeLength() const;

  IncrementalDecoder decoder_;
  const OutputTextOptions options_;
  uint32_t num_tokens_ = 0;
  std::string text_;  // decoded and not yet sent
  std::vector<Pending> pending_;
  uint32_t sent_tokens_ = 0;
  bool stopped_ = false;
};

}  // namespace baton

#endif  // BATON_ROUTER_ENGINE_OUTPUT_TEXT_H_
