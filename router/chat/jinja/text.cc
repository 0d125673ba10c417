#include "router/chat/jinja/text.h"

#include <algorithm>

namespace baton {
namespace jinja {

size_t Text::RunAt(size_t pos) const {
  return std::upper_bound(runs_.begin(), runs_.end(), pos,
                          [](size_t p, const Run& run) { return p < run.end; }) -
         runs_.begin();
}

bool Text::IsTrusted(size_t begin, size_t end) const {
  if (begin == end) return true;
  if (runs_.empty()) return trusted_;
  const Run& run = runs_[RunAt(begin)];
  return run.trusted && end <= run.end;  // runs alternate: a longer stretch holds an untrusted one
}

Text Text::Substr(size_t begin, size_t end) const {
  TextBuilder builder;
  builder.Append(*this, begin, end);
  return builder.Build();
}

std::vector<Text::Run> Text::runs() const {
  if (!runs_.empty() || empty()) return runs_;
  return {{size(), trusted_}};
}

void TextBuilder::Append(absl::string_view bytes, bool trusted) {
  if (bytes.empty()) return;
  Text& t = text_;
  const size_t before = t.bytes_.size();
  t.bytes_.append(bytes.data(), bytes.size());
  if (before == 0) {
    t.trusted_ = trusted;
    return;
  }
  if (t.runs_.empty()) {
    if (t.trusted_ == trusted) return;
    t.runs_.push_back({before, t.trusted_});
  }
  if (t.runs_.back().trusted == trusted) {
    t.runs_.back().end = t.bytes_.size();
  } else {
    t.runs_.push_back({t.bytes_.size(), trusted});
  }
}

void TextBuilder::Append(const Text& text, size_t begin, size_t end) {
  if (text.runs_.empty()) return Append(text.bytes().substr(begin, end - begin), text.trusted_);
  for (size_t i = text.RunAt(begin); begin < end; ++i) {
    const size_t stop = std::min(end, text.runs_[i].end);
    Append(text.bytes().substr(begin, stop - begin), text.runs_[i].trusted);
    begin = stop;
  }
}

}  // namespace jinja
}  // namespace baton
