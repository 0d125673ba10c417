// What a GGUF file says of its tokenizer, as plain data. Turning it into a tokenizer is the
// router's business.
#ifndef BATON_WORKER_MODEL_TOKENIZER_METADATA_H_
#define BATON_WORKER_MODEL_TOKENIZER_METADATA_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "worker/model/gguf_file.h"

namespace baton {

// Keys are those of ggml's docs/gguf.md, each under "tokenizer.ggml." unless said otherwise.
struct TokenizerMetadata {
  std::string model;                // "gpt2" (byte-level BPE), "llama" (SentencePiece)...
  std::string pre;                  // name of the pre-tokenizer; empty when absent
  std::vector<std::string> tokens;  // by id; never empty
  // As many as tokens: 1 normal, 2 unknown, 3 control, 4 user defined, 5 unused, 6 byte. All 1 when
  // absent.
  std::vector<int32_t> token_types;
  std::vector<std::string> merges;  // "left right", most urgent first; empty when absent
  int32_t bos_id = -1;              // -1 when absent, as for the other three
  int32_t eos_id = -1;
  int32_t unk_id = -1;
  int32_t pad_id = -1;
  bool add_bos = false;           // default when absent: true for model "llama", else false
  bool add_eos = false;           // default when absent: false
  bool add_space_prefix = false;  // default when absent: true for model "llama", else false
  std::string chat_template;      // tokenizer.chat_template (Jinja); empty when absent
};

// NotFound when the file has no tokenizer; InvalidArgument when a value has the wrong type, or a
// count or an id does not fit the vocabulary. Strings are passed on as they are: any bytes.
absl::StatusOr<TokenizerMetadata> TokenizerMetadataFromGguf(const GgufFile& file);

}  // namespace baton

#endif  // BATON_WORKER_MODEL_TOKENIZER_METADATA_H_
