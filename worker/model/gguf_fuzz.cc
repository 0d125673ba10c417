// libFuzzer entry: any bytes as the beginning of a model file. Needs clang; see the target in
// BUILD.bazel.
#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "worker/model/gguf_file.h"
#include "worker/model/model_config.h"
#include "worker/model/tokenizer_metadata.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // As if a megabyte of tensor data followed, so that directories can be valid.
  const uint64_t file_size = uint64_t{size} + (1 << 20);
  const auto file = baton::GgufFile::Parse(absl::MakeConstSpan(data, size), file_size, "fuzz");
  if (!file.ok()) return 0;
  baton::ModelConfigFromGguf(**file).IgnoreError();
  baton::TokenizerMetadataFromGguf(**file).IgnoreError();
  return 0;
}
