#include "router/tokenizer/pre_tokenizer.h"

#include "absl/strings/match.h"
#include "router/tokenizer/utf8.h"

namespace baton {

PreTokenizer::Character PreTokenizer::At(size_t pos) const {
  const Utf8Unit unit = ReadUtf8(text_.substr(pos));
  CharClass cls = ClassOf(unit.code_point);
  const bool alone = split_numbers_ && (cls == CharClass::kNumber || cls == CharClass::kNewNumber);
  if (cls == CharClass::kNewNumber) cls = CharClass::kOther;  // the expression's tables are older
  return {cls, alone, pos + unit.size};
}

bool PreTokenizer::Next(absl::string_view* piece) {
  if (pos_ == text_.size()) return false;
  const size_t end = FindEnd();
  *piece = text_.substr(pos_, end - pos_);
  pos_ = end;
  return true;
}

size_t PreTokenizer::FindEnd() const {
  const size_t contraction_end = ContractionEnd();
  if (contraction_end != pos_) return contraction_end;
  const Character first = At(pos_);
  if (first.alone) return first.end;
  if (first.cls != CharClass::kSpace) return RunEnd(first.end, first.cls);
  if (text_[pos_] == ' ' && !EndsAt(first.end)) {
    const Character second = At(first.end);
    if (second.cls != CharClass::kSpace) return RunEnd(second.end, second.cls);
  }
  return SpaceEnd();
}

size_t PreTokenizer::ContractionEnd() const {
  if (text_[pos_] != '\'') return pos_;
  for (absl::string_view tail : {"s", "t", "re", "ve", "m", "ll", "d"}) {
    if (absl::StartsWith(text_.substr(pos_ + 1), tail)) return pos_ + 1 + tail.size();
  }
  return pos_;
}

size_t PreTokenizer::RunEnd(size_t pos, CharClass cls) const {
  while (pos < text_.size()) {
    const Character c = At(pos);
    if (c.alone || c.cls != cls) break;
    pos = c.end;
  }
  return pos;
}

// A run of white space before a word leaves its last character to the word; before the end of the
// text it does not.
size_t PreTokenizer::SpaceEnd() const {
  size_t last = pos_;
  size_t end = At(pos_).end;
  while (!EndsAt(end)) {
    const Character c = At(end);
    if (c.cls != CharClass::kSpace) return last == pos_ ? end : last;
    last = end;
    end = c.end;
  }
  return end;
}

}  // namespace baton
