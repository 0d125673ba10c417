// Runs CUDA kernels on the host, one block after the other, every thread of a block as a fiber: the
// same sources that nvcc compiles for a GPU, so that they can be tested without one. A thread runs
// until it waits for others (a barrier, a warp's exchange) or ends, a warp as far as it can before
// another goes on. What a GPU would only do wrong at times fails here always: a block in which no
// thread can go on ends the process with a message, and shared memory is poisoned at each block's
// start.
#ifndef BATON_KERNELS_CUDA_EMULATOR_GRID_H_
#define BATON_KERNELS_CUDA_EMULATOR_GRID_H_

#include <cstddef>
#include <cstdint>
#include <functional>

namespace baton {
namespace emulator {

constexpr int kWarpSize = 32;

struct Index {
  unsigned x = 0, y = 0, z = 0;
};
struct Dim {
  Dim(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
  unsigned x, y, z;
};

// Runs `thread` for each thread of each block; within it the functions below may be called.
void RunGrid(const Dim& grid, const Dim& block, size_t shared_bytes,
             const std::function<void()>& thread);

// --- For the thread that runs.
const Index& ThreadIdx();
const Index& BlockIdx();
const Dim& BlockDim();
const Dim& GridDim();
int Lane();
// The block's dynamic shared memory, 128-byte aligned.
uint8_t* DynamicShared();

// __syncthreads: until every thread of the block that has not ended is here.
void SyncThreads();

// What one lane gives to an exchange.
struct LaneRecord {
  uint32_t words[12];
};
// Until every lane of the warp has come with its record; what all of them gave, by lane, after
// `combine` (if not null) was called once on all 32. All lanes take part, as in every warp-wide
// instruction of ours. Valid until the lane's next exchange but one.
const LaneRecord* Exchange(const LaneRecord& mine, void (*combine)(LaneRecord* all) = nullptr);

// cp.async of 16 bytes to shared memory, zeros if `from` is null. A device may do it at any time
// until the thread has waited for its group; threads of even index do it only then, those of odd
// index at once, so that neither is relied on. Groups are counted as cp.async.commit_group and
// wait_group count them.
void CopyAsync16(void* to, const void* from);
void CommitCopies();
void WaitCopies(int groups_left);

}  // namespace emulator
}  // namespace baton

#endif  // BATON_KERNELS_CUDA_EMULATOR_GRID_H_
