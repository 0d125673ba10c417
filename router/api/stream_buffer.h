// What a stream has yet to send: bounded, and merged into few, full messages. While one write is in
// flight the pieces that arrive join into one, so a client that reads slowly gets fewer messages,
// never more memory.
#ifndef BATON_ROUTER_API_STREAM_BUFFER_H_
#define BATON_ROUTER_API_STREAM_BUFFER_H_

#include <cstddef>
#include <list>
#include <memory>
#include <utility>
#include <variant>

#include "baton/v1/inference.pb.h"
#include "router/engine/request.h"

namespace baton {

// Not thread-safe. Hands out the started message, then the prompt, then the pieces and the ends of
// choices, then the finished message, whatever of them is there. The messages of one choice keep
// their order; a piece may overtake those of other choices to join one of its own. Holds little
// more than itself while it is empty.
class StreamBuffer {
 public:
  struct Limits {
    // Above either of these a stream is full and its request should pause; it is drained again when
    // no more than half of both is left.
    size_t high_tokens = 1024;      // of the output, not sent yet
    size_t high_bytes = 64u << 10;  // of text, ids and log probabilities, the prompt's included
    // The same that end the stream, for what comes although it is full.
    size_t max_tokens = 65536;
    size_t max_bytes = 4u << 20;
    // Pieces join up to this size.
    size_t max_message_bytes = 256u << 10;
  };

  explicit StreamBuffer(const Limits& limits) : limits_(limits) {}

  void PutStarted(v1::GenerateStarted started);
  // Both join what they are given to the last of its kind (and choice) where it continues that.
  // False: a limit would be broken, and it was not taken.
  bool PutPrompt(PromptEvent prompt);
  bool PutPiece(PieceEvent piece);
  void PutChoiceEnd(ChoiceEnd end);
  void PutFinished(v1::GenerateFinished finished);

  bool empty() const { return !started_ && items_.empty() && !finished_; }
  bool full() const;
  bool drained() const;
  size_t num_tokens() const { return num_tokens_; }
  size_t num_bytes() const { return num_bytes_; }

  // The next message to send. The buffer must not be empty.
  v1::GenerateResponse Take();
  void Clear();

 private:
  struct Item {
    std::variant<PromptEvent, PieceEvent, ChoiceEnd> event;
    size_t bytes;
  };

  // Whether `tokens` and `bytes` more may be held.
  bool Fits(size_t tokens, size_t bytes) const;
  // Joins `event` to `last`, if that is not null and it continues it, or else appends it.
  template <typename Event>
  void Put(Event event, Item* last);

  const Limits limits_;
  std::unique_ptr<v1::GenerateStarted> started_;
  std::list<Item> items_;  // short: a few of each choice
  std::unique_ptr<v1::GenerateFinished> finished_;
  size_t num_tokens_ = 0;  // in pieces
  size_t num_bytes_ = 0;   // in prompt and pieces
};

}  // namespace baton

#endif  // BATON_ROUTER_API_STREAM_BUFFER_H_
