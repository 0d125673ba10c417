#include "router/tokenizer/bpe_model.h"

#include <chrono>
#include <map>
#include <random>
#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace baton {
namespace {

using Tokens = std::vector<int32_t>;

std::array<int32_t, 256> AllBytes() {
  std::array<int32_t, 256> tokens;
  for (int32_t byte = 0; byte < 256; ++byte) tokens[byte] = byte;
  return tokens;
}

Tokens Encode(const BpeModel& model, absl::string_view piece) {
  BpeModel::Scratch scratch;
  Tokens out;
  model.Encode(piece, &scratch, &out);
  return out;
}

// The definition, in quadratic time.
Tokens EncodeByDefinition(const std::vector<BpeModel::Merge>& merges, absl::string_view piece) {
  std::map<std::pair<int32_t, int32_t>, size_t> ranks;
  for (size_t rank = 0; rank < merges.size(); ++rank) {
    ranks[{merges[rank].left, merges[rank].right}] = rank;
  }
  Tokens tokens;
  for (const char byte : piece) tokens.push_back(static_cast<unsigned char>(byte));
  while (true) {
    size_t best_rank = merges.size();
    size_t best = 0;
    for (size_t i = 0; i + 1 < tokens.size(); ++i) {
      const auto found = ranks.find({tokens[i], tokens[i + 1]});
      if (found == ranks.end() || found->second >= best_rank) continue;
      best_rank = found->second;
      best = i;
    }
    if (best_rank == merges.size()) return tokens;
    tokens[best] = merges[best_rank].result;
    tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
}

TEST(BpeModel, LowestRankFirstThenLeftmost) {
  // "abab" could become "a" "ba" "b"; the rank decides, not the place.
  const BpeModel inner(AllBytes(), {{'b', 'a', 256}, {'a', 'b', 257}});
  EXPECT_EQ(Encode(inner, "abab"), (Tokens{'a', 256, 'b'}));
  const BpeModel leftmost(AllBytes(), {{'a', 'a', 256}});
  EXPECT_EQ(Encode(leftmost, "aaaaa"), (Tokens{256, 256, 'a'}));
  const BpeModel tower(AllBytes(), {{'a', 'a', 256}, {256, 256, 257}, {257, 'a', 258}});
  EXPECT_EQ(Encode(tower, "aaaaa"), (Tokens{258}));
  EXPECT_EQ(Encode(tower, "aaa"), (Tokens{256, 'a'}));
  EXPECT_EQ(Encode(tower, ""), Tokens{});
}

TEST(BpeModel, TheLaterOfTwoEqualMergesCounts) {
  const BpeModel model(AllBytes(), {{'a', 'b', 256}, {'b', 'c', 257}, {'a', 'b', 258}});
  EXPECT_EQ(Encode(model, "abc"), (Tokens{'a', 257}));
  EXPECT_EQ(Encode(model, "ab"), (Tokens{258}));
}

TEST(BpeModel, AByteWithoutTokenIsLeftOutBeforeMerging) {
  std::array<int32_t, 256> bytes = AllBytes();
  bytes['x'] = BpeModel::kNoToken;
  const BpeModel model(bytes, {{'a', 'b', 256}});
  EXPECT_EQ(Encode(model, "axbx"), (Tokens{256}));
  EXPECT_EQ(Encode(model, "xx"), Tokens{});
}

// Random merge tables over two letters, where stale candidates are the rule.
TEST(BpeModel, AgreesWithTheDefinition) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::vector<BpeModel::Merge> merges;
    Tokens known = {'a', 'b'};
    for (size_t n = random() % 12; n > 0; --n) {
      const int32_t result = 256 + static_cast<int32_t>(known.size());
      merges.push_back({known[random() % known.size()], known[random() % known.size()], result});
      known.push_back(result);
    }
    std::shuffle(merges.begin(), merges.end(), random);
    const BpeModel model(AllBytes(), merges);
    BpeModel::Scratch scratch;  // reused, as the tokenizer does
    for (int i = 0; i < 20; ++i) {
      std::string piece;
      for (size_t n = random() % 30; n > 0; --n) piece += "ab"[random() % 2];
      Tokens out;
      model.Encode(piece, &scratch, &out);
      ASSERT_EQ(out, EncodeByDefinition(merges, piece)) << piece;
    }
  }
}

// Quadratic work on this piece would be 10^12 steps.
TEST(BpeModel, AMillionBytesInOnePiece) {
  std::vector<BpeModel::Merge> merges = {{'a', 'a', 256}};
  for (int32_t i = 1; i < 6; ++i) merges.push_back({255 + i, 255 + i, 256 + i});
  const BpeModel model(AllBytes(), merges);
  const size_t size = size_t{1} << 20;
  const auto start = std::chrono::steady_clock::now();
  const Tokens tokens = Encode(model, std::string(size, 'a'));
  EXPECT_EQ(tokens, Tokens(size / 64, 261));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
}

}  // namespace
}  // namespace baton
