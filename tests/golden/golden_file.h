// Reader of golden files: what an independent implementation (Hugging Face transformers, float32)
// computes for a model.
#ifndef BATON_TESTS_GOLDEN_GOLDEN_FILE_H_
#define BATON_TESTS_GOLDEN_GOLDEN_FILE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace baton {

// One prompt. Let t be prompt followed by continuation; the logits at position p are those after
// reading t[0..p], and so predict t[p + 1].
struct GoldenCase {
  // Values at one position of t, from one pass over all of it.
  struct Position {
    int position = 0;
    std::vector<std::pair<int32_t, float>>
        top;               // (token, logit) of the largest logits, largest first
    double logsumexp = 0;  // log of the sum of exp over all logits, natural
  };

  std::string name;
  std::string
      text;  // what the prompt's ids are the encoding of; empty when the ids were drawn at random
  std::vector<int32_t> prompt;
  // What greedy decoding appends, end tokens not heeded: continuation[i] has the largest logit at
  // position prompt.size() - 1 + i.
  std::vector<int32_t> continuation;
  std::vector<float>
      margins;  // by continuation token: the largest logit there minus the second largest
  std::vector<Position> positions;  // ascending; a sample of t's positions
};

struct GoldenFile {
  std::string digest;  // GgufFile::Digest() of the model
  std::vector<GoldenCase> cases;
};

// Parses the format that make_golden.py writes and describes. InvalidArgument, naming `name` and
// the line, when the text is malformed.
absl::StatusOr<GoldenFile> ParseGoldenFile(absl::string_view text, const std::string& name);

// Reads and parses `path`; NotFound when it cannot be opened.
absl::StatusOr<GoldenFile> ReadGoldenFile(const std::string& path);

}  // namespace baton

#endif  // BATON_TESTS_GOLDEN_GOLDEN_FILE_H_
