// What a stream has yet to send: bounded, and merged into few, full messages. While one write is in
// flight the pieces that arrive join into one, so a client that reads slowly gets fewer messages,
// never more memory.
#ifndef BATON_ROUTER_API_STREAM_BUFFER_H_
#define BATON_ROUTER_API_STREAM_BUFFER_H_

#include <cstddef>
#include <deque>
#include <utility>

#include "absl/types/optional.h"
#include "baton/v1/inference.pb.h"
#include "router/engine/request.h"

namespace baton {

// Not thread-safe. Hands out the started message, then the pieces, then the finished message,
// whatever of them is there.
class StreamBuffer {
 public:
  struct Limits {
    size_t max_tokens = 65536;    // not sent yet; more end the stream
    size_t max_bytes = 4u << 20;  // the same, in bytes of text, ids and log probabilities
    size_t max_message_bytes =
        256u << 10;  // pieces join up to this size, so no client's limit on messages is hit
  };

  explicit StreamBuffer(const Limits& limits) : limits_(limits) {}

  void PutStarted(v1::GenerateStarted started) { started_ = std::move(started); }
  // Joins the piece to the last one where it continues it. False: a limit would be broken, and the
  // piece was not taken.
  bool PutPiece(PieceEvent piece);
  void PutFinished(v1::GenerateFinished finished) { finished_ = std::move(finished); }

  bool empty() const { return !started_ && pieces_.empty() && !finished_; }
  size_t num_tokens() const { return num_tokens_; }
  size_t num_bytes() const { return num_bytes_; }

  // The next message to send. The buffer must not be empty.
  v1::GenerateResponse Take();
  void Clear();

 private:
  struct Pending {
    PieceEvent piece;
    size_t bytes;
  };

  const Limits limits_;
  absl::optional<v1::GenerateStarted> started_;
  std::deque<Pending> pieces_;
  absl::optional<v1::GenerateFinished> finished_;
  size_t num_tokens_ = 0;  // in pieces_
  size_t num_bytes_ = 0;   // in pieces_
};

}  // namespace baton

#endif  // BATON_ROUTER_API_STREAM_BUFFER_H_
