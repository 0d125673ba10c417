#include "router/api/stream_buffer.h"

#include <iterator>
#include <utility>

#include "common/check.h"
#include "router/api/event_proto.h"

namespace baton {
namespace {

// About what a piece takes, in memory as on the wire.
size_t BytesOf(const PieceEvent& piece) {
  size_t bytes = piece.text.size() + piece.token_ids.size() * sizeof(int32_t);
  for (const PieceEvent::Logprobs& logprobs : piece.logprobs) {
    bytes += sizeof(logprobs) + logprobs.top.size() * sizeof(TokenLogprob);
  }
  return bytes;
}

bool Continues(const PieceEvent& last, const PieceEvent& next) {
  return next.position == last.position + last.token_ids.size();
}

void Join(PieceEvent next, PieceEvent* last) {
  last->token_ids.insert(last->token_ids.end(), next.token_ids.begin(), next.token_ids.end());
  last->text += next.text;
  last->logprobs.insert(last->logprobs.end(), std::make_move_iterator(next.logprobs.begin()),
                        std::make_move_iterator(next.logprobs.end()));
}

}  // namespace

bool StreamBuffer::PutPiece(PieceEvent piece) {
  const size_t tokens = piece.token_ids.size();
  const size_t bytes = BytesOf(piece);
  if (num_tokens_ + tokens > limits_.max_tokens || num_bytes_ + bytes > limits_.max_bytes) {
    return false;
  }
  num_tokens_ += tokens;
  num_bytes_ += bytes;
  if (!pieces_.empty() && Continues(pieces_.back().piece, piece) &&
      pieces_.back().bytes + bytes <= limits_.max_message_bytes) {
    Join(std::move(piece), &pieces_.back().piece);
    pieces_.back().bytes += bytes;
  } else {
    pieces_.push_back({std::move(piece), bytes});
  }
  return true;
}

v1::GenerateResponse StreamBuffer::Take() {
  BATON_CHECK(!empty());
  v1::GenerateResponse response;
  if (started_) {
    *response.mutable_started() = *std::move(started_);
    started_.reset();
  } else if (!pieces_.empty()) {
    num_tokens_ -= pieces_.front().piece.token_ids.size();
    num_bytes_ -= pieces_.front().bytes;
    *response.mutable_piece() = PieceProto(std::move(pieces_.front().piece));
    pieces_.pop_front();
  } else {
    *response.mutable_finished() = *std::move(finished_);
    finished_.reset();
  }
  return response;
}

void StreamBuffer::Clear() {
  started_.reset();
  pieces_.clear();
  finished_.reset();
  num_tokens_ = num_bytes_ = 0;
}

}  // namespace baton
