#include "tests/tokenizer/model_tokenizer.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "common/status_macros.h"
#include "router/tokenizer/tokenizer_spec.h"
#include "worker/model/gguf_file.h"
#include "worker/model/tokenizer_metadata.h"

namespace baton {

std::string ModelPath() {
  if (const char* path = std::getenv("BATON_MODEL")) return path;
  const char* home = std::getenv("HOME");
  if (home == nullptr) {  // as under `bazel test`
    const passwd* user = getpwuid(getuid());
    home = user == nullptr ? "" : user->pw_dir;
  }
  return std::string(home) + "/.cache/baton/models/SmolLM2-135M-Instruct.Q4_1.gguf";
}

absl::StatusOr<std::unique_ptr<Tokenizer>> LoadModelTokenizer(const std::string& path) {
  ASSIGN_OR_RETURN(const std::unique_ptr<GgufFile> file, GgufFile::Open(path));
  ASSIGN_OR_RETURN(TokenizerMetadata metadata, TokenizerMetadataFromGguf(*file));
  TokenizerSpec spec;
  spec.model = std::move(metadata.model);
  spec.pre = std::move(metadata.pre);
  spec.tokens = std::move(metadata.tokens);
  spec.token_types = std::move(metadata.token_types);
  spec.merges = std::move(metadata.merges);
  spec.bos_id = metadata.bos_id;
  spec.eos_id = metadata.eos_id;
  spec.unknown_id = metadata.unk_id;
  spec.padding_id = metadata.pad_id;
  spec.add_bos = metadata.add_bos;
  spec.add_eos = metadata.add_eos;
  spec.add_space_prefix = metadata.add_space_prefix;
  return Tokenizer::Create(std::move(spec));
}

}  // namespace baton
