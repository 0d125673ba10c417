#include "worker/model/weights.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/types/optional.h"
#include "common/status_macros.h"
#include "kernels/dequantise.h"

namespace baton {
namespace {

// Bytes of a file read at a time.
constexpr int64_t kReadBytes = 4 << 20;

// How a matrix is divided among tensor-parallel ranks: by outputs (rows) or by inputs (columns).
enum class ShardRule { kHeadRows, kKvHeadRows, kHeadColumns, kFfnRows, kFfnColumns, kVocabRows };

struct MatrixPart {
  Range rows, cols;
};

MatrixPart PartOf(ShardRule rule, const ModelConfig& c, const Shard& s, const TensorInfo& t) {
  MatrixPart part = {{0, t.dims[1]}, {0, t.dims[0]}};
  switch (rule) {
    case ShardRule::kHeadRows:
      part.rows = {s.heads.begin * c.head_dim, s.heads.end * c.head_dim};
      break;
    case ShardRule::kKvHeadRows:
      part.rows = {s.kv_heads.begin * c.head_dim, s.kv_heads.end * c.head_dim};
      break;
    case ShardRule::kHeadColumns:
      part.cols = {s.heads.begin * c.head_dim, s.heads.end * c.head_dim};
      break;
    case ShardRule::kFfnRows:
      part.rows = s.ffn;
      break;
    case ShardRule::kFfnColumns:
      part.cols = s.ffn;
      break;
    case ShardRule::kVocabRows:
      part.rows = s.vocab;
      break;
  }
  return part;
}

absl::StatusOr<DType> TypeOf(const GgufFile& file, const TensorInfo& tensor) {
  switch (tensor.type) {
    case GgmlType::kF32:
      return DType::kF32;
    case GgmlType::kF16:
      return DType::kF16;
    case GgmlType::kBF16:
      return DType::kBF16;
    case GgmlType::kQ8_0:
      return DType::kQ8_0;
    case GgmlType::kQ4_0:
      return DType::kQ4_0;
    case GgmlType::kQ4_1:
      return DType::kQ4_1;
    default:
      return absl::UnimplementedError(
          absl::StrFormat("%s: tensor %s has type %s; supported are %s", file.name(), tensor.name,
                          GgmlTypeName(tensor.type), kSupportedWeightTypes));
  }
}

// One matrix of a rank: where it comes from and what it becomes.
struct MatrixPlan {
  const TensorInfo* tensor = nullptr;
  DType file_type = DType::kF32;
  MatrixPart part;
  Weight weight;       // data is set once memory is there
  int64_t offset = 0;  // in the rank's memory
  Weight* destination = nullptr;
};

struct VectorPlan {
  const TensorInfo* tensor = nullptr;
  int64_t offset = 0;
  const float** destination = nullptr;
};

// Lays out everything a rank needs, in the order of the forward pass.
class Layout {
 public:
  Layout(const GgufFile& file, const ModelConfig& config, const Shard& shard, const Ops& ops,
         const WeightOptions& options)
      : file_(file), config_(config), shard_(shard), ops_(ops), options_(options) {}

  absl::Status Plan(ModelWeights& w) {
    const bool shared_head = config_.tied_embeddings && shard_.first_stage() && shard_.last_stage();
    if (shard_.first_stage())
      RETURN_IF_ERROR(Matrix("token_embd.weight", ShardRule::kVocabRows, &w.embedding));
    w.layers.resize(shard_.layers.size());
    for (int64_t i = 0; i < shard_.layers.size(); ++i) {
      const std::string prefix = absl::StrCat("blk.", shard_.layers.begin + i, ".");
      LayerWeights& layer = w.layers[i];
      RETURN_IF_ERROR(Vector(prefix + "attn_norm.weight", &layer.attn_norm));
      RETURN_IF_ERROR(Matrix(prefix + "attn_q.weight", ShardRule::kHeadRows, &layer.q));
      RETURN_IF_ERROR(Matrix(prefix + "attn_k.weight", ShardRule::kKvHeadRows, &layer.k));
      RETURN_IF_ERROR(Matrix(prefix + "attn_v.weight", ShardRule::kKvHeadRows, &layer.v));
      RETURN_IF_ERROR(
          Matrix(prefix + "attn_output.weight", ShardRule::kHeadColumns, &layer.attn_output));
      RETURN_IF_ERROR(Vector(prefix + "ffn_norm.weight", &layer.ffn_norm));
      RETURN_IF_ERROR(Matrix(prefix + "ffn_gate.weight", ShardRule::kFfnRows, &layer.gate));
      RETURN_IF_ERROR(Matrix(prefix + "ffn_up.weight", ShardRule::kFfnRows, &layer.up));
      RETURN_IF_ERROR(Matrix(prefix + "ffn_down.weight", ShardRule::kFfnColumns, &layer.down));
    }
    if (shard_.last_stage()) {
      RETURN_IF_ERROR(Vector("output_norm.weight", &w.output_norm));
      const char* head = config_.tied_embeddings ? "token_embd.weight" : "output.weight";
      if (!shared_head) RETURN_IF_ERROR(Matrix(head, ShardRule::kVocabRows, &w.head));
    }
    return absl::OkStatus();
  }

  int64_t bytes() const { return bytes_; }
  std::vector<MatrixPlan>& matrices() { return matrices_; }
  std::vector<VectorPlan>& vectors() { return vectors_; }

 private:
  absl::Status Matrix(const std::string& name, ShardRule rule, Weight* destination) {
    MatrixPlan plan;
    plan.tensor = file_.FindTensor(name);
    if (plan.tensor == nullptr || plan.tensor->dims.size() != 2) {
      return absl::NotFoundError(
          absl::StrCat(file_.name(), ": tensor ", name, " is missing or no matrix"));
    }
    ASSIGN_OR_RETURN(plan.file_type, TypeOf(file_, *plan.tensor));
    plan.part = PartOf(rule, config_, shard_, *plan.tensor);
    const int64_t block = BlockElements(plan.file_type);
    if (plan.part.cols.begin % block != 0 || plan.part.cols.end % block != 0) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "%s: tensor %s has type %s in blocks of %d, and --tp %d would cut it at columns %d to %d",
          file_.name(), name, DTypeName(plan.file_type), block, shard_.parallelism.tp,
          plan.part.cols.begin, plan.part.cols.end));
    }
    plan.weight.dtype = options_.as_f32 ? DType::kF32 : plan.file_type;
    plan.weight.rows = plan.part.rows.size();
    plan.weight.cols = plan.part.cols.size();
    plan.offset = bytes_;
    plan.destination = destination;
    bytes_ += ops_.WeightBytes(plan.weight.dtype, plan.weight.rows, plan.weight.cols);
    matrices_.push_back(plan);
    return absl::OkStatus();
  }

  absl::Status Vector(const std::string& name, const float** destination) {
    const TensorInfo* tensor = file_.FindTensor(name);
    if (tensor == nullptr || tensor->type != GgmlType::kF32) {
      return absl::NotFoundError(
          absl::StrCat(file_.name(), ": tensor ", name, " is missing or not F32"));
    }
    vectors_.push_back({tensor, bytes_, destination});
    bytes_ += (tensor->dims[0] * 4 + 63) / 64 * 64;
    return absl::OkStatus();
  }

  const GgufFile& file_;
  const ModelConfig& config_;
  const Shard& shard_;
  const Ops& ops_;
  const WeightOptions& options_;
  int64_t bytes_ = 0;
  std::vector<MatrixPlan> matrices_;
  std::vector<VectorPlan> vectors_;
};

absl::Status LoadMatrix(const GgufFile& file, const MatrixPlan& plan, Ops& ops, Stream& stream,
                        const WeightOptions& options) {
  const int64_t block = BlockElements(plan.file_type);
  const int64_t file_row = plan.tensor->dims[0] / block * BlockBytes(plan.file_type);
  const int64_t part_row = plan.part.cols.size() / block * BlockBytes(plan.file_type);
  const int64_t part_offset = plan.part.cols.begin / block * BlockBytes(plan.file_type);
  const bool whole_rows = part_row == file_row;
  const int64_t rows_at_once = std::max<int64_t>(1, kReadBytes / part_row);
  std::vector<uint8_t> bytes(rows_at_once * part_row);
  std::vector<float> f32(plan.weight.dtype != plan.file_type ? plan.weight.cols : 0);
  for (int64_t row = 0; row < plan.weight.rows; row += rows_at_once) {
    if (options.cancelled != nullptr && options.cancelled->load()) {
      return absl::CancelledError("loading was cancelled");
    }
    const int64_t rows = std::min(rows_at_once, plan.weight.rows - row);
    const uint64_t begin =
        plan.tensor->offset + (plan.part.rows.begin + row) * file_row + part_offset;
    if (whole_rows) {
      RETURN_IF_ERROR(file.reader()->ReadAt(begin, bytes.data(), rows * part_row));
    } else {
      for (int64_t r = 0; r < rows; ++r) {
        RETURN_IF_ERROR(
            file.reader()->ReadAt(begin + r * file_row, bytes.data() + r * part_row, part_row));
      }
    }
    if (f32.empty()) {
      RETURN_IF_ERROR(ops.PackRows(stream, plan.weight, row, rows, bytes.data()));
      continue;
    }
    for (int64_t r = 0; r < rows; ++r) {
      DequantiseRow(plan.file_type, bytes.data() + r * part_row, plan.weight.cols, f32.data());
      RETURN_IF_ERROR(ops.PackRows(stream, plan.weight, row + r, 1,
                                   reinterpret_cast<const uint8_t*>(f32.data())));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<int64_t> ModelWeights::Bytes(const GgufFile& file, const ModelConfig& config,
                                            const Shard& shard, const Ops& ops,
                                            const WeightOptions& options) {
  ModelWeights weights;
  Layout layout(file, config, shard, ops, options);
  RETURN_IF_ERROR(layout.Plan(weights));
  return layout.bytes();
}

absl::StatusOr<std::unique_ptr<ModelWeights>> ModelWeights::Describe(const GgufFile& file,
                                                                     const ModelConfig& config,
                                                                     const Shard& shard,
                                                                     const Ops& ops,
                                                                     const WeightOptions& options) {
  auto weights = std::make_unique<ModelWeights>();
  Layout layout(file, config, shard, ops, options);
  RETURN_IF_ERROR(layout.Plan(*weights));
  for (const MatrixPlan& plan : layout.matrices()) *plan.destination = plan.weight;
  if (shard.last_stage() && weights->head.rows == 0) weights->head = weights->embedding;
  return weights;
}

absl::StatusOr<std::unique_ptr<ModelWeights>> ModelWeights::Load(
    const GgufFile& file, const ModelConfig& config, const Shard& shard, Ops& ops, Device& device,
    const WeightOptions& options, const std::function<void(int64_t, int64_t)>& progress) {
  auto weights = std::make_unique<ModelWeights>();
  Layout layout(file, config, shard, ops, options);
  RETURN_IF_ERROR(layout.Plan(*weights));
  ASSIGN_OR_RETURN(weights->memory_, device.Allocate(layout.bytes(), "The weights"));
  ASSIGN_OR_RETURN(const std::unique_ptr<Stream> stream, device.NewStream());
  uint8_t* memory = weights->memory_.data();
  for (const VectorPlan& plan : layout.vectors()) {
    float* values = reinterpret_cast<float*>(memory + plan.offset);
    std::vector<float> read(plan.tensor->dims[0]);
    const int64_t bytes = static_cast<int64_t>(read.size() * sizeof(float));
    RETURN_IF_ERROR(file.reader()->ReadAt(plan.tensor->offset, read.data(), bytes));
    RETURN_IF_ERROR(device.CopyToDevice(*stream, values, read.data(), bytes));
    RETURN_IF_ERROR(stream->Synchronize());
    *plan.destination = values;
  }
  for (MatrixPlan& plan : layout.matrices()) {
    plan.weight.data = memory + plan.offset;
    RETURN_IF_ERROR(LoadMatrix(file, plan, ops, *stream, options));
    *plan.destination = plan.weight;
    progress(plan.offset + ops.WeightBytes(plan.weight.dtype, plan.weight.rows, plan.weight.cols),
             layout.bytes());
  }
  if (shard.last_stage() && weights->head.data == nullptr) weights->head = weights->embedding;
  progress(layout.bytes(), layout.bytes());
  return weights;
}

}  // namespace baton
