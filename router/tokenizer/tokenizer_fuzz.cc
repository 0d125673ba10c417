// libFuzzer: what a tokenizer promises for any text and any ids. Build with `bazel build
// --config=clang
// //router/tokenizer:tokenizer_fuzz` and run it with a time limit, e.g. -max_total_time=60.
//
// Byte 0 of the input picks the mode; the rest is a text, a text in two segments, token ids or a
// damaged specification.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/check.h"
#include "router/tokenizer/incremental_decoder.h"
#include "router/tokenizer/test_vocabulary.h"
#include "router/tokenizer/tokenizer.h"
#include "router/tokenizer/utf8.h"

namespace baton {
namespace {

const Tokenizer& SharedTokenizer() {
  static const Tokenizer* const tokenizer = Tokenizer::Create(TestVocabulary())->release();
  return *tokenizer;
}

std::string DecodeInSteps(const Tokenizer& tokenizer, const std::vector<int32_t>& ids) {
  IncrementalDecoder decoder(&tokenizer, /*skip_special=*/false);
  std::string text;
  for (const int32_t id : ids) {
    const std::string piece = decoder.Append(id);
    BATON_CHECK(FindInvalidUtf8(piece) == absl::string_view::npos);
    BATON_CHECK(decoder.num_pending_bytes() <= 3);
    text += piece;
  }
  return text + decoder.Flush();
}

void CheckText(absl::string_view text, bool parse_special) {
  std::vector<int32_t> ids;
  const bool ok = SharedTokenizer().Encode(text, {parse_special, false}, &ids).ok();
  BATON_CHECK(ok == (FindInvalidUtf8(text) == absl::string_view::npos));
  if (!ok) return;
  BATON_CHECK(*SharedTokenizer().Decode(ids, /*skip_special=*/false) == text);
  BATON_CHECK(DecodeInSteps(SharedTokenizer(), ids) == text);
  for (const int32_t id : ids) BATON_CHECK(parse_special || !SharedTokenizer().IsSpecial(id));
}

// The second half is the user's: no control token may come out of it.
void CheckSegments(absl::string_view text) {
  const absl::string_view ours = text.substr(0, text.size() / 2);
  const absl::string_view theirs = text.substr(ours.size());
  std::vector<int32_t> ids;
  if (!SharedTokenizer().EncodeSegments({{ours, true}, {theirs, false}}, &ids).ok()) return;
  BATON_CHECK(*SharedTokenizer().Decode(ids, /*skip_special=*/false) == text);
  size_t num_bytes = 0;
  for (const int32_t id : ids) {
    num_bytes += SharedTokenizer().TokenBytes(id).size();
    BATON_CHECK(!SharedTokenizer().IsSpecial(id) || num_bytes <= ours.size());
  }
}

void CheckIds(absl::string_view bytes) {
  std::vector<int32_t> ids;
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) {
    ids.push_back(static_cast<unsigned char>(bytes[i]) | (bytes[i + 1] & 1) << 8);
  }
  const auto text = SharedTokenizer().Decode(ids, /*skip_special=*/false);
  if (text.ok()) BATON_CHECK(DecodeInSteps(SharedTokenizer(), ids) == *text);
}

// Damages `spec` in the way that four bytes say.
void Damage(const unsigned char* bytes, TokenizerSpec* spec) {
  const auto any_token = [&](size_t n) -> std::string& {
    return spec->tokens[n % spec->tokens.size()];
  };
  std::string& token = any_token(bytes[1] | (bytes[0] >> 7) << 8);
  std::string& merge = spec->merges[bytes[1] % spec->merges.size()];
  const char letter = static_cast<char>(bytes[3]);
  switch (bytes[0] % 8) {
    case 0:
      token += letter;
      break;
    case 1:
      token = any_token(bytes[2]);
      break;
    case 2:
      token.resize(bytes[2] % 4, letter);
      break;
    case 3:
      spec->token_types[bytes[1] % spec->token_types.size()] = bytes[2] % 8;
      break;
    case 4:
      merge += letter;
      break;
    case 5:
      merge = any_token(bytes[2]) + ' ' + any_token(bytes[3]);
      break;
    case 6:
      spec->eos_id = bytes[2] * 2 - 4;
      break;
    default:
      spec->tokens.push_back(any_token(bytes[2]) + any_token(bytes[3]));
      spec->token_types.push_back(bytes[1] % 8);
  }
}

void CheckSpec(absl::string_view bytes) {
  TokenizerSpec spec = TestVocabulary();
  for (; bytes.size() >= 4; bytes.remove_prefix(4)) {
    Damage(reinterpret_cast<const unsigned char*>(bytes.data()), &spec);
  }
  const auto tokenizer = Tokenizer::Create(spec);
  if (!tokenizer.ok()) return;
  std::vector<int32_t> ids;
  const std::string text = "the <|end|> abab 12 \u00e9<tab>";
  BATON_CHECK((*tokenizer)->Encode(text, {true, true}, &ids).ok());
  BATON_CHECK((*tokenizer)->Decode(ids, false).ok());
}

}  // namespace
}  // namespace baton

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const absl::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
    case 1:
      baton::CheckText(rest, data[0] % 5 == 1);
      break;
    case 2:
      baton::CheckSegments(rest);
      break;
    case 3:
      baton::CheckIds(rest);
      break;
    default:
      baton::CheckSpec(rest);
  }
  return 0;
}
