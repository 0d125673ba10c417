#include "kernels/cuda/attention.h"
#include "kernels/cuda/device_code.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/row_forms.h"

namespace baton {
namespace {

constexpr int kWarpRows = 16;
constexpr int kPrefillWarps = 4;
constexpr int kKeyTiles = kAttentionTile / 8;  // of 8 keys, as products give them
constexpr int kMergeThreads = 128;
constexpr float kNothing = -INFINITY;

// kDim is head_dim rounded up to 64, 128 or 256; a block computes at most 128 of its columns.
template <int kDim>
struct Tile {
  static constexpr int kRowBytes = kDim * 2, kChunks = kDim / 8;  // chunks of 16 bytes
  static constexpr int kColumns = kDim < 128 ? kDim : 128;
  static constexpr int kParts = kDim / kColumns;
  static constexpr int kKvBytes = 2 * kAttentionTile * kRowBytes;
  static constexpr int kPrefillRows = kPrefillWarps * kWarpRows;
  static constexpr int kPrefillBytes = kPrefillRows * kRowBytes + 2 * kKvBytes;
  static constexpr int kDecodeBytes = kWarpRows * kRowBytes + kKvBytes;

  static BATON_DEVICE uint8_t* ChunkAt(uint8_t* rows, int row, int chunk) {
    return rows + row * kRowBytes + ((chunk ^ (row & 7)) * 16);
  }
};

// What a block works on: rows of one sequence and KV head.
struct Work {
  AttentionSequence sequence;
  int64_t kv_head, q_per_kv;
  int64_t num_rows;  // of the sequence and KV head

  BATON_DEVICE int64_t TokenOf(int64_t row) const { return sequence.first_token + row / q_per_kv; }
  BATON_DEVICE int64_t HeadOf(int64_t row) const { return kv_head * q_per_kv + row % q_per_kv; }
  // The last position that a row sees; −1 for rows that there are not.
  BATON_DEVICE int64_t LastSeen(int64_t row) const {
    return row < num_rows ? sequence.first_position + row / q_per_kv : -1;
  }
  BATON_DEVICE int64_t NumPositions() const {
    return int64_t{sequence.first_position} + sequence.num_tokens;
  }
  BATON_DEVICE bool IsDecode() const { return sequence.first_partial >= 0; }
};

BATON_DEVICE Work MakeWork(const AttentionKernelArgs& args, int64_t sequence, int64_t kv_head) {
  Work work;
  work.sequence = args.sequences[sequence];
  work.kv_head = kv_head;
  work.q_per_kv = args.num_heads / args.num_kv_heads;
  work.num_rows = work.sequence.num_tokens * work.q_per_kv;
  return work;
}

// Queries of rows from `first_row`, zeros for rows and elements that there are not.
template <int kDim>
BATON_DEVICE void LoadQueries(const AttentionKernelArgs& args, const Work& work, int64_t first_row,
                              int num_rows, uint8_t* shared) {
  using T = Tile<kDim>;
  for (int i = static_cast<int>(threadIdx.x); i < num_rows * T::kChunks;
       i += static_cast<int>(blockDim.x)) {
    const int row = i / T::kChunks, chunk = i % T::kChunks;
    const int64_t r = first_row + row;
    const bool valid = r < work.num_rows && chunk * 8 < args.head_dim;
    const int64_t from =
        valid ? (work.TokenOf(r) * args.num_heads + work.HeadOf(r)) * args.head_dim + chunk * 8 : 0;
    CopyAsync16(T::ChunkAt(shared, row, chunk), args.q + from, valid);
  }
}

// Keys, then values, of a tile; zeros for positions and elements that there are not.
template <int kDim>
BATON_DEVICE void LoadKeysAndValues(const AttentionKernelArgs& args, const Work& work, int64_t tile,
                                    uint8_t* shared) {
  using T = Tile<kDim>;
  for (int i = static_cast<int>(threadIdx.x); i < kAttentionTile * T::kChunks;
       i += static_cast<int>(blockDim.x)) {
    const int row = i / T::kChunks, chunk = i % T::kChunks;
    const int64_t position = tile * kAttentionTile + row;
    const bool valid = position < work.NumPositions() && chunk * 8 < args.head_dim;
    int64_t from = 0;
    if (valid) {
      const int64_t block = args.blocks[work.sequence.first_block + position / args.block_size];
      from = ((block * args.num_kv_heads + work.kv_head) * args.block_size +
              position % args.block_size) *
                 args.head_dim +
             chunk * 8;
    }
    CopyAsync16(T::ChunkAt(shared, row, chunk), args.keys + from, valid);
    CopyAsync16(T::ChunkAt(shared + kAttentionTile * T::kRowBytes, row, chunk), args.values + from,
                valid);
  }
}

// What a warp's 16 rows get of a tile's scores: for the lane's rows g and g + 8, the largest score,
// the sum of the weights, and the weights in f16 as the second product wants them.
struct Weights {
  float m[2], l[2];
  uint32_t p[kAttentionTile / 16][4];
};

template <int kDim>
BATON_DEVICE Weights ScoreTile(const Work& work, int64_t first_row, int64_t tile, uint8_t* queries,
                               int warp_row, uint8_t* keys) {
  using T = Tile<kDim>;
  const int lane = LaneIndex();
  float s[kKeyTiles][4] = {};
#pragma unroll 4
  for (int step = 0; step < kDim / 16; ++step) {
    uint32_t a[4];
    LoadMatrices(a, T::ChunkAt(queries, warp_row + lane % 16, step * 2 + lane / 16));
#pragma unroll
    for (int n = 0; n < kKeyTiles; n += 2) {
      uint32_t b[4];
      const int key = (n + lane / 16) * 8 + lane % 8;
      LoadMatrices(b, T::ChunkAt(keys, key, step * 2 + lane / 8 % 2));
      const uint32_t first[2] = {b[0], b[1]}, second[2] = {b[2], b[3]};
      MmaF16(s[n], a, first);
      MmaF16(s[n + 1], a, second);
    }
  }
  Weights w;
#pragma unroll
  for (int upper = 0; upper < 2; ++upper) {  // rows g, then rows g + 8
    const int64_t seen = work.LastSeen(first_row + lane / 4 + upper * 8) - tile * kAttentionTile;
    float m = kNothing;
#pragma unroll
    for (int n = 0; n < kKeyTiles; ++n) {
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        if (n * 8 + lane % 4 * 2 + i <= seen) m = Larger(m, s[n][upper * 2 + i]);
      }
    }
    m = Larger(m, ShuffleXor(m, 1));
    m = Larger(m, ShuffleXor(m, 2));
    float l = 0.0f;
#pragma unroll
    for (int n = 0; n < kKeyTiles; ++n) {
      uint16_t pair[2];
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        float p = 0.0f;
        if (n * 8 + lane % 4 * 2 + i <= seen) {
          p = ExpF32(Add(s[n][upper * 2 + i], -m));
          l = Add(l, p);
        }
        pair[i] = F32ToF16(p);
      }
      w.p[n / 2][n % 2 * 2 + upper] = Pack16(pair[0], pair[1]);
    }
    l = Add(l, ShuffleXor(l, 1));
    l = Add(l, ShuffleXor(l, 2));
    w.m[upper] = m;
    w.l[upper] = l;
  }
  return w;
}

// o [16, 16] = p · v for 16 of the tile's columns: o[0] the first eight, o[1] the others.
template <int kDim>
BATON_DEVICE void WeighValues(const Weights& w, uint8_t* values, int column, float (&o)[2][4]) {
  using T = Tile<kDim>;
  const int lane = LaneIndex();
#pragma unroll
  for (int step = 0; step < kAttentionTile / 16; ++step) {
    uint32_t b[4];
    LoadMatricesTransposed(b, T::ChunkAt(values, step * 16 + lane % 16, column / 8 + lane / 16));
    const uint32_t first[2] = {b[0], b[1]}, second[2] = {b[2], b[3]};
    MmaF16(o[0], w.p[step], first);
    MmaF16(o[1], w.p[step], second);
  }
}

// How a tile is merged into what was before: O = fma(o, add, O · keep).
struct Merge {
  float keep, add;
};

BATON_DEVICE Merge MergeSums(float m, float l, float* max_m, float* sum_l) {
  if (m == kNothing) return {1.0f, 0.0f};
  const float new_m = Larger(*max_m, m);
  const Merge merge = {ExpF32(Add(*max_m, -new_m)), ExpF32(Add(m, -new_m))};
  *sum_l = Fma(l, merge.add, Mul(*sum_l, merge.keep));
  *max_m = new_m;
  return merge;
}

template <int kDim>
__global__ void __launch_bounds__(32 * kPrefillWarps)
    Prefill(const __grid_constant__ AttentionKernelArgs args) {
  using T = Tile<kDim>;
  const int64_t kv_head = blockIdx.y / T::kParts;
  const int first_column = static_cast<int>(blockIdx.y % T::kParts) * T::kColumns;
  const Work work = MakeWork(args, blockIdx.z, kv_head);
  const int64_t block_row = static_cast<int64_t>(blockIdx.x) * T::kPrefillRows;
  if (work.IsDecode() || block_row >= work.num_rows) return;
  uint8_t* const queries = SharedMemory();
  uint8_t* const stages = queries + T::kPrefillRows * T::kRowBytes;
  const int warp_row = WarpIndex() * kWarpRows, lane = LaneIndex();
  const int64_t first_row = block_row + warp_row;

  int64_t last_row = block_row + T::kPrefillRows - 1;
  if (last_row >= work.num_rows) last_row = work.num_rows - 1;
  const int64_t num_tiles = work.LastSeen(last_row) / kAttentionTile + 1;
  float max_m[2] = {kNothing, kNothing}, sum_l[2] = {0.0f, 0.0f};
  float o[T::kColumns / 8][4] = {};

  LoadQueries<kDim>(args, work, block_row, T::kPrefillRows, queries);
  LoadKeysAndValues<kDim>(args, work, 0, stages);
  CommitCopies();
  for (int64_t tile = 0; tile < num_tiles; ++tile) {
    uint8_t* const keys = stages + tile % 2 * T::kKvBytes;
    if (tile + 1 < num_tiles)
      LoadKeysAndValues<kDim>(args, work, tile + 1, stages + (tile + 1) % 2 * T::kKvBytes);
    CommitCopies();
    WaitCopies<1>();
    __syncthreads();
    const Weights w = ScoreTile<kDim>(work, first_row, tile, queries, warp_row, keys);
    Merge merge[2];
#pragma unroll
    for (int upper = 0; upper < 2; ++upper)
      merge[upper] = MergeSums(w.m[upper], w.l[upper], &max_m[upper], &sum_l[upper]);
#pragma unroll
    for (int c = 0; c < T::kColumns / 16; ++c) {
      float tile_o[2][4] = {};
      WeighValues<kDim>(w, keys + kAttentionTile * T::kRowBytes, first_column + c * 16, tile_o);
#pragma unroll
      for (int i = 0; i < 8; ++i) {
        float& sum = o[c * 2 + i / 4][i % 4];
        const Merge& by = merge[i % 4 / 2];
        if (w.m[i % 4 / 2] != kNothing) sum = Fma(tile_o[i / 4][i % 4], by.add, Mul(sum, by.keep));
      }
    }
    __syncthreads();  // all have done with the stage that is filled next
  }
#pragma unroll
  for (int c = 0; c < T::kColumns / 8; ++c) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int64_t row = first_row + lane / 4 + i / 2 * 8;
      const int64_t column = first_column + c * 8 + lane % 4 * 2 + i % 2;
      if (row >= work.num_rows || column >= args.head_dim) continue;
      StoreForms(args.out, work.TokenOf(row), args.num_heads * args.head_dim,
                 work.HeadOf(row) * args.head_dim + column, Div(o[c][i], sum_l[i / 2]));
    }
  }
}

BATON_HOST_DEVICE constexpr int64_t TilesOf(int64_t num_positions) {
  return (num_positions + kAttentionTile - 1) / kAttentionTile;
}

// Of a KV head, row and tile: m, l and o [head_dim].
BATON_DEVICE float* PartialAt(const AttentionKernelArgs& args, const Work& work, int64_t row,
                              int64_t tile) {
  const int64_t tiles = TilesOf(work.NumPositions());
  const int64_t piece =
      work.sequence.first_partial + (work.kv_head * work.num_rows + row) * tiles + tile;
  return args.partial + piece * (args.head_dim + 2);
}

// One warp, one tile.
template <int kDim>
__global__ void __launch_bounds__(32) DecodeTile(const __grid_constant__ AttentionKernelArgs args) {
  using T = Tile<kDim>;
  const int64_t kv_head = blockIdx.y / T::kParts, tile = blockIdx.x;
  const int first_column = static_cast<int>(blockIdx.y % T::kParts) * T::kColumns;
  const Work work = MakeWork(args, blockIdx.z, kv_head);
  if (!work.IsDecode() || tile * kAttentionTile >= work.NumPositions()) return;
  uint8_t* const queries = SharedMemory();
  uint8_t* const keys = queries + kWarpRows * T::kRowBytes;
  const int lane = LaneIndex();
  LoadQueries<kDim>(args, work, 0, kWarpRows, queries);
  LoadKeysAndValues<kDim>(args, work, tile, keys);
  CommitCopies();
  WaitCopies<0>();
  SyncWarp();
  const Weights w = ScoreTile<kDim>(work, 0, tile, queries, 0, keys);
#pragma unroll
  for (int upper = 0; upper < 2; ++upper) {
    const int64_t row = lane / 4 + upper * 8;
    if (row >= work.num_rows || lane % 4 != 0 || first_column != 0) continue;
    float* const out = PartialAt(args, work, row, tile);
    out[0] = w.m[upper];
    out[1] = w.l[upper];
  }
#pragma unroll 2
  for (int c = 0; c < T::kColumns / 16; ++c) {
    float o[2][4] = {};
    WeighValues<kDim>(w, keys + kAttentionTile * T::kRowBytes, first_column + c * 16, o);
#pragma unroll
    for (int i = 0; i < 8; ++i) {
      const int64_t row = lane / 4 + i % 4 / 2 * 8;
      const int64_t column = first_column + c * 16 + i / 4 * 8 + lane % 4 * 2 + i % 2;
      if (row < work.num_rows && column < args.head_dim)
        PartialAt(args, work, row, tile)[2 + column] = o[i / 4][i % 4];
    }
  }
}

__global__ void __launch_bounds__(kMergeThreads)
    MergeTiles(const __grid_constant__ AttentionKernelArgs args) {
  const int64_t row = blockIdx.x;
  const Work work = MakeWork(args, blockIdx.z, blockIdx.y);
  if (!work.IsDecode() || row >= work.num_rows) return;
  const int64_t num_tiles = work.LastSeen(row) / kAttentionTile + 1;
  for (int64_t column = threadIdx.x; column < args.head_dim; column += kMergeThreads) {
    float max_m = kNothing, sum_l = 0.0f, sum_o = 0.0f;
    for (int64_t tile = 0; tile < num_tiles; ++tile) {
      const float* const from = PartialAt(args, work, row, tile);
      const Merge merge = MergeSums(from[0], from[1], &max_m, &sum_l);
      sum_o = Fma(from[2 + column], merge.add, Mul(sum_o, merge.keep));
    }
    StoreForms(args.out, work.TokenOf(row), args.num_heads * args.head_dim,
               work.HeadOf(row) * args.head_dim + column, Div(sum_o, sum_l));
  }
}

template <int kDim>
cudaError_t LaunchDim(cudaStream_t stream, const AttentionKernelArgs& args) {
  using T = Tile<kDim>;
  const unsigned kv_heads = static_cast<unsigned>(args.num_kv_heads);
  const unsigned sequences = static_cast<unsigned>(args.num_sequences);
  if (args.max_prefill_rows > 0) {
    const dim3 grid(
        static_cast<unsigned>((args.max_prefill_rows + T::kPrefillRows - 1) / T::kPrefillRows),
        kv_heads * T::kParts, sequences);
    const cudaError_t error =
        LaunchKernel(Prefill<kDim>, grid, dim3(32 * kPrefillWarps), T::kPrefillBytes, stream, args);
    if (error != cudaSuccess) return error;
  }
  if (args.max_decode_positions == 0) return cudaSuccess;
  const dim3 grid(static_cast<unsigned>(TilesOf(args.max_decode_positions)), kv_heads * T::kParts,
                  sequences);
  const cudaError_t error =
      LaunchKernel(DecodeTile<kDim>, grid, dim3(32), T::kDecodeBytes, stream, args);
  if (error != cudaSuccess) return error;
  return LaunchKernel(MergeTiles, dim3(static_cast<unsigned>(kDecodeRows), kv_heads, sequences),
                      dim3(kMergeThreads), 0, stream, args);
}

bool IsValid(const AttentionKernelArgs& args) {
  return args.num_kv_heads >= 1 && args.num_heads >= 1 && args.num_heads % args.num_kv_heads == 0 &&
         args.head_dim >= 8 && args.head_dim % 8 == 0 && args.head_dim <= kMaxHeadDim &&
         args.block_size >= 16 && args.block_size % 16 == 0 && args.num_sequences >= 0 &&
         args.num_sequences <= 65535 && args.num_kv_heads <= 4096 &&
         reinterpret_cast<uintptr_t>(args.q) % 16 == 0 &&
         reinterpret_cast<uintptr_t>(args.keys) % 16 == 0 &&
         reinterpret_cast<uintptr_t>(args.values) % 16 == 0 && args.max_prefill_rows >= 0 &&
         args.max_decode_positions >= 0 &&
         (args.max_decode_positions == 0 || args.partial != nullptr);
}

}  // namespace

int64_t PartialPieces(int64_t num_tokens, int64_t num_heads, int64_t num_positions) {
  return num_tokens * num_heads * TilesOf(num_positions);
}

cudaError_t LaunchAttention(cudaStream_t stream, const AttentionKernelArgs& args) {
  if (!IsValid(args)) return cudaErrorInvalidValue;
  if (args.num_sequences == 0) return cudaSuccess;
  if (args.head_dim <= 64) return LaunchDim<64>(stream, args);
  if (args.head_dim <= 128) return LaunchDim<128>(stream, args);
  return LaunchDim<256>(stream, args);
}

}  // namespace baton
