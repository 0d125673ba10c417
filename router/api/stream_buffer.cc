#include "router/api/stream_buffer.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "common/check.h"
#include "router/api/event_proto.h"

namespace baton {
namespace {

// About what an event takes, in memory as on the wire.
template <typename Event>
size_t BytesOf(const Event& event) {
  size_t bytes = event.text.size() + event.token_ids.size() * sizeof(int32_t);
  for (const TokenLogprobs& logprobs : event.logprobs) {
    bytes += sizeof(logprobs) + logprobs.top.size() * sizeof(TokenLogprob);
  }
  return bytes;
}

template <typename Event>
bool Continues(const Event& last, const Event& next) {
  return next.position == last.position + last.token_ids.size();
}

template <typename Event>
void Join(Event next, Event* last) {
  last->token_ids.insert(last->token_ids.end(), next.token_ids.begin(), next.token_ids.end());
  last->text += next.text;
  last->logprobs.insert(last->logprobs.end(), std::make_move_iterator(next.logprobs.begin()),
                        std::make_move_iterator(next.logprobs.end()));
}

// Whether `event` is about `choice`; the prompt is about none.
template <typename Variant>
bool IsOf(const Variant& event, uint32_t choice) {
  if (const auto* piece = std::get_if<PieceEvent>(&event)) return piece->choice == choice;
  if (const auto* end = std::get_if<ChoiceEnd>(&event)) return end->choice == choice;
  return false;
}

}  // namespace

void StreamBuffer::PutStarted(v1::GenerateStarted started) {
  started_ = std::make_unique<v1::GenerateStarted>(std::move(started));
}

bool StreamBuffer::PutPrompt(PromptEvent prompt) {
  if (!Fits(0, BytesOf(prompt))) return false;
  Put(std::move(prompt), items_.empty() ? nullptr : &items_.back());
  return true;
}

bool StreamBuffer::PutPiece(PieceEvent piece) {
  if (!Fits(piece.token_ids.size(), BytesOf(piece))) return false;
  num_tokens_ += piece.token_ids.size();
  const auto last = std::find_if(items_.rbegin(), items_.rend(), [&piece](const Item& item) {
    return IsOf(item.event, piece.choice);
  });
  Put(std::move(piece), last == items_.rend() ? nullptr : &*last);
  return true;
}

void StreamBuffer::PutChoiceEnd(ChoiceEnd end) { items_.push_back({std::move(end), 0}); }

void StreamBuffer::PutFinished(v1::GenerateFinished finished) {
  finished_ = std::make_unique<v1::GenerateFinished>(std::move(finished));
}

bool StreamBuffer::full() const {
  return num_tokens_ > limits_.high_tokens || num_bytes_ > limits_.high_bytes;
}

bool StreamBuffer::drained() const {
  return num_tokens_ <= limits_.high_tokens / 2 && num_bytes_ <= limits_.high_bytes / 2;
}

bool StreamBuffer::Fits(size_t tokens, size_t bytes) const {
  return num_tokens_ + tokens <= limits_.max_tokens && num_bytes_ + bytes <= limits_.max_bytes;
}

template <typename Event>
void StreamBuffer::Put(Event event, Item* last) {
  const size_t bytes = BytesOf(event);
  num_bytes_ += bytes;
  Event* const before = last == nullptr ? nullptr : std::get_if<Event>(&last->event);
  if (before != nullptr && Continues(*before, event) &&
      last->bytes + bytes <= limits_.max_message_bytes) {
    Join(std::move(event), before);
    last->bytes += bytes;
  } else {
    items_.push_back({std::move(event), bytes});
  }
}

v1::GenerateResponse StreamBuffer::Take() {
  BATON_CHECK(!empty());
  v1::GenerateResponse response;
  if (started_) {
    *response.mutable_started() = std::move(*started_);
    started_.reset();
    return response;
  }
  if (items_.empty()) {
    *response.mutable_finished() = std::move(*finished_);
    finished_.reset();
    return response;
  }
  Item& item = items_.front();
  num_bytes_ -= item.bytes;
  if (auto* prompt = std::get_if<PromptEvent>(&item.event)) {
    *response.mutable_prompt() = PromptProto(std::move(*prompt));
  } else if (auto* piece = std::get_if<PieceEvent>(&item.event)) {
    num_tokens_ -= piece->token_ids.size();
    *response.mutable_piece() = PieceProto(std::move(*piece));
  } else {
    *response.mutable_choice_finished() = ChoiceFinishedProto(std::get<ChoiceEnd>(item.event));
  }
  items_.pop_front();
  return response;
}

void StreamBuffer::Clear() {
  started_.reset();
  items_.clear();
  finished_.reset();
  num_tokens_ = num_bytes_ = 0;
}

}  // namespace baton
