#include "kernels/cuda/emulator/grid.h"

#include <algorithm>
#include <boost/context/fiber.hpp>
#include <boost/context/pooled_fixedsize_stack.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "kernels/cuda/emulator/asan.h"

namespace baton {
namespace emulator {
namespace {

constexpr size_t kStackBytes = 128 << 10;

struct Warp {
  LaneRecord records[2][kWarpSize];  // of this exchange and of the one before
  int arrived = 0;
  uint64_t generation = 0;
};

struct Copy {
  void* to;
  uint8_t bytes[16];
};

struct Fiber {
  boost::context::fiber context;    // of the thread, while the scheduler runs
  boost::context::fiber scheduler;  // of the scheduler, while the thread runs
  void* fake_stack = nullptr;       // ASan's
  const void* stack = nullptr;      // the thread's, lowest address; known once it has run
  Index thread;
  int index = 0;  // in the block
  bool ended = false;
  const uint64_t* waits_for = nullptr;  // a generation that must differ from `seen`
  uint64_t seen = 0;
  std::vector<Copy> copies;        // not waited for
  std::vector<size_t> group_ends;  // of `copies`: where committed groups end
};

// The block that runs on this host thread.
struct Block {
  Dim grid, block;
  Index index;
  const std::function<void()>* body = nullptr;
  boost::context::pooled_fixedsize_stack stacks{kStackBytes};
  std::vector<std::unique_ptr<Fiber>> fibers;
  std::vector<Warp> warps;
  std::vector<uint8_t> shared_memory;
  uint8_t* shared = nullptr;
  size_t shared_bytes = 0;
  int alive = 0, arrived = 0;
  uint64_t generation = 0;
  const void* scheduler_stack = nullptr;
  size_t scheduler_stack_bytes = 0;
  Fiber* running = nullptr;
};

thread_local Block* current = nullptr;

Block& Now() {
  if (current == nullptr || current->running == nullptr) {
    std::fprintf(stderr, "device code ran outside of a kernel\n");
    std::abort();
  }
  return *current;
}

void EnterFiber(Block& b, Fiber& f) {
  b.running = &f;
#ifdef BATON_ASAN
  void* fake_stack = nullptr;
  __sanitizer_start_switch_fiber(&fake_stack, f.stack, kStackBytes);
#endif
  f.context = std::move(f.context).resume();
#ifdef BATON_ASAN
  __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
#endif
  b.running = nullptr;
}

// Before the thread goes back to the scheduler, and when it has come again.
void BeforeLeaving(Block& b, Fiber& f) {
#ifdef BATON_ASAN
  __sanitizer_start_switch_fiber(f.ended ? nullptr : &f.fake_stack, b.scheduler_stack,
                                 b.scheduler_stack_bytes);
#else
  static_cast<void>(b), static_cast<void>(f);
#endif
}
void AfterComing(Block& b, void* fake_stack) {
#ifdef BATON_ASAN
  __sanitizer_finish_switch_fiber(fake_stack, &b.scheduler_stack, &b.scheduler_stack_bytes);
#else
  static_cast<void>(b), static_cast<void>(fake_stack);
#endif
}

void LeaveFiber(Block& b, Fiber& f) {
  BeforeLeaving(b, f);
  f.scheduler = std::move(f.scheduler).resume();
  AfterComing(b, f.fake_stack);
}

// A barrier that nobody is missing at any more opens.
void OpenBlockBarrier(Block& b) {
  if (b.arrived == 0 || b.arrived < b.alive) return;
  b.arrived = 0;
  ++b.generation;
}

boost::context::fiber FiberMain(Block& b, Fiber& f, boost::context::fiber&& scheduler) {
  AfterComing(b, nullptr);
  f.scheduler = std::move(scheduler);
  (*b.body)();
  f.ended = true;
  --b.alive;
  OpenBlockBarrier(b);
  BeforeLeaving(b, f);
  return std::move(f.scheduler);
}

void WaitUntilChanged(const uint64_t* generation, uint64_t seen) {
  Block& b = Now();
  Fiber& f = *b.running;
  f.waits_for = generation;
  f.seen = seen;
  while (*generation == seen) LeaveFiber(b, f);
  f.waits_for = nullptr;
}

void StartFiber(Block& b, int index) {
  if (b.fibers.size() <= static_cast<size_t>(index)) b.fibers.push_back(std::make_unique<Fiber>());
  Fiber& f = *b.fibers[static_cast<size_t>(index)];
  const unsigned i = static_cast<unsigned>(index);
  f.thread.x = i % b.block.x;
  f.thread.y = i / b.block.x % b.block.y;
  f.thread.z = i / b.block.x / b.block.y;
  f.index = index;
  f.ended = false;
  f.waits_for = nullptr;
  f.fake_stack = nullptr;
  f.copies.clear();
  f.group_ends.clear();
  const boost::context::stack_context stack = b.stacks.allocate();
  f.stack = static_cast<const uint8_t*>(stack.sp) - stack.size;
  f.context = boost::context::fiber(std::allocator_arg,
                                    boost::context::preallocated(stack.sp, stack.size, stack),
                                    b.stacks, [&b, &f](boost::context::fiber&& scheduler) {
                                      return FiberMain(b, f, std::move(scheduler));
                                    });
}

// Runs a warp's threads, `first` and those behind it, until none of them can go on; whether any
// did.
bool RunWarp(Block& b, int first, int threads) {
  bool any = false;
  for (bool went_on = true; went_on; any = any || went_on) {
    went_on = false;
    for (int i = first; i < std::min(first + kWarpSize, threads); ++i) {
      Fiber& f = *b.fibers[static_cast<size_t>(i)];
      if (f.ended || (f.waits_for != nullptr && *f.waits_for == f.seen)) continue;
      EnterFiber(b, f);
      went_on = true;
    }
  }
  return any;
}

// Each warp goes as far ahead as it can, in turn the first and the last one first: what only seems
// to be ordered because warps go at one pace, is not here.
void RunBlock(Block& b, int threads) {
  std::memset(b.shared, 0xA5, b.shared_bytes);
  b.alive = threads;
  b.arrived = 0;
  b.warps.assign(static_cast<size_t>((threads + kWarpSize - 1) / kWarpSize), Warp());
  for (int i = 0; i < threads; ++i) StartFiber(b, i);
  const int warps = static_cast<int>(b.warps.size());
  for (bool ascending = true; b.alive > 0; ascending = !ascending) {
    bool went_on = false;
    for (int i = 0; i < warps; ++i)
      went_on |= RunWarp(b, (ascending ? i : warps - 1 - i) * kWarpSize, threads);
    if (went_on) continue;
    std::fprintf(stderr,
                 "deadlock in block (%u, %u, %u): %d threads wait, %d of them at a barrier of the "
                 "block\n",
                 b.index.x, b.index.y, b.index.z, b.alive, b.arrived);
    std::abort();
  }
}

}  // namespace

void RunGrid(const Dim& grid, const Dim& block, size_t shared_bytes,
             const std::function<void()>& thread) {
  Block b;
  b.grid = grid;
  b.block = block;
  b.body = &thread;
  b.shared_memory.resize(shared_bytes + 128);
  b.shared_bytes = shared_bytes;
  const uintptr_t begin = reinterpret_cast<uintptr_t>(b.shared_memory.data());
  b.shared = b.shared_memory.data() + (128 - begin % 128) % 128;
  uint8_t* const end = b.shared_memory.data() + b.shared_memory.size();
  ASAN_POISON_MEMORY_REGION(b.shared + shared_bytes, end - b.shared - shared_bytes);
  current = &b;
  for (b.index.z = 0; b.index.z < grid.z; ++b.index.z) {
    for (b.index.y = 0; b.index.y < grid.y; ++b.index.y) {
      for (b.index.x = 0; b.index.x < grid.x; ++b.index.x)
        RunBlock(b, static_cast<int>(block.x * block.y * block.z));
    }
  }
  current = nullptr;
  ASAN_UNPOISON_MEMORY_REGION(b.shared_memory.data(), b.shared_memory.size());
}

const Index& ThreadIdx() { return Now().running->thread; }
const Index& BlockIdx() { return Now().index; }
const Dim& BlockDim() { return Now().block; }
const Dim& GridDim() { return Now().grid; }
int Lane() { return Now().running->index % kWarpSize; }
uint8_t* DynamicShared() { return Now().shared; }

void SyncThreads() {
  Block& b = Now();
  const uint64_t seen = b.generation;
  ++b.arrived;
  OpenBlockBarrier(b);
  WaitUntilChanged(&b.generation, seen);
}

void CopyAsync16(void* to, const void* from) {
  Copy copy = {to, {}};
  if (from != nullptr) std::memcpy(copy.bytes, from, sizeof(copy.bytes));
  Fiber& f = *Now().running;
  if (f.index % 2 == 1) {
    std::memcpy(to, copy.bytes, sizeof(copy.bytes));
  } else {
    f.copies.push_back(copy);
  }
}

void CommitCopies() {
  Fiber& f = *Now().running;
  f.group_ends.push_back(f.copies.size());
}

void WaitCopies(int groups_left) {
  Fiber& f = *Now().running;
  if (f.group_ends.size() <= static_cast<size_t>(groups_left)) return;
  const size_t groups = f.group_ends.size() - static_cast<size_t>(groups_left);
  const size_t done = f.group_ends[groups - 1];
  for (size_t i = 0; i < done; ++i)
    std::memcpy(f.copies[i].to, f.copies[i].bytes, sizeof(f.copies[i].bytes));
  f.copies.erase(f.copies.begin(), f.copies.begin() + static_cast<ptrdiff_t>(done));
  f.group_ends.erase(f.group_ends.begin(), f.group_ends.begin() + static_cast<ptrdiff_t>(groups));
  for (size_t& end : f.group_ends) end -= done;
}

const LaneRecord* Exchange(const LaneRecord& mine, void (*combine)(LaneRecord* all)) {
  Block& b = Now();
  Warp& w = b.warps[static_cast<size_t>(b.running->index / kWarpSize)];
  const uint64_t seen = w.generation;
  LaneRecord* records = w.records[seen % 2];
  records[Lane()] = mine;
  if (++w.arrived == kWarpSize) {
    if (combine != nullptr) combine(records);
    w.arrived = 0;
    ++w.generation;
  }
  WaitUntilChanged(&w.generation, seen);
  return records;
}

}  // namespace emulator
}  // namespace baton
