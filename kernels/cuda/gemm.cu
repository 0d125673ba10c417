#include "kernels/cuda/device_code.h"
#include "kernels/cuda/gemm.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/weight_layout.h"
#include "kernels/cuda/weight_values.h"

namespace baton {
namespace {

constexpr int kTileColumns = 64;           // of one stage
constexpr int kChunks = kTileColumns / 8;  // of 16 bytes, in a row of a stage
constexpr int kRowBytes = kTileColumns * 2;

// What a block computes: 16 · kMTiles outputs for each of kWarpsN warps, 8 · kTTiles tokens for
// each of kWarpsT.
template <int kWarpsN_, int kWarpsT_, int kMTiles_, int kTTiles_, int kStages_>
struct Shape {
  static constexpr int kWarpsN = kWarpsN_, kWarpsT = kWarpsT_, kMTiles = kMTiles_,
                       kTTiles = kTTiles_, kStages = kStages_;
  static constexpr int kThreads = 32 * kWarpsN * kWarpsT;
  static constexpr int kOutputs = 16 * kMTiles * kWarpsN, kTokens = 8 * kTTiles * kWarpsT;
  static constexpr int kStageBytes = (kOutputs + kTokens) * kRowBytes;
  static constexpr int kSharedBytes = kStages * kStageBytes;
};

// Chunk c of row r stands at c ^ (r % 8), so that eight rows' same chunks lie in different banks.
BATON_DEVICE uint8_t* ChunkAt(uint8_t* tile, int row, int chunk) {
  return tile + row * kRowBytes + ((chunk ^ (row & 7)) * 16);
}

// The matrix that a block's outputs are of.
struct Part {
  const uint8_t* data;
  int64_t rows, first_row;  // of the matrix, and of the block in it
  int64_t y_column;         // where the block's first output goes
};

BATON_DEVICE Part FindPart(const GemmArgs& args, int64_t tile, int outputs) {
  int64_t column = 0;
#pragma unroll
  for (int i = 0; i < kMaxGemmWeights; ++i) {
    const int64_t rows = args.weights[i].rows;
    const int64_t tiles = (rows + outputs - 1) / outputs;
    if (tile < tiles) {
      return {args.weights[i].data, rows, tile * outputs, column + tile * outputs};
    }
    tile -= tiles;
    column += rows;
  }
  return {nullptr, 0, 0, 0};
}

template <DType kType, typename S>
BATON_DEVICE void LoadStage(const GemmArgs& args, const Part& part, int64_t first_token,
                            int64_t first_col, uint8_t* stage) {
#pragma unroll(IsQuantised(kType) ? 1 : 4)  // eight values at once are registers enough
  for (int i = static_cast<int>(threadIdx.x); i < S::kOutputs * kChunks; i += S::kThreads) {
    const int row = i / kChunks, chunk = i % kChunks;
    const int64_t col = first_col + chunk * 8;
    const bool valid = part.first_row + row < part.rows && col < args.cols;
    const int64_t from_row = valid ? part.first_row + row : 0, from_col = valid ? col : 0;
    const CudaWeightLayout layout = {kType, part.rows, args.cols};
    uint8_t* const to = ChunkAt(stage, row, chunk);
    if (kType == DType::kBF16 || kType == DType::kF16) {
      CopyAsync16(to, part.data + (from_row * layout.stride() + from_col) * 2, valid);
    } else {
      uint4 values = {0, 0, 0, 0};
      if (valid) values = LoadEightAsBF16<kType>(layout, part.data, from_row, from_col);
      *reinterpret_cast<uint4*>(to) = values;
    }
  }
  uint8_t* const tokens = stage + S::kOutputs * kRowBytes;
  const uint16_t* const x = static_cast<const uint16_t*>(args.x);
#pragma unroll 4
  for (int i = static_cast<int>(threadIdx.x); i < S::kTokens * kChunks; i += S::kThreads) {
    const int row = i / kChunks, chunk = i % kChunks;
    const int64_t token = first_token + row, col = first_col + chunk * 8;
    const bool valid = token < args.tokens && col < args.cols;
    CopyAsync16(ChunkAt(tokens, row, chunk), x + (valid ? token * args.x_stride + col : 0), valid);
  }
}

// One stage's columns, ascending, into the warp's accumulators.
template <DType kType, typename S>
BATON_DEVICE void ComputeStage(uint8_t* stage, float (&acc)[S::kMTiles][S::kTTiles][4]) {
  const int lane = LaneIndex(), warp_n = WarpIndex() % S::kWarpsN,
            warp_t = WarpIndex() / S::kWarpsN;
  uint8_t* const tokens = stage + S::kOutputs * kRowBytes;
#pragma unroll
  for (int k32 = 0; k32 < kTileColumns / 32; ++k32) {
    uint32_t b[S::kTTiles][4];
#pragma unroll
    for (int t = 0; t < S::kTTiles; ++t) {
      const int row = (warp_t * S::kTTiles + t) * 8 + lane % 8;
      LoadMatrices(b[t], ChunkAt(tokens, row, k32 * 4 + lane / 8));
    }
#pragma unroll
    for (int half = 0; half < 2; ++half) {
#pragma unroll
      for (int m = 0; m < S::kMTiles; ++m) {
        uint32_t a[4];
        const int row = (warp_n * S::kMTiles + m) * 16 + lane % 16;
        LoadMatrices(a, ChunkAt(stage, row, k32 * 4 + half * 2 + lane / 16));
#pragma unroll
        for (int t = 0; t < S::kTTiles; ++t) {
          const uint32_t pair[2] = {b[t][2 * half], b[t][2 * half + 1]};
          if (kType == DType::kF16) {
            MmaF16(acc[m][t], a, pair);
          } else {
            MmaBF16(acc[m][t], a, pair);
          }
        }
      }
    }
  }
}

template <typename S>
BATON_DEVICE void Store(const GemmArgs& args, const Part& part, int64_t first_token,
                        const float (&acc)[S::kMTiles][S::kTTiles][4]) {
  const int lane = LaneIndex(), warp_n = WarpIndex() % S::kWarpsN,
            warp_t = WarpIndex() / S::kWarpsN;
#pragma unroll
  for (int m = 0; m < S::kMTiles; ++m) {
#pragma unroll
    for (int t = 0; t < S::kTTiles; ++t) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const int output = (warp_n * S::kMTiles + m) * 16 + lane / 4 + (i >= 2 ? 8 : 0);
        const int64_t token = first_token + (warp_t * S::kTTiles + t) * 8 + lane % 4 * 2 + i % 2;
        if (part.first_row + output < part.rows && token < args.tokens)
          args.y[token * args.ldy + part.y_column + output] = acc[m][t][i];
      }
    }
  }
}

template <DType kType, typename S>
__global__ void __launch_bounds__(S::kThreads)
    TensorCoreGemm(const __grid_constant__ GemmArgs args) {
  uint8_t* const shared = SharedMemory();
  const Part part = FindPart(args, blockIdx.x, S::kOutputs);
  const int64_t first_token = static_cast<int64_t>(blockIdx.y) * S::kTokens;
  const int steps = static_cast<int>((args.cols + kTileColumns - 1) / kTileColumns);
  float acc[S::kMTiles][S::kTTiles][4] = {};
  const auto stage_at = [shared](int step) { return shared + step % S::kStages * S::kStageBytes; };
#pragma unroll
  for (int step = 0; step < S::kStages - 1; ++step) {
    if (step < steps)
      LoadStage<kType, S>(args, part, first_token, int64_t{step} * kTileColumns, stage_at(step));
    CommitCopies();
  }
  for (int step = 0; step < steps; ++step) {
    WaitCopies<S::kStages - 2>();
    __syncthreads();  // this stage is there for all, and all have done with the one to be filled
    const int next = step + S::kStages - 1;
    if (next < steps)
      LoadStage<kType, S>(args, part, first_token, int64_t{next} * kTileColumns, stage_at(next));
    CommitCopies();
    ComputeStage<kType, S>(stage_at(step), acc);
  }
  Store<S>(args, part, first_token, acc);
}

constexpr int kPlainThreads = 128;

__global__ void __launch_bounds__(kPlainThreads) PlainGemm(const __grid_constant__ GemmArgs args) {
  const Part part = FindPart(args, blockIdx.x, kPlainThreads);
  const int64_t row = part.first_row + threadIdx.x, token = blockIdx.y;
  if (row >= part.rows) return;
  const float* const w = reinterpret_cast<const float*>(part.data) + row;
  const float* const x = static_cast<const float*>(args.x) + token * args.x_stride;
  float acc = 0.0f;
  for (int64_t k = 0; k < args.cols; ++k) acc = Fma(w[k * part.rows], x[k], acc);
  args.y[token * args.ldy + part.y_column + threadIdx.x] = acc;
}

int64_t NumTiles(const GemmArgs& args, int outputs) {
  int64_t tiles = 0;
  for (const GemmWeight& w : args.weights) tiles += (w.rows + outputs - 1) / outputs;
  return tiles;
}

template <DType kType, typename S>
cudaError_t LaunchShape(cudaStream_t stream, const GemmArgs& args) {
  const dim3 grid(static_cast<unsigned>(NumTiles(args, S::kOutputs)),
                  static_cast<unsigned>((args.tokens + S::kTokens - 1) / S::kTokens));
  return LaunchKernel(TensorCoreGemm<kType, S>, grid, dim3(S::kThreads), S::kSharedBytes, stream,
                      args);
}

template <DType kType>
cudaError_t LaunchType(cudaStream_t stream, const GemmArgs& args, GemmTile tile) {
  switch (tile) {
    case GemmTile::k32x8:
      return LaunchShape<kType, Shape<2, 1, 1, 1, 8>>(stream, args);
    case GemmTile::k32x16:
      return LaunchShape<kType, Shape<2, 1, 1, 2, 8>>(stream, args);
    case GemmTile::k32x64:
      return LaunchShape<kType, Shape<2, 1, 1, 8, 6>>(stream, args);
    case GemmTile::k128x128:
      return LaunchShape<kType, Shape<2, 4, 4, 4, 4>>(stream, args);
  }
  return cudaErrorInvalidValue;
}

bool IsAligned(const void* p) { return reinterpret_cast<uintptr_t>(p) % 16 == 0; }

bool IsValid(const GemmArgs& args) {
  if (args.num_weights < 1 || args.num_weights > kMaxGemmWeights || args.cols < 1 ||
      args.tokens < 0 || args.x == nullptr || args.y == nullptr || args.x_stride < args.cols) {
    return false;
  }
  int64_t outputs = 0;
  for (int i = 0; i < kMaxGemmWeights; ++i) {
    const GemmWeight& w = args.weights[i];
    const bool there = w.rows >= 1 && w.data != nullptr && IsAligned(w.data);
    if (i < args.num_weights ? !there : w.rows != 0) return false;
    outputs += w.rows;
  }
  if (args.ldy < outputs) return false;
  if (IsQuantised(args.dtype) && args.cols % 32 != 0) return false;
  return args.dtype == DType::kF32 || (args.x_stride % 8 == 0 && IsAligned(args.x));
}

}  // namespace

const char* GemmTileName(GemmTile tile) {
  switch (tile) {
    case GemmTile::k32x8:
      return "32x8";
    case GemmTile::k32x16:
      return "32x16";
    case GemmTile::k32x64:
      return "32x64";
    case GemmTile::k128x128:
      return "128x128";
  }
  return "?";
}

GemmTile DefaultGemmTile(int64_t tokens) {
  if (tokens <= 8) return GemmTile::k32x8;
  if (tokens <= 16) return GemmTile::k32x16;
  return tokens <= 64 ? GemmTile::k32x64 : GemmTile::k128x128;
}

cudaError_t LaunchGemm(cudaStream_t stream, const GemmArgs& args, GemmTile tile) {
  if (!IsValid(args)) return cudaErrorInvalidValue;
  if (args.tokens == 0) return cudaSuccess;
  switch (args.dtype) {
    case DType::kF32:
      return LaunchKernel(PlainGemm,
                          dim3(static_cast<unsigned>(NumTiles(args, kPlainThreads)),
                               static_cast<unsigned>(args.tokens)),
                          dim3(kPlainThreads), 0, stream, args);
    case DType::kF16:
      return LaunchType<DType::kF16>(stream, args, tile);
    case DType::kBF16:
      return LaunchType<DType::kBF16>(stream, args, tile);
    case DType::kQ8_0:
      return LaunchType<DType::kQ8_0>(stream, args, tile);
    case DType::kQ4_0:
      return LaunchType<DType::kQ4_0>(stream, args, tile);
    case DType::kQ4_1:
      return LaunchType<DType::kQ4_1>(stream, args, tile);
  }
  return cudaErrorInvalidValue;
}

}  // namespace baton
