// What kernels are written in: arithmetic that rounds where it says, warp-wide instructions, and
// asynchronous copies, for nvcc and for the emulator.
//
// A product or sum of floats in a kernel is one of the functions here, never an operator, so that
// no compiler makes a fused multiply-add of them and fusing two kernels changes no bit.
#ifndef BATON_KERNELS_CUDA_DEVICE_CODE_H_
#define BATON_KERNELS_CUDA_DEVICE_CODE_H_

#include <cuda_runtime.h>

#include <cstdint>

#include "kernels/elementary.h"
#include "kernels/float_bits.h"

#ifndef __CUDACC__
#include "kernels/cuda/emulator/tensor_core.h"
#endif

#define BATON_DEVICE __device__ __forceinline__

namespace baton {

// --- Rounded to nearest even, once.
#ifdef __CUDACC__
BATON_DEVICE float Fma(float a, float b, float c) { return __fmaf_rn(a, b, c); }
BATON_DEVICE float Add(float a, float b) { return __fadd_rn(a, b); }
BATON_DEVICE float Mul(float a, float b) { return __fmul_rn(a, b); }
BATON_DEVICE float Div(float a, float b) { return __fdiv_rn(a, b); }
BATON_DEVICE float Sqrt(float a) { return __fsqrt_rn(a); }
#else
BATON_DEVICE float Fma(float a, float b, float c) { return std::fmaf(a, b, c); }
BATON_DEVICE float Add(float a, float b) { return a + b; }
BATON_DEVICE float Mul(float a, float b) { return a * b; }
BATON_DEVICE float Div(float a, float b) { return a / b; }
BATON_DEVICE float Sqrt(float a) { return std::sqrt(a); }
#endif
// As on the CPU: a > b ? a : b.
BATON_DEVICE float Larger(float a, float b) { return a > b ? a : b; }

// --- A block's dynamic shared memory, 128-byte aligned.
#ifdef __CUDACC__
BATON_DEVICE uint8_t* SharedMemory() {
  extern __shared__ __align__(128) uint8_t baton_shared_memory[];
  return baton_shared_memory;
}
#else
BATON_DEVICE uint8_t* SharedMemory() { return emulator::DynamicShared(); }
BATON_DEVICE void __syncthreads() { emulator::SyncThreads(); }
#endif

// --- For whole warps: every lane must come.
BATON_DEVICE int LaneIndex() { return static_cast<int>(threadIdx.x % 32); }
BATON_DEVICE int WarpIndex() { return static_cast<int>(threadIdx.x / 32); }

#ifdef __CUDACC__
BATON_DEVICE float ShuffleDown(float x, int by) {
  return __shfl_down_sync(0xffffffffu, x, static_cast<unsigned>(by));
}
BATON_DEVICE float ShuffleXor(float x, int mask) { return __shfl_xor_sync(0xffffffffu, x, mask); }
BATON_DEVICE void SyncWarp() { __syncwarp(); }
#else
BATON_DEVICE float ShuffleFrom(float x, int from) {
  emulator::LaneRecord mine = {};
  mine.words[0] = FloatBits(x);
  const emulator::LaneRecord* all = emulator::Exchange(mine);
  return from < emulator::kWarpSize ? BitsFloat(all[from].words[0]) : x;
}
BATON_DEVICE float ShuffleDown(float x, int by) { return ShuffleFrom(x, LaneIndex() + by); }
BATON_DEVICE float ShuffleXor(float x, int mask) { return ShuffleFrom(x, LaneIndex() ^ mask); }
BATON_DEVICE void SyncWarp() { emulator::Exchange({}); }
#endif

// --- Tensor cores: mma.m16n8k16, and ldmatrix, in the fragments of the PTX manual. d [16, 8] += a
// [16, 16] · b [16, 8], a by rows and b by columns. With lane = 4 g + t: a[0], a[1] hold rows g and
// g + 8 of columns 2t and 2t + 1, a[2], a[3] those of columns 2t + 8 and 2t + 9; b[0], b[1] column
// g of rows 2t, 2t + 1 and 2t + 8, 2t + 9; d[0], d[1] row g of columns 2t, 2t + 1, d[2], d[3] row g
// + 8.
#ifdef __CUDACC__
BATON_DEVICE void MmaBF16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
BATON_DEVICE void MmaF16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
#else
// The records of a warp hold a, b and d, in this order; afterwards d in place of a.
template <void (*kMma)(const uint16_t (&)[16][16], const uint16_t (&)[8][16], float (&)[16][8])>
void MmaOfRecords(emulator::LaneRecord* all) {
  uint16_t a[16][16], b[8][16];
  float d[16][8];
  for (int lane = 0; lane < emulator::kWarpSize; ++lane) {
    const uint32_t* words = all[lane].words;
    const int g = lane / 4, t = lane % 4;
    for (int i = 0; i < 4; ++i) {
      std::memcpy(&a[g + i % 2 * 8][2 * t + i / 2 * 8], &words[i], 4);
      d[g + i / 2 * 8][2 * t + i % 2] = BitsFloat(words[6 + i]);
    }
    for (int i = 0; i < 2; ++i) std::memcpy(&b[g][2 * t + i * 8], &words[4 + i], 4);
  }
  kMma(a, b, d);
  for (int lane = 0; lane < emulator::kWarpSize; ++lane) {
    for (int i = 0; i < 4; ++i)
      all[lane].words[i] = FloatBits(d[lane / 4 + i / 2 * 8][lane % 4 * 2 + i % 2]);
  }
}
inline void EmulateMma(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2],
                       void (*combine)(emulator::LaneRecord*)) {
  emulator::LaneRecord mine = {};
  for (int i = 0; i < 4; ++i) mine.words[i] = a[i];
  for (int i = 0; i < 2; ++i) mine.words[4 + i] = b[i];
  for (int i = 0; i < 4; ++i) mine.words[6 + i] = FloatBits(d[i]);
  const emulator::LaneRecord& result = emulator::Exchange(mine, combine)[LaneIndex()];
  for (int i = 0; i < 4; ++i) d[i] = BitsFloat(result.words[i]);
}
BATON_DEVICE void MmaBF16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  EmulateMma(d, a, b, MmaOfRecords<TensorCoreMmaBF16>);
}
BATON_DEVICE void MmaF16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
  EmulateMma(d, a, b, MmaOfRecords<TensorCoreMmaF16>);
}
#endif

// Four 8 × 8 matrices of 16-bit elements from shared memory: `row` of lane 8 i + r is where row r
// of matrix i begins (16-byte aligned); out[i] holds elements (g, 2t) and (g, 2t + 1) of matrix i,
// or with `transposed` (2t, g) and (2t + 1, g).
#ifdef __CUDACC__
BATON_DEVICE uint32_t SharedAddress(const void* p) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(p));
}
BATON_DEVICE void LoadMatrices(uint32_t (&out)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
               : "r"(SharedAddress(row))
               : "memory");
}
BATON_DEVICE void LoadMatricesTransposed(uint32_t (&out)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
               : "r"(SharedAddress(row))
               : "memory");
}
#else
inline void EmulateLoadMatrices(uint32_t (&out)[4], const void* row, bool transposed) {
  emulator::LaneRecord mine = {};
  std::memcpy(mine.words, &row, sizeof(row));
  const emulator::LaneRecord* all = emulator::Exchange(mine);
  const int g = LaneIndex() / 4, t = LaneIndex() % 4;
  for (int i = 0; i < 4; ++i) {
    uint16_t pair[2];
    for (int j = 0; j < 2; ++j) {
      const int r = transposed ? 2 * t + j : g, c = transposed ? g : 2 * t + j;
      const uint16_t* begin;
      std::memcpy(&begin, all[8 * i + r].words, sizeof(begin));
      pair[j] = begin[c];
    }
    std::memcpy(&out[i], pair, 4);
  }
  SyncWarp();  // nobody overwrites what others have yet to read
}
BATON_DEVICE void LoadMatrices(uint32_t (&out)[4], const void* row) {
  EmulateLoadMatrices(out, row, false);
}
BATON_DEVICE void LoadMatricesTransposed(uint32_t (&out)[4], const void* row) {
  EmulateLoadMatrices(out, row, true);
}
#endif

// --- Asynchronous copies of 16 aligned bytes from global to shared memory; zeros where not `valid`
// (and `from` is not read). Those made since the last Commit are a group; WaitCopies<N> waits for
// all groups but the last N.
#ifdef __CUDACC__
BATON_DEVICE void CopyAsync16(void* to, const void* from, bool valid) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
               :
               : "r"(SharedAddress(to)), "l"(from), "r"(valid ? 16 : 0)
               : "memory");
}
BATON_DEVICE void CommitCopies() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int kGroupsLeft>
BATON_DEVICE void WaitCopies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kGroupsLeft) : "memory");
}
#else
BATON_DEVICE void CopyAsync16(void* to, const void* from, bool valid) {
  emulator::CopyAsync16(to, valid ? from : nullptr);
}
BATON_DEVICE void CommitCopies() { emulator::CommitCopies(); }
template <int kGroupsLeft>
BATON_DEVICE void WaitCopies() {
  emulator::WaitCopies(kGroupsLeft);
}
#endif

// Two 16-bit values as one register holds them, the first one low.
BATON_DEVICE uint32_t Pack16(uint16_t low, uint16_t high) {
  return static_cast<uint32_t>(low) | static_cast<uint32_t>(high) << 16;
}

}  // namespace baton

#endif  // BATON_KERNELS_CUDA_DEVICE_CODE_H_
