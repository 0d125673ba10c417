// Text that remembers where its bytes came from: each run of bytes is trusted (written by the
// template's author, or one of the model's own token texts) or not (supplied by a client). The
// tokenizer may parse special tokens only inside trusted runs, so a client can never write one.
#ifndef BATON_ROUTER_CHAT_JINJA_TEXT_H_
#define BATON_ROUTER_CHAT_JINJA_TEXT_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace baton {
namespace jinja {

// Immutable once built; a value type. Offsets are bytes.
class Text {
 public:
  struct Run {
    size_t end;  // one past the run's last byte
    bool trusted;
  };

  Text() = default;
  Text(std::string bytes, bool trusted) : bytes_(std::move(bytes)), trusted_(trusted) {}

  absl::string_view bytes() const { return bytes_; }
  size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }

  // True when every byte is; an empty text is trusted.
  bool IsTrusted() const { return IsTrusted(0, size()); }
  bool IsTrusted(size_t begin, size_t end) const;

  // The bytes [begin, end) with their provenance. begin <= end <= size().
  Text Substr(size_t begin, size_t end) const;
  // The whole text as adjacent runs of alternating trust; none when empty.
  std::vector<Run> runs() const;

 private:
  friend class TextBuilder;
  size_t RunAt(size_t pos) const;  // index in runs_ of the run that holds byte `pos`

  std::string bytes_;
  bool trusted_ = true;    // of every byte, when runs_ is empty
  std::vector<Run> runs_;  // empty, or at least two
};

// Appends pieces into a Text.
class TextBuilder {
 public:
  void Append(absl::string_view bytes, bool trusted);
  void Append(const Text& text) { Append(text, 0, text.size()); }
  void Append(const Text& text, size_t begin, size_t end);

  size_t size() const { return text_.size(); }
  Text Build() { return std::move(text_); }

 private:
  Text text_;
};

}  // namespace jinja
}  // namespace baton

#endif  // BATON_ROUTER_CHAT_JINJA_TEXT_H_
