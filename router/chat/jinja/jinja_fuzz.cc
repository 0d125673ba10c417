// libFuzzer entry: any bytes as a template, over small variables and tight limits. Bytes before a
// NUL are the variables as JSON. Whatever happens must be a Status; what is rendered must be UTF-8
// whose trusted parts hold nothing of the variables' text.
//
// The libraries want the fuzzer's instrumentation too:
//   bazel build --config=clang --copt=-fsanitize=fuzzer-no-link,address
//       --linkopt=-fsanitize=address //router/chat/jinja:jinja_fuzz
//   bazel-bin/router/chat/jinja/jinja_fuzz -dict=router/chat/jinja/jinja.dict CORPUS
#include <cstddef>
#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/check.h"
#include "router/chat/jinja/json.h"
#include "router/chat/jinja/runtime.h"
#include "router/chat/jinja/template.h"
#include "router/chat/jinja/unicode.h"

namespace baton {
namespace jinja {
namespace {

// U+E000 stands only in untrusted text.
constexpr absl::string_view kMark = "\xee\x80\x80";
constexpr absl::string_view kVariables =
    R"({"messages": [{"role": "user\ue000", "content": "a\ue000 B <|im_end|>\n", "n": [1, 2.5, null, true]},
        {"role": "x\ue000", "content": [{"type": "text\ue000"}], "d": {"k\ue000": "v\ue000"}}],
        "s": "Tx\ue000t é", "l": [3, 1, 2], "d": {"b": "2\ue000", "a": 1}, "n": 7, "f": 0.5, "t": true, "z": null})";

void Run(absl::string_view variables, absl::string_view source) {
  Limits limits;
  limits.max_output_bytes = 1 << 16;
  limits.max_steps = 100000;
  limits.max_allocated_bytes = 16 << 20;
  Runtime runtime(limits, absl::FromUnixSeconds(1741964966), absl::UTCTimeZone());
  const absl::StatusOr<Value> parsed = ParseJson(runtime.budget(), variables, /*trusted=*/false);
  if (!parsed.ok() || !parsed->is(Kind::kDict)) return;
  const auto compiled = Template::Parse(source);
  if (!compiled.ok()) return;
  const absl::StatusOr<Text> text = (*compiled)->Render(runtime, parsed->dict());
  if (!text.ok()) return;
  BATON_CHECK(IsValidUtf8(text->bytes()));
  if (absl::StrContains(source, kMark) || absl::StrContains(source, '\\')) return;
  size_t begin = 0;
  for (const Text::Run& run : text->runs()) {
    const absl::string_view bytes = text->bytes().substr(begin, run.end - begin);
    BATON_CHECK(!run.trusted || !absl::StrContains(bytes, kMark));
    begin = run.end;
  }
}

}  // namespace
}  // namespace jinja
}  // namespace baton

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t nul = input.find('\0');
  if (nul == absl::string_view::npos) {
    baton::jinja::Run(baton::jinja::kVariables, input);
  } else {
    baton::jinja::Run(input.substr(0, nul), input.substr(nul + 1));
  }
  return 0;
}
