#include "worker/model/model_config.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "common/status_macros.h"
#include "worker/model/gguf_cursor.h"
#include "worker/model/gguf_types.h"

namespace baton {
namespace {

constexpr int64_t kMaxLayers = 1024;
constexpr int64_t kMaxHidden = 65536;
constexpr int64_t kMaxHeads = 1024;
constexpr int64_t kMaxHeadDim = 512;
constexpr int64_t kMaxFfn = int64_t{1} << 20;
constexpr int64_t kMaxVocab = int64_t{1} << 21;
constexpr int64_t kMaxContext = int64_t{1} << 24;

// llama keys (without the prefix) of features that change the result and that Baton does not have.
// Source: the model constants of ggml's docs/gguf.md and of llama.cpp's converter.
constexpr const char* kUnsupportedKeys[] = {
    "attention.clamp_kqv",     "attention.max_alibi_bias",
    "attention.scale",         "attn_logit_softcapping",
    "final_logit_softcapping", "embedding_scale",
    "residual_scale",          "logit_scale",
    "rope.dimension_sections",
};
// The same, where zero (or false) means that the feature is not used.
constexpr const char* kUnsupportedUnlessZeroKeys[] = {
    "expert_count",
    "expert_used_count",
    "attention.sliding_window",
    "pooling_type",
};

class ConfigReader {
 public:
  explicit ConfigReader(const GgufFile& file) : file_(file) {}

  absl::StatusOr<ModelConfig> Read() {
    RETURN_IF_ERROR(ReadIdentity());
    RETURN_IF_ERROR(RejectUnsupported());
    RETURN_IF_ERROR(ReadShape());
    RETURN_IF_ERROR(ReadConstants());
    RETURN_IF_ERROR(ReadRopeScaling());
    RETURN_IF_ERROR(ReadVocabulary());
    RETURN_IF_ERROR(CheckTensors());
    return std::move(config_);
  }

 private:
  std::string Key(absl::string_view name) const { return absl::StrCat("llama.", name); }

  absl::Status Invalid(absl::string_view key, absl::string_view message) const {
    return absl::InvalidArgumentError(absl::StrCat(file_.name(), ": key '", key, "': ", message));
  }
  absl::Status Unsupported(absl::string_view key, absl::string_view message) const {
    return absl::UnimplementedError(absl::StrCat(file_.name(), ": key '", key, "': ", message));
  }

  // The integer llama.`name`, from 1 to `limit`.
  absl::StatusOr<int64_t> Size(absl::string_view name, int64_t limit) const {
    ASSIGN_OR_RETURN(const uint64_t value, file_.GetUint(Key(name)));
    if (value >= 1 && value <= static_cast<uint64_t>(limit)) return static_cast<int64_t>(value);
    return Invalid(Key(name), absl::StrCat("is ", value, ", expected 1 to ", limit));
  }
  absl::StatusOr<int64_t> SizeOr(absl::string_view name, int64_t limit, int64_t if_absent) const {
    if (!file_.Has(Key(name))) return if_absent;
    return Size(name, limit);
  }
  // The float llama.`name`, above zero and at most `limit`.
  absl::StatusOr<float> Positive(absl::string_view name, double limit) const {
    ASSIGN_OR_RETURN(const double value, file_.GetFloat(Key(name)));
    if (static_cast<float>(value) > 0 && value <= limit) return static_cast<float>(value);
    return Invalid(Key(name), absl::StrCat("is ", value, ", expected above 0 and at most ", limit));
  }

  absl::Status ReadIdentity() {
    ASSIGN_OR_RETURN(config_.architecture, file_.GetString("general.architecture"));
    if (config_.architecture != "llama") {
      return Unsupported(
          "general.architecture",
          absl::StrCat("is ", QuoteForError(config_.architecture), ", supported is 'llama'"));
    }
    if (file_.Has("general.name")) {
      ASSIGN_OR_RETURN(config_.name, file_.GetString("general.name"));
    }
    if (file_.Has("split.count")) {
      ASSIGN_OR_RETURN(const uint64_t parts, file_.GetUint("split.count"));
      if (parts > 1) {
        return Unsupported(
            "split.count",
            absl::StrCat("is ", parts,
                         ": models split into several files are not supported; merge them"));
      }
    }
    return absl::OkStatus();
  }

  absl::Status RejectUnsupported() const {
    for (const char* name : kUnsupportedKeys) {
      if (file_.Has(Key(name))) return Unsupported(Key(name), "the feature is not supported");
    }
    for (const char* name : kUnsupportedUnlessZeroKeys) {
      if (!file_.Has(Key(name))) continue;
      ASSIGN_OR_RETURN(const uint64_t value, file_.GetUint(Key(name)));
      if (value != 0) {
        return Unsupported(Key(name), absl::StrCat("is ", value, ": the feature is not supported"));
      }
    }
    if (file_.Has(Key("attention.causal"))) {
      ASSIGN_OR_RETURN(const bool causal, file_.GetBool(Key("attention.causal")));
      if (!causal)
        return Unsupported(Key("attention.causal"), "is false: encoders are not supported");
    }
    if (file_.Has(Key("use_parallel_residual"))) {
      ASSIGN_OR_RETURN(const bool parallel, file_.GetBool(Key("use_parallel_residual")));
      if (parallel)
        return Unsupported(Key("use_parallel_residual"), "the feature is not supported");
    }
    return absl::OkStatus();
  }

  absl::Status ReadShape() {
    ASSIGN_OR_RETURN(config_.num_layers, Size("block_count", kMaxLayers));
    ASSIGN_OR_RETURN(config_.hidden_size, Size("embedding_length", kMaxHidden));
    ASSIGN_OR_RETURN(config_.ffn_size, Size("feed_forward_length", kMaxFfn));
    ASSIGN_OR_RETURN(config_.context_length, Size("context_length", kMaxContext));
    ASSIGN_OR_RETURN(config_.num_heads, Size("attention.head_count", kMaxHeads));
    ASSIGN_OR_RETURN(config_.num_kv_heads,
                     SizeOr("attention.head_count_kv", kMaxHeads, config_.num_heads));
    if (config_.num_heads % config_.num_kv_heads != 0) {
      return Invalid(Key("attention.head_count"),
                     absl::StrCat("is ", config_.num_heads, ", expected a multiple of the ",
                                  config_.num_kv_heads, " KV heads"));
    }
    return ReadHeadDim();
  }

  absl::Status ReadHeadDim() {
    const std::string key = Key("attention.key_length");
    if (file_.Has(key)) {
      ASSIGN_OR_RETURN(config_.head_dim, Size("attention.key_length", kMaxHeadDim));
    } else if (config_.hidden_size % config_.num_heads != 0) {
      return Invalid(
          Key("attention.head_count"),
          absl::StrCat("is ", config_.num_heads, ", expected a divisor of the hidden size ",
                       config_.hidden_size, ", as there is no '", key, "'"));
    } else {
      config_.head_dim = config_.hidden_size / config_.num_heads;
    }
    if (config_.head_dim > kMaxHeadDim || config_.head_dim % 2 != 0) {
      return Invalid(key, absl::StrCat("heads have ", config_.head_dim,
                                       " dimensions, expected an even number up to ", kMaxHeadDim));
    }
    ASSIGN_OR_RETURN(const int64_t value_dim,
                     SizeOr("attention.value_length", kMaxHeadDim, config_.head_dim));
    if (value_dim != config_.head_dim) {
      return Unsupported(
          Key("attention.value_length"),
          absl::StrCat("is ", value_dim, ", supported is the key length ", config_.head_dim));
    }
    ASSIGN_OR_RETURN(config_.rope_dim,
                     SizeOr("rope.dimension_count", config_.head_dim, config_.head_dim));
    if (config_.rope_dim % 2 != 0) {
      return Invalid(Key("rope.dimension_count"),
                     absl::StrCat("is ", config_.rope_dim, ", expected an even number"));
    }
    return absl::OkStatus();
  }

  absl::Status ReadConstants() {
    ASSIGN_OR_RETURN(config_.norm_epsilon, Positive("attention.layer_norm_rms_epsilon", 0.1));
    config_.rope_base = 10000.0f;
    if (file_.Has(Key("rope.freq_base"))) {
      ASSIGN_OR_RETURN(config_.rope_base, Positive("rope.freq_base", 1e12));
    }
    return absl::OkStatus();
  }

  // Without a type, a factor means linear scaling (older files).
  absl::Status ReadRopeScaling() {
    std::string type = "linear";
    if (file_.Has(Key("rope.scaling.type"))) {
      ASSIGN_OR_RETURN(type, file_.GetString(Key("rope.scaling.type")));
    }
    if (type == "none") return absl::OkStatus();
    if (type != "linear") {
      return Unsupported(
          Key("rope.scaling.type"),
          absl::StrCat("is ", QuoteForError(type), ", supported are 'none' and 'linear'"));
    }
    for (const char* name : {"rope.scaling.factor", "rope.scale_linear"}) {
      if (!file_.Has(Key(name))) continue;
      ASSIGN_OR_RETURN(config_.rope_scale, Positive(name, 1e6));
      return absl::OkStatus();
    }
    return absl::OkStatus();
  }

  absl::Status ReadVocabulary() {
    const TensorInfo* embedding = file_.FindTensor("token_embd.weight");
    if (embedding == nullptr) return MissingTensor("token_embd.weight");
    if (embedding->dims.size() != 2 || embedding->dims[1] > kMaxVocab) {
      return absl::InvalidArgumentError(
          absl::StrCat(file_.name(), ": tensor 'token_embd.weight': has dimensions [",
                       absl::StrJoin(embedding->dims, ", "), "], expected [", config_.hidden_size,
                       ", 1 to ", kMaxVocab, "]"));
    }
    config_.vocab_size = embedding->dims[1];
    RETURN_IF_ERROR(CheckVocabulary(Key("vocab_size"), /*is_array=*/false));
    RETURN_IF_ERROR(CheckVocabulary("tokenizer.ggml.tokens", /*is_array=*/true));
    for (const char* name : {"eos_token_id", "eot_token_id", "eom_token_id"}) {
      const std::string key = absl::StrCat("tokenizer.ggml.", name);
      if (!file_.Has(key)) continue;
      ASSIGN_OR_RETURN(const uint64_t id, file_.GetUint(key));
      if (id >= static_cast<uint64_t>(config_.vocab_size)) {
        return Invalid(key, absl::StrCat("is ", id, ", the vocabulary has ", config_.vocab_size));
      }
      config_.eos_ids.push_back(static_cast<int32_t>(id));
    }
    std::sort(config_.eos_ids.begin(), config_.eos_ids.end());
    config_.eos_ids.erase(std::unique(config_.eos_ids.begin(), config_.eos_ids.end()),
                          config_.eos_ids.end());
    return absl::OkStatus();
  }

  // What `key` says of the vocabulary's size, when it is there, must be what the embedding matrix
  // has.
  absl::Status CheckVocabulary(const std::string& key, bool is_array) const {
    if (!file_.Has(key)) return absl::OkStatus();
    ASSIGN_OR_RETURN(const uint64_t size, is_array ? file_.GetArrayCount(key) : file_.GetUint(key));
    if (size == static_cast<uint64_t>(config_.vocab_size)) return absl::OkStatus();
    return Invalid(key, absl::StrCat(is_array ? "has " : "is ", size,
                                     ", but token_embd.weight has ", config_.vocab_size, " rows"));
  }

  absl::Status MissingTensor(absl::string_view name) const {
    return absl::NotFoundError(absl::StrCat(file_.name(), ": tensor '", name, "' is missing"));
  }

  absl::Status CheckTensor(const std::string& name, std::initializer_list<int64_t> dims) {
    const TensorInfo* tensor = file_.FindTensor(name);
    if (tensor == nullptr) return MissingTensor(name);
    if (!std::equal(dims.begin(), dims.end(), tensor->dims.begin(), tensor->dims.end())) {
      return absl::InvalidArgumentError(absl::StrCat(
          file_.name(), ": tensor '", name, "': has dimensions [",
          absl::StrJoin(tensor->dims, ", "), "], expected [", absl::StrJoin(dims, ", "), "]"));
    }
    const bool is_vector = dims.size() == 1;
    const bool type_ok =
        is_vector ? tensor->type == GgmlType::kF32 : IsSupportedWeightType(tensor->type);
    if (!type_ok) {
      return absl::UnimplementedError(
          absl::StrCat(file_.name(), ": tensor '", name, "': has type ", GgmlTypeName(tensor->type),
                       is_vector ? ", supported for vectors is F32" : ", supported are ",
                       is_vector ? "" : kSupportedWeightTypes));
    }
    known_tensors_.insert(name);
    return absl::OkStatus();
  }

  absl::Status CheckTensors() {
    const int64_t hidden = config_.hidden_size;
    config_.tied_embeddings = file_.FindTensor("output.weight") == nullptr;
    RETURN_IF_ERROR(CheckTensor("token_embd.weight", {hidden, config_.vocab_size}));
    RETURN_IF_ERROR(CheckTensor("output_norm.weight", {hidden}));
    if (!config_.tied_embeddings) {
      RETURN_IF_ERROR(CheckTensor("output.weight", {hidden, config_.vocab_size}));
    }
    for (int64_t i = 0; i < config_.num_layers; ++i) RETURN_IF_ERROR(CheckLayer(i));
    return RejectUnknownTensors();
  }

  absl::Status CheckLayer(int64_t layer) {
    const std::string prefix = absl::StrCat("blk.", layer, ".");
    const int64_t hidden = config_.hidden_size;
    const int64_t q = config_.num_heads * config_.head_dim;
    const int64_t kv = config_.num_kv_heads * config_.head_dim;
    const int64_t ffn = config_.ffn_size;
    RETURN_IF_ERROR(CheckTensor(prefix + "attn_norm.weight", {hidden}));
    RETURN_IF_ERROR(CheckTensor(prefix + "attn_q.weight", {hidden, q}));
    RETURN_IF_ERROR(CheckTensor(prefix + "attn_k.weight", {hidden, kv}));
    RETURN_IF_ERROR(CheckTensor(prefix + "attn_v.weight", {hidden, kv}));
    RETURN_IF_ERROR(CheckTensor(prefix + "attn_output.weight", {q, hidden}));
    RETURN_IF_ERROR(CheckTensor(prefix + "ffn_norm.weight", {hidden}));
    RETURN_IF_ERROR(CheckTensor(prefix + "ffn_gate.weight", {hidden, ffn}));
    RETURN_IF_ERROR(CheckTensor(prefix + "ffn_up.weight", {hidden, ffn}));
    return CheckTensor(prefix + "ffn_down.weight", {ffn, hidden});
  }

  // The file has tensors beyond those of a llama model: biases, rope factors, experts. Ignoring one
  // would change the result.
  absl::Status RejectUnknownTensors() const {
    for (const TensorInfo& tensor : file_.tensors()) {
      if (known_tensors_.contains(tensor.name)) continue;
      return absl::UnimplementedError(
          absl::StrCat(file_.name(), ": tensor ", QuoteForError(tensor.name),
                       ": is not part of a llama model of ", config_.num_layers,
                       " layers as supported (no biases, rope factors, experts)"));
    }
    return absl::OkStatus();
  }

  const GgufFile& file_;
  ModelConfig config_;
  absl::flat_hash_set<std::string> known_tensors_;
};

}  // namespace

absl::StatusOr<ModelConfig> ModelConfigFromGguf(const GgufFile& file) {
  return ConfigReader(file).Read();
}

}  // namespace baton
