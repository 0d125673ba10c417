#include "tests/model/bit_models.h"

#include <unistd.h>

#include <cstdlib>

#include "common/check.h"
#include "worker/model/gguf_types.h"

namespace baton {
namespace {

BitModel Make(const std::string& name, uint64_t seed, int64_t heads, int64_t kv_heads,
              int64_t head_dim, int64_t hidden, int64_t ffn, GgmlType embedding, GgmlType attention,
              GgmlType feed_forward, bool tied) {
  BitModel m;
  m.name = name;
  m.options.layers = 4;
  m.options.heads = heads;
  m.options.kv_heads = kv_heads;
  m.options.head_dim = head_dim;
  m.options.hidden = hidden;
  m.options.ffn = ffn;
  m.options.vocab = tied ? 300 : 271;
  m.options.context = 512;
  m.options.embedding_type = embedding;
  m.options.attention_type = attention;
  m.options.ffn_type = feed_forward;
  m.options.tied = tied;
  m.options.seed = seed;
  return m;
}

}  // namespace

std::vector<BitModel> BitModels() {
  using T = GgmlType;
  return {
      Make("gqa_f32", 201, 4, 2, 16, 64, 96, T::kF32, T::kF32, T::kF32, true),
      Make("mha_odd_bf16_f16", 202, 3, 3, 24, 72, 100, T::kF16, T::kBF16, T::kF16, false),
      Make("mha_q4_1_q8_0", 203, 3, 3, 32, 96, 160, T::kQ8_0, T::kQ4_1, T::kQ4_1, false),
      Make("mqa_q8_0_bf16", 204, 4, 1, 64, 64, 128, T::kBF16, T::kQ8_0, T::kQ8_0, true),
      Make("gqa_q4_0_f32", 205, 6, 2, 32, 96, 128, T::kF32, T::kQ4_0, T::kF16, false),
      Make("gqa_48_f16_q4_0", 206, 6, 3, 48, 64, 192, T::kF16, T::kF16, T::kQ4_0, true),
      Make("quick_start_shape", 207, 9, 3, 64, 96, 256, T::kQ8_0, T::kQ4_1, T::kQ4_1, true),
  };
}

std::vector<BitModel> OneTypeModels() {
  std::vector<BitModel> models;
  uint64_t seed = 301;
  for (GgmlType type : {GgmlType::kF32, GgmlType::kF16, GgmlType::kBF16, GgmlType::kQ8_0,
                        GgmlType::kQ4_0, GgmlType::kQ4_1}) {
    models.push_back(
        Make(GgmlTypeName(type), seed, 4, 2, 32, 96, 160, type, type, type, seed % 2 == 0));
    ++seed;
  }
  models.push_back(Make("mixed", seed, 9, 3, 64, 96, 256, GgmlType::kQ8_0, GgmlType::kQ4_1,
                        GgmlType::kQ4_1, true));
  for (BitModel& m : models) m.options.layers = 2;
  return models;
}

std::string ModelFile(const BitModel& model) {
  const char* folder = std::getenv("TEST_TMPDIR");
  const std::string path = std::string(folder == nullptr ? "/tmp" : folder) + "/" + model.name +
                           std::to_string(model.options.seed) + "." + std::to_string(getpid()) +
                           ".gguf";
  if (access(path.c_str(), R_OK) != 0) BATON_CHECK(WriteTinyModel(path, model.options).ok());
  return path;
}

}  // namespace baton
