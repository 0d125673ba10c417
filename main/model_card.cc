#include "main/model_card.h"

#include "common/status_macros.h"
#include "worker/model/tokenizer_metadata.h"

namespace baton {
namespace {

std::string Stem(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string file = slash == std::string::npos ? path : path.substr(slash + 1);
  const size_t dot = file.rfind(".gguf");
  return dot == std::string::npos || dot == 0 ? file : file.substr(0, dot);
}

}  // namespace

absl::StatusOr<worker::v1::ModelCard> MakeModelCard(const GgufFile& file, const ModelConfig& config,
                                                    const std::string& name) {
  ASSIGN_OR_RETURN(const TokenizerMetadata t, TokenizerMetadataFromGguf(file));
  worker::v1::ModelCard card;
  card.set_name(!name.empty() ? name : !config.name.empty() ? config.name : Stem(file.name()));
  ASSIGN_OR_RETURN(const std::string digest, file.Digest());
  card.set_digest(digest);
  card.set_architecture(config.architecture);
  card.set_vocab_size(static_cast<uint32_t>(config.vocab_size));
  card.set_context_length(static_cast<uint32_t>(config.context_length));
  card.mutable_end_token_ids()->Add(config.eos_ids.begin(), config.eos_ids.end());
  card.set_chat_template(t.chat_template);
  worker::v1::TokenizerCard* tokenizer = card.mutable_tokenizer();
  tokenizer->set_model(t.model);
  tokenizer->set_pre(t.pre);
  for (const std::string& token : t.tokens) tokenizer->add_tokens(token);
  tokenizer->mutable_token_types()->Add(t.token_types.begin(), t.token_types.end());
  for (const std::string& merge : t.merges) tokenizer->add_merges(merge);
  tokenizer->set_bos_id(t.bos_id);
  tokenizer->set_eos_id(t.eos_id);
  tokenizer->set_unknown_id(t.unk_id);
  tokenizer->set_padding_id(t.pad_id);
  tokenizer->set_add_bos(t.add_bos);
  tokenizer->set_add_eos(t.add_eos);
  tokenizer->set_add_space_prefix(t.add_space_prefix);
  return card;
}

}  // namespace baton
