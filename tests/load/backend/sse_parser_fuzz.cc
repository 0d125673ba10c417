// libFuzzer entry: the first byte is a limit and the size of the pieces that the rest is given in;
// in any pieces the events and the error must be those of the bytes in one.
//   bazel build --config=clang --config=asan --config=fuzz //tests/load/backend:sse_parser_fuzz
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/check.h"
#include "tests/load/backend/sse_parser.h"

namespace baton {
namespace {

// Returns false after an error.
bool Drain(SseParser& parser, std::vector<std::string>* out) {
  while (true) {
    const auto event = parser.Next();
    if (!event.ok()) {
      out->push_back(event.status().ToString());
      return false;
    }
    if (!*event) return true;
    out->push_back(absl::StrCat((*event)->type, "|", (*event)->data));
  }
}

std::vector<std::string> Parse(absl::string_view bytes, size_t piece, size_t limit) {
  SseParser parser(limit);
  std::vector<std::string> out;
  for (; !bytes.empty(); bytes = bytes.substr(std::min(piece, bytes.size()))) {
    parser.Append(bytes.substr(0, piece));
    if (!Drain(parser, &out)) return out;
  }
  parser.Finish();
  Drain(parser, &out);
  return out;
}

}  // namespace
}  // namespace baton

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const absl::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t limit = 4 + (data[0] >> 4) * 8, piece = 1 + (data[0] & 15);
  BATON_CHECK(baton::Parse(bytes, piece, limit) == baton::Parse(bytes, size, limit));
  return 0;
}
