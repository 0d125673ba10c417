#include "router/tokenizer/incremental_decoder.h"

#include "absl/strings/string_view.h"
#include "router/tokenizer/utf8.h"

namespace baton {

std::string IncrementalDecoder::Append(int32_t id) {
  std::string text;
  if (skip_special_ && tokenizer_->IsSpecial(id)) return text;
  const absl::string_view bytes = tokenizer_->TokenBytes(id);
  pending_.append(bytes.data(), bytes.size());
  const size_t num_left = AppendValidUtf8(pending_, &text);
  pending_.erase(0, pending_.size() - num_left);
  return text;
}

std::string IncrementalDecoder::Flush() {
  const absl::string_view text = pending_.empty() ? absl::string_view() : kReplacementCharacter;
  pending_.clear();
  return std::string(text);
}

}  // namespace baton
