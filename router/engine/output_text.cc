#include "router/engine/output_text.h"

#include <algorithm>
#include <utility>

namespace baton {

absl::optional<size_t> OutputText::Append(int32_t token, bool hidden,
                                          PieceEvent::Logprobs logprobs) {
  const size_t before = text_.size();
  if (!hidden) text_ += decoder_.Append(token);
  pending_.push_back({token, std::move(logprobs), text_.size(), decoder_.num_pending_bytes() == 0});
  if (++num_tokens_ <= options_.min_tokens) return absl::nullopt;
  const std::vector<std::string>& stops = options_.stop_strings;
  // The earliest stop string that ends in the new text; among those that begin together, the first
  // given.
  size_t found_at = std::string::npos, found = 0;
  for (size_t i = 0; i < stops.size(); ++i) {
    const size_t from = before >= stops[i].size() ? before - stops[i].size() + 1 : 0;
    const size_t at = text_.find(stops[i], from);
    if (at < found_at) found_at = at, found = i;
  }
  if (found_at == std::string::npos) return absl::nullopt;
  text_.resize(found_at + (options_.include_stop ? stops[found].size() : 0));
  stopped_ = true;
  return found;
}

size_t OutputText::SafeLength() const {
  size_t safe = text_.size();
  for (const std::string& stop : options_.stop_strings) {
    // The longest end of the text that begins the stop string.
    for (size_t n = std::min(stop.size() - 1, text_.size()); n > 0; --n) {
      if (text_.compare(text_.size() - n, n, stop, 0, n) == 0) {
        safe = std::min(safe, text_.size() - n);
        break;
      }
    }
  }
  return safe;
}

absl::optional<PieceEvent> OutputText::Take(bool end) {
  if (end && !stopped_) text_ += decoder_.Flush();
  size_t count = pending_.size(), length = text_.size();
  if (!end) {
    const size_t safe = SafeLength();
    count = 0;
    for (size_t i = 0; i < pending_.size() && pending_[i].end <= safe; ++i) {
      if (pending_[i].is_boundary) count = i + 1;
    }
    if (count == 0) return absl::nullopt;
    length = pending_[count - 1].end;
  }
  if (count == 0 && length == 0) return absl::nullopt;
  PieceEvent piece;
  piece.position = sent_tokens_;
  piece.text = text_.substr(0, length);
  text_.erase(0, length);
  for (size_t i = 0; i < count; ++i) {
    piece.token_ids.push_back(pending_[i].token);
    if (options_.want_logprobs) piece.logprobs.push_back(std::move(pending_[i].logprobs));
  }
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(count));
  for (Pending& p : pending_) p.end -= length;
  sent_tokens_ += static_cast<uint32_t>(count);
  return piece;
}

}  // namespace baton
