#include "tests/budgets/fake_model.h"

#include <unistd.h>

#include <string>

#include "baton/worker/v1/protocol_version.h"
#include "router/tokenizer/test_vocabulary.h"

namespace baton {

worker::v1::ModelCard FakeModelCard() {
  worker::v1::ModelCard card;
  card.set_name("fake");
  card.set_digest("fa4e");
  card.set_architecture("none");
  card.set_context_length(32768);
  card.add_end_token_ids(0);
  const TokenizerSpec spec = TestVocabulary();
  card.set_vocab_size(static_cast<uint32_t>(spec.tokens.size()));
  worker::v1::TokenizerCard& t = *card.mutable_tokenizer();
  t.set_model(spec.model);
  t.set_pre(spec.pre);
  for (const std::string& token : spec.tokens) t.add_tokens(token);
  t.mutable_token_types()->Add(spec.token_types.begin(), spec.token_types.end());
  for (const std::string& merge : spec.merges) t.add_merges(merge);
  t.set_bos_id(spec.bos_id);
  t.set_eos_id(spec.eos_id);
  t.set_unknown_id(spec.unknown_id);
  t.set_padding_id(spec.padding_id);
  t.set_add_bos(spec.add_bos);
  t.set_add_eos(spec.add_eos);
  t.set_add_space_prefix(spec.add_space_prefix);
  return card;
}

int32_t FakeToken(uint64_t seed, uint32_t choice, uint32_t position) {
  uint64_t h = (seed + choice) * 0x9E3779B97F4A7C15u + position;
  h = (h ^ (h >> 31)) * 0xBF58476D1CE4E5B9u;
  return kFirstByteToken + 'a' + static_cast<int32_t>((h >> 33) % 26);
}

FakeWorkerOptions FakeWorkerFor(uint32_t slots, uint64_t num_blocks, absl::Duration step) {
  FakeWorkerOptions options;
  options.capacity.num_blocks = num_blocks;
  options.capacity.block_size = 16;
  options.capacity.max_slots = options.capacity.max_step_rows = slots;
  options.capacity.max_step_tokens = 1 << 20;
  options.capacity.max_model_len = 32768;
  options.step = step;
  return options;
}

RankHello FakeHello() {
  RankHello hello;
  hello.protocol_version = kWorkerProtocolVersion;
  hello.incarnation = 1;
  hello.model_digest = "fa4e";
  hello.numerics_class = "fake/1";
  hello.pid = static_cast<uint32_t>(getpid());
  hello.host = "here";
  hello.shard = "nothing";
  hello.shared_memory_domain = "here";
  return hello;
}

}  // namespace baton
