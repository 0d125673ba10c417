#include "router/tokenizer/tokenizer.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "router/tokenizer/byte_alphabet.h"
#include "router/tokenizer/utf8.h"

namespace baton {
namespace {

// Part of a file, fit for one line of an error message.
std::string Quote(absl::string_view text) {
  constexpr size_t kMaxQuoted = 64;
  return absl::StrCat("\"", absl::Utf8SafeCHexEscape(text.substr(0, kMaxQuoted)),
                      text.size() > kMaxQuoted ? "...\"" : "\"");
}

absl::StatusOr<PreTokenizerKind> PreTokenizerKindOf(const TokenizerSpec& spec) {
  if (spec.model != "gpt2") {
    return absl::UnimplementedError(absl::StrCat("tokenizer.ggml.model: ", Quote(spec.model),
                                                 " is not supported, only \"gpt2\" is"));
  }
  if (spec.add_space_prefix) {
    return absl::UnimplementedError(
        "tokenizer.ggml.add_space_prefix: true is not supported for model \"gpt2\"");
  }
  if (spec.pre == "smollm") return PreTokenizerKind::kSmolLm;
  if (spec.pre == "gpt-2") return PreTokenizerKind::kGpt2;
  return absl::UnimplementedError(
      absl::StrCat("tokenizer.ggml.pre: ", Quote(spec.pre),
                   " is not supported, only \"smollm\" and \"gpt-2\" are"));
}

absl::Status CheckSpecialIds(const TokenizerSpec& spec, const Vocabulary& vocabulary) {
  const std::pair<const char*, int32_t> ids[] = {{"bos", spec.bos_id},
                                                 {"eos", spec.eos_id},
                                                 {"unknown", spec.unknown_id},
                                                 {"padding", spec.padding_id}};
  for (const auto& [name, id] : ids) {
    if (id == -1 || vocabulary.Contains(id)) continue;
    return absl::InvalidArgumentError(absl::StrCat("tokenizer.ggml.", name, "_token_id: ", id,
                                                   " is outside the vocabulary of ",
                                                   vocabulary.size(), " tokens"));
  }
  if (spec.add_bos && spec.bos_id == -1) {
    return absl::InvalidArgumentError(
        "tokenizer.ggml.add_bos_token is true, but there is no tokenizer.ggml.bos_token_id");
  }
  if (spec.add_eos && spec.eos_id == -1) {
    return absl::InvalidArgumentError(
        "tokenizer.ggml.add_eos_token is true, but there is no tokenizer.ggml.eos_token_id");
  }
  return absl::OkStatus();
}

// The token of each byte. Real vocabularies lack some bytes, but none lacks printable ASCII.
absl::StatusOr<std::array<int32_t, 256>> FindByteTokens(const Vocabulary& vocabulary) {
  std::array<int32_t, 256> tokens;
  for (int byte = 0; byte < 256; ++byte) {
    const std::string spelling = SpellByte(static_cast<unsigned char>(byte));
    int32_t id = vocabulary.Find(spelling);
    if (id >= 0 && vocabulary.IsLiteral(id) && vocabulary.Bytes(id) != std::string(1, byte))
      id = -1;
    if (id >= 0 && vocabulary.Type(id) == kTokenControl) id = -1;
    if (id < 0 && byte >= ' ' && byte <= '~') {
      return absl::InvalidArgumentError(
          absl::StrCat("tokenizer.ggml.tokens: no ordinary token ", Quote(spelling), " for byte ",
                       byte, ", expected one for each printable ASCII character"));
    }
    tokens[byte] = id < 0 ? BpeModel::kNoToken : id;
  }
  return tokens;
}

absl::Status BadMerge(size_t rank, absl::string_view merge, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("tokenizer.ggml.merges[", rank, "]: ", Quote(merge), ": ", what));
}

absl::StatusOr<BpeModel::Merge> ReadMerge(const Vocabulary& vocabulary, size_t rank,
                                          absl::string_view merge) {
  const size_t space = merge.find(' ');
  if (space == absl::string_view::npos || space == 0 || space + 1 == merge.size() ||
      merge.find(' ', space + 1) != absl::string_view::npos) {
    return BadMerge(rank, merge, "expected two tokens with one space between them");
  }
  const absl::string_view left = merge.substr(0, space);
  const absl::string_view right = merge.substr(space + 1);
  const std::string result = absl::StrCat(left, right);
  for (absl::string_view part : {left, right, absl::string_view(result)}) {
    const int32_t id = vocabulary.Find(part);
    if (id < 0) return BadMerge(rank, merge, absl::StrCat("no token ", Quote(part)));
    if (vocabulary.Type(id) == kTokenControl) {
      return BadMerge(rank, merge, absl::StrCat(Quote(part), " is a control token"));
    }
  }
  const BpeModel::Merge ids = {vocabulary.Find(left), vocabulary.Find(right),
                               vocabulary.Find(result)};
  if (vocabulary.Bytes(ids.result) !=
      absl::StrCat(vocabulary.Bytes(ids.left), vocabulary.Bytes(ids.right))) {
    return BadMerge(rank, merge, "the result does not spell the bytes of its parts");
  }
  return ids;
}

absl::StatusOr<std::vector<BpeModel::Merge>> ReadMerges(const Vocabulary& vocabulary,
                                                        const std::vector<std::string>& merges) {
  std::vector<BpeModel::Merge> result;
  result.reserve(merges.size());
  for (size_t rank = 0; rank < merges.size(); ++rank) {
    ASSIGN_OR_RETURN(const BpeModel::Merge merge, ReadMerge(vocabulary, rank, merges[rank]));
    result.push_back(merge);
  }
  return result;
}

absl::Status CheckText(absl::string_view text) {
  if (text.size() > Tokenizer::kMaxTextBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a text of ", text.size(), " bytes, expected at most ", Tokenizer::kMaxTextBytes));
  }
  const size_t bad = FindInvalidUtf8(text);
  if (bad == absl::string_view::npos) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("invalid UTF-8 at byte offset ", bad));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Tokenizer>> Tokenizer::Create(TokenizerSpec spec) {
  ASSIGN_OR_RETURN(const PreTokenizerKind kind, PreTokenizerKindOf(spec));
  ASSIGN_OR_RETURN(Vocabulary vocabulary,
                   Vocabulary::Create(std::move(spec.tokens), std::move(spec.token_types)));
  RETURN_IF_ERROR(CheckSpecialIds(spec, vocabulary));
  ASSIGN_OR_RETURN(const ByteTokens byte_tokens, FindByteTokens(vocabulary));
  ASSIGN_OR_RETURN(std::vector<BpeModel::Merge> merges, ReadMerges(vocabulary, spec.merges));
  return std::unique_ptr<Tokenizer>(
      new Tokenizer(spec, kind, std::move(vocabulary), byte_tokens, std::move(merges)));
}

Tokenizer::Tokenizer(const TokenizerSpec& spec, PreTokenizerKind kind, Vocabulary vocabulary,
                     const ByteTokens& byte_tokens, std::vector<BpeModel::Merge> merges)
    : pre_tokenizer_kind_(kind),
      vocabulary_(std::move(vocabulary)),
      byte_tokens_(byte_tokens),
      bpe_(byte_tokens, std::move(merges)),
      bos_id_(spec.bos_id),
      eos_id_(spec.eos_id),
      padding_id_(spec.padding_id),
      add_bos_(spec.add_bos),
      add_eos_(spec.add_eos) {
  FillMatcher();
  FillWords();
}

void Tokenizer::FillMatcher() {
  for (int32_t id = 0; id < vocab_size(); ++id) {
    const absl::string_view text = vocabulary_.Text(id);
    if (!vocabulary_.IsLiteral(id) || text.empty() || vocabulary_.Find(text) != id) continue;
    matcher_.Add(text, id, IsSpecial(id));
  }
}

void Tokenizer::FillWords() {
  BpeModel::Scratch scratch;
  std::vector<int32_t> ids;
  for (int32_t id = 0; id < vocab_size(); ++id) {
    ids.clear();
    bpe_.Encode(vocabulary_.Bytes(id), &scratch, &ids);
    if (ids.size() == 1 && ids[0] == id) words_[vocabulary_.Bytes(id)] = id;
  }
}

absl::Status Tokenizer::Encode(absl::string_view text, const EncodeOptions& options,
                               std::vector<int32_t>* out) const {
  out->clear();
  RETURN_IF_ERROR(CheckText(text));
  if (options.add_special && add_bos_) out->push_back(bos_id_);
  EncodeValid({{text, options.parse_special}}, out);
  if (options.add_special && add_eos_) out->push_back(eos_id_);
  return absl::OkStatus();
}

absl::Status Tokenizer::EncodeSegments(absl::Span<const TextSegment> segments,
                                       std::vector<int32_t>* out) const {
  out->clear();
  size_t size = 0;
  for (size_t i = 0; i < segments.size(); ++i) {
    const absl::Status status = CheckText(segments[i].text);
    if (!status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("segment ", i, ": ", status.message()));
    }
    size += segments[i].text.size();
    if (size > kMaxTextBytes) {
      return absl::InvalidArgumentError(absl::StrCat("segments 0 to ", i, " have ", size,
                                                     " bytes, expected at most ", kMaxTextBytes));
    }
  }
  EncodeValid(segments, out);
  return absl::OkStatus();
}

void Tokenizer::EncodeValid(absl::Span<const TextSegment> segments,
                            std::vector<int32_t>* out) const {
  struct Run {  // of segments with the same flag
    size_t end;
    bool parse_special;
  };
  std::vector<Run> runs;
  std::string joined;
  for (const TextSegment& segment : segments) {
    if (segments.size() > 1) joined.append(segment.text.data(), segment.text.size());
    const size_t end = (runs.empty() ? 0 : runs.back().end) + segment.text.size();
    if (!runs.empty() && runs.back().parse_special == segment.parse_special) {
      runs.back().end = end;
    } else {
      runs.push_back({end, segment.parse_special});
    }
  }
  const absl::string_view text = segments.size() == 1 ? segments[0].text : joined;

  BpeModel::Scratch scratch;
  size_t ordinary_begin = 0;
  size_t pos = 0;
  for (const Run& run : runs) {
    const size_t control_end = run.parse_special ? run.end : 0;
    const bool may_match =
        matcher_.has_user_defined() || (run.parse_special && matcher_.has_control());
    if (!may_match) pos = run.end;
    while (pos < run.end) {
      AddedTokenMatcher::Match match;
      if (matcher_.MayStartWith(text[pos])) match = matcher_.LongestAt(text, pos, control_end);
      if (match.size == 0) {
        ++pos;
        continue;
      }
      EncodeOrdinary(text.substr(ordinary_begin, pos - ordinary_begin), &scratch, out);
      out->push_back(match.id);
      pos += match.size;
      ordinary_begin = pos;
    }
  }
  EncodeOrdinary(text.substr(ordinary_begin), &scratch, out);
}

void Tokenizer::EncodeOrdinary(absl::string_view text, BpeModel::Scratch* scratch,
                               std::vector<int32_t>* out) const {
  PreTokenizer pre_tokenizer(pre_tokenizer_kind_, text);
  for (absl::string_view piece; pre_tokenizer.Next(&piece);) {
    const auto word = words_.find(piece);
    if (word != words_.end()) {
      out->push_back(word->second);
    } else {
      bpe_.Encode(piece, scratch, out);
    }
  }
}

absl::StatusOr<std::string> Tokenizer::Decode(absl::Span<const int32_t> ids,
                                              bool skip_special) const {
  std::string bytes;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (!IsValid(ids[i])) {
      return absl::InvalidArgumentError(absl::StrCat("token id ", ids[i], " at index ", i,
                                                     " is outside the vocabulary of ", vocab_size(),
                                                     " tokens"));
    }
    if (skip_special && IsSpecial(ids[i])) continue;
    const absl::string_view token = TokenBytes(ids[i]);
    bytes.append(token.data(), token.size());
  }
  std::string text;
  if (AppendValidUtf8(bytes, &text) > 0) text.append(kReplacementCharacter.data(), 3);
  return text;
}

absl::string_view Tokenizer::TokenBytes(int32_t id) const {
  return IsValid(id) ? vocabulary_.Bytes(id) : absl::string_view();
}

bool Tokenizer::IsSpecial(int32_t id) const {
  return IsValid(id) && vocabulary_.Type(id) == kTokenControl;
}

}  // namespace baton
