// Attention has the bits that attention.h says, as decode and as prefill, and only sees what it
// may.
#include "kernels/cuda/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "kernels/cuda/emulator/tensor_core.h"
#include "kernels/cuda/test_support.h"
#include "kernels/elementary.h"
#include "kernels/float_bits.h"

namespace baton {
namespace {

constexpr float kUntouched = 12345.0f;
constexpr uint16_t kNaN16 = 0x7e00;

struct Chunk {
  int32_t first_position, num_tokens;
};

// One to four tiles; chunks that begin, end and lie across tiles; one that is more than a prefill
// block's 64 rows where q_per_kv is 3 or more.
const std::vector<Chunk> kChunks = {{130, 1}, {50, 22}, {63, 2}, {0, 1}, {0, 5}, {191, 3}, {64, 1}};

const std::vector<Chunk> kShortChunks = {{130, 1}, {62, 5}, {0, 1}};

struct Shape {
  int64_t num_kv_heads, q_per_kv, head_dim, block_size;
  int64_t num_heads() const { return num_kv_heads * q_per_kv; }
  int64_t width() const { return num_heads() * head_dim; }
  std::string name() const {
    return "head_dim " + std::to_string(head_dim) + ", q_per_kv " + std::to_string(q_per_kv) +
           ", blocks of " + std::to_string(block_size);
  }
};

// Sequences in shuffled blocks of a cache in which every position that no sequence has is NaN.
struct Batch {
  Batch(const Shape& s, const std::vector<Chunk>& chunks, uint64_t seed) : shape(s) {
    std::mt19937_64 rng(seed);
    std::normal_distribution<float> normal(0.0f, 1.0f);
    int32_t num_blocks = 3;  // of others
    for (const Chunk& c : chunks) {
      AttentionSequence sequence;
      sequence.first_token = static_cast<int32_t>(num_tokens);
      sequence.num_tokens = c.num_tokens;
      sequence.first_position = c.first_position;
      sequence.first_block = num_blocks - 3;
      sequences.push_back(sequence);
      num_tokens += c.num_tokens;
      num_blocks += (c.first_position + c.num_tokens + static_cast<int32_t>(s.block_size) - 1) /
                    static_cast<int32_t>(s.block_size);
    }
    blocks.resize(static_cast<size_t>(num_blocks));
    std::iota(blocks.begin(), blocks.end(), 0);
    std::shuffle(blocks.begin(), blocks.end(), rng);
    const size_t elements =
        static_cast<size_t>(num_blocks * s.num_kv_heads * s.block_size * s.head_dim);
    keys.assign(elements, kNaN16);
    values.assign(elements, kNaN16);
    const float q_scale = 1.5f / std::sqrt(static_cast<float>(s.head_dim));
    for (const AttentionSequence& sequence : sequences) {
      for (int64_t p = 0; p < sequence.first_position + sequence.num_tokens; ++p) {
        for (int64_t i = 0; i < s.num_kv_heads * s.head_dim; ++i) {
          const int64_t at = At(sequence, p, i / s.head_dim) + i % s.head_dim;
          keys[at] = F32ToF16(normal(rng));
          values[at] = F32ToF16(normal(rng));
        }
      }
    }
    for (int64_t i = 0; i < num_tokens * s.width(); ++i)
      q.push_back(F32ToF16(normal(rng) * q_scale));
  }

  // Where a position's head_dim elements begin.
  int64_t At(const AttentionSequence& sequence, int64_t position, int64_t kv_head) const {
    const int64_t block = blocks[sequence.first_block + position / shape.block_size];
    return ((block * shape.num_kv_heads + kv_head) * shape.block_size +
            position % shape.block_size) *
           shape.head_dim;
  }

  Shape shape;
  int64_t num_tokens = 0;
  std::vector<AttentionSequence> sequences;
  std::vector<int32_t> blocks;
  std::vector<uint16_t> q, keys, values;
};

// --- attention.h in words of C++, a row at a time.

struct Partial {
  float m = -INFINITY, l = 0.0f;
  std::vector<float> o;
};

// One tile. `descending`: the columns of scores go the other way round, which must not pass.
Partial TileOf(const Batch& b, const AttentionSequence& s, int64_t kv_head, const uint16_t* q,
               int64_t last_seen, int64_t tile, bool descending) {
  const int64_t dim = b.shape.head_dim, begin = tile * kAttentionTile;
  const int64_t seen = std::min<int64_t>(kAttentionTile, last_seen - begin + 1);
  float score[kAttentionTile], p[kAttentionTile] = {};
  Partial out;
  for (int64_t j = 0; j < seen; ++j) {
    const uint16_t* const key = &b.keys[b.At(s, begin + j, kv_head)];
    score[j] = 0.0f;
    const int64_t steps = (dim + 15) / 16;
    for (int64_t i = 0; i < steps; ++i) {
      const int64_t d = (descending ? steps - 1 - i : i) * 16;
      uint16_t x[16] = {}, y[16] = {};
      std::copy(q + d, q + std::min(dim, d + 16), x);
      std::copy(key + d, key + std::min(dim, d + 16), y);
      score[j] = TensorCoreStepF16(x, y, score[j]);
    }
    out.m = score[j] > out.m ? score[j] : out.m;
  }
  float lanes[4] = {};
  for (int64_t j = 0; j < seen; ++j) {
    p[j] = ExpF32(score[j] - out.m);
    lanes[j % 8 / 2] += p[j];
  }
  out.l = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
  for (int64_t d = 0; d < dim; ++d) {
    float o = 0.0f;
    for (int64_t first = 0; first < kAttentionTile; first += 16) {
      uint16_t weights[16] = {}, values[16] = {};
      for (int64_t j = first; j < std::min(seen, first + 16); ++j) {
        weights[j - first] = F32ToF16(p[j]);
        values[j - first] = b.values[b.At(s, begin + j, kv_head) + d];
      }
      o = TensorCoreStepF16(weights, values, o);
    }
    out.o.push_back(o);
  }
  return out;
}

std::vector<float> Row(const Batch& b, const AttentionSequence& s, int64_t kv_head,
                       const uint16_t* q, int64_t last_seen, bool descending) {
  float max = -INFINITY, sum = 0.0f;
  std::vector<float> out(static_cast<size_t>(b.shape.head_dim), 0.0f);
  for (int64_t tile = 0; tile <= last_seen / kAttentionTile; ++tile) {
    const Partial t = TileOf(b, s, kv_head, q, last_seen, tile, descending);
    const float new_max = t.m > max ? t.m : max;
    const float keep = ExpF32(max - new_max), add = ExpF32(t.m - new_max);
    sum = std::fmaf(t.l, add, sum * keep);
    for (size_t d = 0; d < out.size(); ++d) out[d] = std::fmaf(t.o[d], add, out[d] * keep);
    max = new_max;
  }
  for (float& x : out) x = x / sum;
  return out;
}

// In double precision, and how far off it may be.
struct Exact {
  std::vector<double> out;
  double bound = 0;
};

// Let D be how far a score may be off: a tensor core's step cuts 17 terms at 2^-25 and its result
// at 2^-23, of at most S = Σ |q| · |k| (twice in binades), so D = steps · 11 · 2^-23 · S. Then
// relative to the largest |v|, V, the result is off by
//  - 2 · 2 D: a weight exp(score − m) is off by e^(2 D) − 1, and so is their sum;
//  - 2^-11 for the weights' rounding to f16, and 2^-25 for each that is below 2^-14, where the sum
//  of weights is at least 1 relative to the largest;
//  - for each tile 4 steps of 11 · 2^-23, 64 + 64 additions and exps of a few 2^-24, less than
//  2^-15 in all, and of the merge less than that again.
Exact ExactRow(const Batch& b, const AttentionSequence& s, int64_t kv_head, const uint16_t* q,
               int64_t last_seen) {
  const int64_t dim = b.shape.head_dim;
  std::vector<double> score;
  double largest = -INFINITY, magnitude = 0, value = 0, sum = 0;
  for (int64_t p = 0; p <= last_seen; ++p) {
    double x = 0, abs = 0;
    for (int64_t d = 0; d < dim; ++d) {
      const double term = double{F16ToF32(q[d])} * F16ToF32(b.keys[b.At(s, p, kv_head) + d]);
      x += term;
      abs += std::fabs(term);
    }
    score.push_back(x);
    largest = std::max(largest, x);
    magnitude = std::max(magnitude, abs);
  }
  Exact exact;
  exact.out.resize(static_cast<size_t>(dim));
  for (int64_t p = 0; p <= last_seen; ++p) {
    const double weight = std::exp(score[p] - largest);
    sum += weight;
    for (int64_t d = 0; d < dim; ++d) {
      const double v = F16ToF32(b.values[b.At(s, p, kv_head) + d]);
      exact.out[d] += weight * v;
      value = std::max(value, std::fabs(v));
    }
  }
  for (double& x : exact.out) x /= sum;
  const double score_error = static_cast<double>((dim + 15) / 16) * 11 * 0x1p-23 * magnitude;
  const double tiles = static_cast<double>(last_seen / kAttentionTile + 1);
  exact.bound = value * (4 * score_error + 0x1p-11 + static_cast<double>(last_seen + 1) * 0x1p-25 +
                         tiles * 0x1p-14);
  return exact;
}

// Calls fn(sequence, kv_head, q, last_seen, where the row's output begins).
template <typename Fn>
void ForRows(const Batch& b, Fn fn) {
  for (const AttentionSequence& s : b.sequences) {
    for (int64_t t = 0; t < s.num_tokens; ++t) {
      for (int64_t head = 0; head < b.shape.num_heads(); ++head) {
        const int64_t at = (s.first_token + t) * b.shape.width() + head * b.shape.head_dim;
        fn(s, head / b.shape.q_per_kv, &b.q[at], s.first_position + t, at);
      }
    }
  }
}

std::vector<float> Expected(const Batch& b, bool descending = false) {
  std::vector<float> out(static_cast<size_t>((b.num_tokens + 1) * b.shape.width()), kUntouched);
  ForRows(b, [&](const AttentionSequence& s, int64_t kv_head, const uint16_t* q, int64_t last_seen,
                 int64_t at) {
    const std::vector<float> row = Row(b, s, kv_head, q, last_seen, descending);
    std::copy(row.begin(), row.end(), out.begin() + at);
  });
  return out;
}

// --- What the kernels give. `as_decode` chooses for those sequences that may be decode.
struct Outputs {
  std::vector<float> f32;
  std::vector<uint16_t> bf16, f16;
};

template <typename AsDecode>
Outputs Computed(const Batch& b, AsDecode as_decode) {
  std::vector<AttentionSequence> sequences = b.sequences;
  AttentionKernelArgs args;
  int64_t pieces = 0;
  for (size_t i = 0; i < sequences.size(); ++i) {
    AttentionSequence& s = sequences[i];
    const int64_t rows = s.num_tokens * b.shape.q_per_kv;
    const int64_t positions = s.first_position + s.num_tokens;
    if (rows <= kDecodeRows && as_decode(i)) {
      s.first_partial = static_cast<int32_t>(pieces);
      pieces += PartialPieces(s.num_tokens, b.shape.num_heads(), positions);
      args.max_decode_positions = std::max(args.max_decode_positions, positions);
    } else {
      args.max_prefill_rows = std::max(args.max_prefill_rows, rows);
    }
  }
  const DeviceVector<uint16_t> q(b.q), keys(b.keys), values(b.values);
  const DeviceVector<AttentionSequence> device_sequences(sequences);
  const DeviceVector<int32_t> blocks(b.blocks);
  const DeviceVector<float> partial(static_cast<size_t>(pieces * (b.shape.head_dim + 2)),
                                    std::numeric_limits<float>::quiet_NaN());
  const size_t elements = static_cast<size_t>((b.num_tokens + 1) * b.shape.width());
  const DeviceVector<float> f32(elements, kUntouched);
  const DeviceVector<uint16_t> bf16(elements, kNaN16), f16(elements, kNaN16);
  args.q = q.data();
  args.keys = keys.data();
  args.values = values.data();
  args.num_heads = b.shape.num_heads();
  args.num_kv_heads = b.shape.num_kv_heads;
  args.head_dim = b.shape.head_dim;
  args.block_size = b.shape.block_size;
  args.sequences = device_sequences.data();
  args.num_sequences = static_cast<int64_t>(sequences.size());
  args.blocks = blocks.data();
  args.partial = partial.data();
  args.out.f32 = f32.data();
  args.out.bf16 = bf16.data();
  args.out.f16 = f16.data();
  args.out.stride = b.shape.width();
  EXPECT_EQ(LaunchAttention(TestStream(), args), cudaSuccess);
  return {f32.Read(), bf16.Read(), f16.Read()};
}

Outputs Computed(const Batch& b) {
  return Computed(b, [](size_t i) { return i % 2 == 0; });
}

void CheckHeadDim(int64_t head_dim) {
  int64_t block_size = 16;
  for (int64_t q_per_kv : {1, 3, 4, 16}) {
    block_size = 48 - block_size;
    // The emulator is slow: fewer heads and tokens where there are many rows.
    const Batch b({q_per_kv < 4 ? 2 : 1, q_per_kv, head_dim, block_size},
                  q_per_kv * head_dim < 1024 ? kChunks : kShortChunks,
                  static_cast<uint64_t>(head_dim));
    const std::vector<float> want = Expected(b);
    // Decode and prefill in one launch, and every sequence as each if it may be.
    for (size_t parity : {0, 1}) {
      const auto decode = [parity](size_t i) { return i % 2 == parity; };
      ASSERT_EQ("", Difference(want, Computed(b, decode).f32)) << b.shape.name();
    }
  }
}

TEST(Attention, HeadsOf8HaveTheSpecifiedBits) { CheckHeadDim(8); }
TEST(Attention, HeadsOf24HaveTheSpecifiedBits) { CheckHeadDim(24); }
TEST(Attention, HeadsOf64HaveTheSpecifiedBits) { CheckHeadDim(64); }
TEST(Attention, HeadsOf128HaveTheSpecifiedBits) { CheckHeadDim(128); }
TEST(Attention, HeadsOf256HaveTheSpecifiedBits) { CheckHeadDim(256); }

// The comparison can fail.
TEST(Attention, AnotherOrderHasOtherBits) {
  const Batch b({1, 1, 64, 16}, {{100, 8}}, 1);
  const std::vector<float> got = Computed(b).f32;
  EXPECT_EQ(NumDifferent(Expected(b), got), 0);
  EXPECT_GT(NumDifferent(Expected(b, /*descending=*/true), got), 100);
}

TEST(Attention, AgreesWithDoubleArithmetic) {
  for (int64_t head_dim : {24, 128}) {
    const Batch b({2, 3, head_dim, 16}, kChunks, 2);
    const std::vector<float> got = Computed(b).f32;
    double worst = 0;
    ForRows(b, [&](const AttentionSequence& s, int64_t kv_head, const uint16_t* q,
                   int64_t last_seen, int64_t at) {
      const Exact exact = ExactRow(b, s, kv_head, q, last_seen);
      for (size_t d = 0; d < exact.out.size(); ++d)
        worst = std::max(worst, std::fabs(exact.out[d] - got[at + d]) / exact.bound);
    });
    EXPECT_LE(worst, 1.0) << b.shape.name();
    EXPECT_GT(worst, 0.005) << b.shape.name() << ": the bound says nothing";
  }
}

TEST(Attention, EveryFormHasTheSameValues) {
  const Batch b({2, 3, 24, 16}, kChunks, 3);
  const Outputs got = Computed(b);
  std::vector<uint16_t> bf16, f16;
  for (int64_t i = 0; i < b.num_tokens * b.shape.width(); ++i) {
    bf16.push_back(F32ToBF16(got.f32[i]));
    f16.push_back(F32ToF16(got.f32[i]));
  }
  bf16.resize(got.bf16.size(), kNaN16);
  f16.resize(got.f16.size(), kNaN16);
  EXPECT_EQ("", Difference(bf16, got.bf16));
  EXPECT_EQ("", Difference(f16, got.f16));
}

// A sequence's rows are the same bits alone, in other blocks and beside others.
TEST(Attention, CompanyChangesNothing) {
  const Shape shape = {2, 4, 24, 32};
  const Batch b(shape, kChunks, 4);
  const std::vector<float> want = Computed(b).f32;
  for (size_t i = 0; i < kChunks.size(); ++i) {
    Batch alone(shape, {kChunks[i]}, 5 + i);
    const AttentionSequence& there = b.sequences[i];
    const AttentionSequence& here = alone.sequences[0];
    const int64_t begin = there.first_token * shape.width(), dim = shape.head_dim;
    const int64_t count = here.num_tokens * shape.width();
    std::copy(b.q.begin() + begin, b.q.begin() + begin + count, alone.q.begin());
    for (int64_t p = 0; p < here.first_position + here.num_tokens; ++p) {
      for (int64_t h = 0; h < shape.num_kv_heads; ++h) {
        const int64_t from = b.At(there, p, h), to = alone.At(here, p, h);
        std::copy_n(b.keys.begin() + from, dim, alone.keys.begin() + to);
        std::copy_n(b.values.begin() + from, dim, alone.values.begin() + to);
      }
    }
    for (bool decode : {false, true}) {
      std::vector<float> got = Computed(alone, [decode](size_t) { return decode; }).f32;
      got.resize(static_cast<size_t>(count));
      EXPECT_EQ("", Difference({want.begin() + begin, want.begin() + begin + count}, got))
          << "sequence " << i << (decode ? ", decode" : ", prefill");
    }
  }
}

// Batch puts NaN wherever no sequence has a position, and all results above are numbers. With zeros
// there instead, no bit is another.
TEST(Attention, WhatNobodyMaySeeChangesNothing) {
  Batch b({2, 3, 24, 32}, kChunks, 6);
  const std::vector<float> want = Computed(b).f32;
  for (float x : want) ASSERT_TRUE(std::isfinite(x));
  EXPECT_GT(std::count(b.keys.begin(), b.keys.end(), kNaN16), 2 * 32 * 24);
  std::replace(b.keys.begin(), b.keys.end(), kNaN16, uint16_t{0});
  std::replace(b.values.begin(), b.values.end(), kNaN16, uint16_t{0});
  EXPECT_EQ("", Difference(want, Computed(b).f32));
  // A NaN that a row does see is its own, and that of later rows.
  const AttentionSequence& s = b.sequences[1];  // 22 tokens from position 50
  b.keys[b.At(s, 60, 0)] = kNaN16;
  const std::vector<float> got = Computed(b).f32;
  for (int64_t t = 0; t < s.num_tokens; ++t) {
    const float x = got[(s.first_token + t) * b.shape.width()];
    EXPECT_EQ(std::isnan(x), s.first_position + t >= 60) << t;
  }
}

TEST(Attention, SoManyPartialPieces) {
  EXPECT_EQ(PartialPieces(1, 8, 1), 8);
  EXPECT_EQ(PartialPieces(1, 8, 64), 8);
  EXPECT_EQ(PartialPieces(1, 8, 65), 16);
  EXPECT_EQ(PartialPieces(4, 6, 130), 72);
}

TEST(Attention, WrongArgumentsAreRefused) {
  const DeviceVector<uint16_t> memory(4096, uint16_t{0});
  const DeviceVector<float> partial(4096, 0.0f);
  AttentionKernelArgs right;
  right.q = right.keys = right.values = memory.data();
  right.num_heads = 4, right.num_kv_heads = 2, right.head_dim = 8;
  right.block_size = 16;
  right.partial = partial.data();
  EXPECT_EQ(LaunchAttention(TestStream(), right), cudaSuccess);  // no sequences
  const struct {
    const char* what;
    void (*change)(AttentionKernelArgs*);
  } kWrong[] = {
      {"no KV heads", [](AttentionKernelArgs* a) { a->num_kv_heads = 0; }},
      {"no heads", [](AttentionKernelArgs* a) { a->num_heads = 0; }},
      {"uneven heads", [](AttentionKernelArgs* a) { a->num_heads = 5; }},
      {"too many KV heads", [](AttentionKernelArgs* a) { a->num_heads = a->num_kv_heads = 4097; }},
      {"no head_dim", [](AttentionKernelArgs* a) { a->head_dim = 0; }},
      {"head_dim no multiple of 8", [](AttentionKernelArgs* a) { a->head_dim = 12; }},
      {"head_dim too large", [](AttentionKernelArgs* a) { a->head_dim = 264; }},
      {"no block_size", [](AttentionKernelArgs* a) { a->block_size = 0; }},
      {"block_size no multiple of 16", [](AttentionKernelArgs* a) { a->block_size = 24; }},
      {"negative sequences", [](AttentionKernelArgs* a) { a->num_sequences = -1; }},
      {"too many sequences", [](AttentionKernelArgs* a) { a->num_sequences = 65536; }},
      {"q unaligned", [](AttentionKernelArgs* a) { a->q += 4; }},
      {"keys unaligned", [](AttentionKernelArgs* a) { a->keys += 1; }},
      {"values unaligned", [](AttentionKernelArgs* a) { a->values += 4; }},
      {"decode without partial",
       [](AttentionKernelArgs* a) { a->max_decode_positions = 1, a->partial = nullptr; }},
      {"negative rows", [](AttentionKernelArgs* a) { a->max_prefill_rows = -1; }},
      {"negative positions", [](AttentionKernelArgs* a) { a->max_decode_positions = -1; }},
  };
  const uint64_t launches = emulator::NumLaunches();
  for (const auto& wrong : kWrong) {
    AttentionKernelArgs args = right;
    wrong.change(&args);
    EXPECT_EQ(LaunchAttention(TestStream(), args), cudaErrorInvalidValue) << wrong.what;
  }
  EXPECT_EQ(cudaStreamSynchronize(TestStream()), cudaSuccess);
  EXPECT_EQ(emulator::NumLaunches(), launches);
}

}  // namespace
}  // namespace baton
