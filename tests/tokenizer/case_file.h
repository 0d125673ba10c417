// Reads what tests/golden/make_tokenizer_cases.py writes; the format is described there.
#ifndef BATON_TESTS_TOKENIZER_CASE_FILE_H_
#define BATON_TESTS_TOKENIZER_CASE_FILE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace baton {

struct EncodeCase {
  std::vector<std::pair<bool, std::string>> segments;  // parse_special, text
  std::vector<int32_t> ids;
};

struct DecodeCase {
  bool skip_special;
  std::vector<int32_t> ids;
  std::string text;
};

struct CaseFile {
  int32_t vocab_size;
  std::vector<EncodeCase> encode;
  std::vector<DecodeCase> decode;
};

// NOT_FOUND if there is no such file, DATA_LOSS if it is cut short or of another format.
absl::StatusOr<CaseFile> ReadCaseFile(const std::string& path);

}  // namespace baton

#endif  // BATON_TESTS_TOKENIZER_CASE_FILE_H_
