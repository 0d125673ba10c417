// SmolLM2's tokenizer against Hugging Face `tokenizers`, on stored cases or on those of
// $BATON_TOKENIZER_CASES. Skipped where the model file is not there.
#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "router/tokenizer/incremental_decoder.h"
#include "router/tokenizer/tokenizer.h"
#include "tests/tokenizer/case_file.h"
#include "tests/tokenizer/model_tokenizer.h"

namespace baton {
namespace {

constexpr char kStoredCases[] = "tests/tokenizer/cases.bin";
constexpr int kMaxReported = 10;

class TokenizerGoldenTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::ifstream(ModelPath())) {
      GTEST_SKIP() << "no model file at " << ModelPath() << " (set BATON_MODEL)";
    }
    auto tokenizer = LoadModelTokenizer(ModelPath());
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
    tokenizer_ = *std::move(tokenizer);
    const char* path = std::getenv("BATON_TOKENIZER_CASES");
    auto cases = ReadCaseFile(path == nullptr ? kStoredCases : path);
    ASSERT_TRUE(cases.ok()) << cases.status();
    cases_ = *std::move(cases);
    ASSERT_EQ(tokenizer_->vocab_size(), cases_.vocab_size) << "these cases are for another model";
  }

  std::unique_ptr<Tokenizer> tokenizer_;
  CaseFile cases_;
};

std::string Describe(const EncodeCase& c) {
  std::string text;
  for (const auto& [parse_special, segment] : c.segments) {
    absl::StrAppend(&text, parse_special ? " special \"" : " plain \"", absl::CHexEscape(segment),
                    "\"");
  }
  return text;
}

TEST_F(TokenizerGoldenTest, EncodesAsTheReference) {
  ASSERT_GE(cases_.encode.size(), 2000u);
  int num_different = 0;
  for (const EncodeCase& c : cases_.encode) {
    std::vector<TextSegment> segments;
    for (const auto& [parse_special, text] : c.segments) segments.push_back({text, parse_special});
    std::vector<int32_t> ids;
    const absl::Status status = tokenizer_->EncodeSegments(segments, &ids);
    ASSERT_TRUE(status.ok()) << status << Describe(c);
    if (ids == c.ids || ++num_different > kMaxReported) continue;
    ADD_FAILURE() << Describe(c) << "\n  found    " << absl::StrJoin(ids, " ") << "\n  expected "
                  << absl::StrJoin(c.ids, " ");
  }
  EXPECT_EQ(num_different, 0) << "of " << cases_.encode.size();
  RecordProperty("texts", static_cast<int>(cases_.encode.size()));
}

TEST_F(TokenizerGoldenTest, EncodedTextComesBack) {
  for (const EncodeCase& c : cases_.encode) {
    std::string text;
    for (const auto& segment : c.segments) text += segment.second;
    const auto has_no_token = [&](char byte) {
      return !tokenizer_->HasByte(static_cast<unsigned char>(byte));
    };
    if (std::any_of(text.begin(), text.end(), has_no_token)) continue;
    ASSERT_EQ(*tokenizer_->Decode(c.ids, /*skip_special=*/false), text);
  }
}

TEST_F(TokenizerGoldenTest, DecodesAsTheReference) {
  ASSERT_GE(cases_.decode.size(), 300u);
  for (const DecodeCase& c : cases_.decode) {
    ASSERT_EQ(*tokenizer_->Decode(c.ids, c.skip_special), c.text) << absl::StrJoin(c.ids, " ");
    IncrementalDecoder decoder(tokenizer_.get(), c.skip_special);
    std::string text;
    for (const int32_t id : c.ids) text += decoder.Append(id);
    ASSERT_EQ(text + decoder.Flush(), c.text) << absl::StrJoin(c.ids, " ");
  }
}

// What the header of tokenizer.h says of SmolLM2.
TEST_F(TokenizerGoldenTest, BytesWithoutToken) {
  std::vector<int> missing;
  for (int byte = 0; byte < 256; ++byte) {
    if (!tokenizer_->HasByte(static_cast<unsigned char>(byte))) missing.push_back(byte);
  }
  EXPECT_EQ(absl::StrJoin(missing, " "),
            "4 6 19 20 22 29 192 193 241 242 245 246 247 248 249 250 251 252 253 254 255");
}

}  // namespace
}  // namespace baton
