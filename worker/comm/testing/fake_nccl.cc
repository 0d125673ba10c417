// The stand-in for NCCL. Everything is made of messages between two ranks, matched in order. A
// group is put onto its stream by another thread a moment after ncclGroupEnd, and waits there for
// its peers, as NCCL's kernels do.
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "worker/comm/testing/fake_nccl_control.h"
#include "worker/comm/testing/fake_stream.h"

#define FAKE_NCCL_EXPORT extern "C" __attribute__((visibility("default")))

namespace baton {
namespace nccl {
namespace {

// One for all: who waits for anything waits for `changed`.
std::mutex mu;
std::condition_variable changed;
FakeNcclFaults faults;
FakeNcclCounts counts;

struct Message {
  const void* data;
  size_t bytes;
  bool taken = false;
};

// The ranks that have the same id.
struct World {
  int joined = 0;
  std::map<std::pair<int, int>, std::deque<std::shared_ptr<Message>>> channels;  // by from, to
};

std::map<std::string, std::shared_ptr<World>>& Worlds() {
  static auto* worlds = new std::map<std::string, std::shared_ptr<World>>;
  return *worlds;
}

struct Rank {
  std::shared_ptr<World> world;
  int rank;
  int size;
  Result state = kInProgress;
  bool aborted = false;
  bool finalized = false;
  int groups = 0;     // so far
  int on_stream = 0;  // of them, queued or running there
  std::thread launcher;
};

// What a group consists of.
struct Transfer {
  int peer;
  bool is_send;
  void* data;
  size_t bytes;
};

Transfer Send(int peer, const void* data, size_t bytes) {
  return {peer, true, const_cast<void*>(data), bytes};
}
Transfer Receive(int peer, void* data, size_t bytes) { return {peer, false, data, bytes}; }

// Of the thread between ncclGroupStart and ncclGroupEnd.
struct Group {
  int depth = 0;
  std::shared_ptr<Rank> rank;
  FakeStream* stream = nullptr;
  std::vector<Transfer> transfers;
};
thread_local Group group;

using Lock = std::unique_lock<std::mutex>;

bool Struck(const Rank& rank) { return faults.rank < 0 || faults.rank == rank.rank; }
bool Struck(const Rank& rank, int fault_group) {
  return fault_group != 0 && Struck(rank) && rank.groups == fault_group;
}

Result Misuse() {
  ++counts.misuses;
  return kInvalidUsage;
}

void SetState(Rank& rank, Result state) {
  rank.state = state;
  changed.notify_all();
}

// On the stream's thread.
void Exchange(Rank& rank, const std::vector<Transfer>& transfers, Lock& lock) {
  auto& channels = rank.world->channels;
  std::vector<std::pair<int, std::shared_ptr<Message>>> sent;
  for (const Transfer& t : transfers) {
    if (!t.is_send) continue;
    sent.emplace_back(t.peer, std::make_shared<Message>(Message{t.data, t.bytes}));
    channels[{rank.rank, t.peer}].push_back(sent.back().second);
  }
  changed.notify_all();
  for (const Transfer& t : transfers) {
    if (t.is_send) continue;
    auto& channel = channels[{t.peer, rank.rank}];
    changed.wait(lock, [&] { return rank.aborted || !channel.empty(); });
    if (rank.aborted) break;
    Message& message = *channel.front();
    if (message.bytes != t.bytes) {
      SetState(rank, Misuse());
      break;
    }
    std::memcpy(t.data, message.data, t.bytes);
    message.taken = true;
    channel.pop_front();
    changed.notify_all();
  }
  for (const auto& [peer, message] : sent) {
    changed.wait(lock, [&, &message = message] { return rank.aborted || message->taken; });
    if (message->taken) continue;
    auto& channel = channels[{rank.rank, peer}];  // nobody will read this memory any more
    for (auto it = channel.begin(); it != channel.end();) {
      it = *it == message ? channel.erase(it) : it + 1;
    }
  }
}

struct Launch {
  std::shared_ptr<Rank> rank;
  std::vector<Transfer> transfers;
  bool never_ends;
  bool peer_dies;
};

void RunOnStream(void* argument) {
  const std::unique_ptr<Launch> launch(static_cast<Launch*>(argument));
  Rank& rank = *launch->rank;
  Lock lock(mu);
  if (launch->peer_dies && !rank.aborted) SetState(rank, kRemoteError);
  if (launch->never_ends || launch->peer_dies) changed.wait(lock, [&] { return rank.aborted; });
  if (!rank.aborted) Exchange(rank, launch->transfers, lock);
  --rank.on_stream;
  changed.notify_all();
}

// Starts work that the caller sees in progress until it is done. The lock is held, and let go of
// while an earlier one ends.
void Background(Rank& rank, Lock& lock, std::function<void()> work) {
  rank.state = kInProgress;
  std::thread earlier = std::move(rank.launcher);
  rank.launcher = std::thread(std::move(work));
  lock.unlock();
  if (earlier.joinable()) earlier.join();
  lock.lock();
}

std::shared_ptr<Rank>& RankOf(Comm comm) { return *reinterpret_cast<std::shared_ptr<Rank>*>(comm); }

void Free(Comm comm, Lock& lock) {
  const std::shared_ptr<Rank> rank = RankOf(comm);
  std::thread launcher = std::move(rank->launcher);
  lock.unlock();
  if (launcher.joinable()) launcher.join();
  lock.lock();
  changed.wait(lock, [&] { return rank->on_stream == 0; });
  delete &RankOf(comm);
}

Result Add(Comm comm, CudaStream stream, std::vector<Transfer> transfers) {
  Lock lock(mu);
  const std::shared_ptr<Rank>& rank = RankOf(comm);
  if (rank->state != kSuccess || rank->finalized || group.depth == 0) return Misuse();
  group.rank = rank;
  group.stream = static_cast<FakeStream*>(stream);
  for (const Transfer& t : transfers) group.transfers.push_back(t);
  return kSuccess;
}

size_t SizeOf(DataType type) { return type == kFloat32 ? 4 : 1; }

}  // namespace

FAKE_NCCL_EXPORT void FakeNcclSetFaults(const FakeNcclFaults* wanted, bool reset_counts) {
  Lock lock(mu);
  faults = *wanted;
  if (reset_counts) counts = FakeNcclCounts();
  changed.notify_all();
}

FAKE_NCCL_EXPORT void FakeNcclGetCounts(FakeNcclCounts* out) {
  Lock lock(mu);
  *out = counts;
}

FAKE_NCCL_EXPORT Result ncclGetVersion(int* version) {
  Lock lock(mu);
  *version = faults.version;
  return kSuccess;
}

FAKE_NCCL_EXPORT Result ncclGetUniqueId(UniqueId* id) {
  static int made = 0;
  Lock lock(mu);
  *id = UniqueId();
  ++made;
  std::memcpy(id->bytes, &made, sizeof(made));
  return kSuccess;
}

FAKE_NCCL_EXPORT const char* ncclGetErrorString(Result result) {
  switch (result) {
    case kSuccess:
      return "no error";
    case kSystemError:
      return "unhandled system error";
    case kInvalidUsage:
      return "invalid usage";
    case kRemoteError:
      return "remote process exited or there was a network error";
    case kInProgress:
      return "operation in progress";
    default:
      return "another error";
  }
}

FAKE_NCCL_EXPORT const char* ncclGetLastError(Comm) { return "the stand-in's last words"; }

FAKE_NCCL_EXPORT Result ncclCommInitRankConfig(Comm* comm, int size, UniqueId id, int rank,
                                               Config* config) {
  Lock lock(mu);
  *comm = nullptr;
  if (config->size != sizeof(Config) || config->magic != Config().magic || config->blocking != 0) {
    return Misuse();
  }
  ++counts.inits;
  auto made = std::make_shared<Rank>();
  made->rank = rank;
  made->size = size;
  std::shared_ptr<World>& world = Worlds()[std::string(id.bytes, sizeof(id.bytes))];
  if (world == nullptr) world = std::make_shared<World>();
  made->world = world;
  if (Struck(*made) && faults.init_result != kSuccess) return faults.init_result;
  *comm = reinterpret_cast<Comm>(new std::shared_ptr<Rank>(made));
  Background(*made, lock, [made] {
    Lock lock(mu);
    ++made->world->joined;
    changed.notify_all();
    const bool hangs = Struck(*made) && faults.init_hangs;
    changed.wait(lock,
                 [&] { return made->aborted || (!hangs && made->world->joined == made->size); });
    if (!made->aborted) SetState(*made, Struck(*made) ? faults.init_async_result : kSuccess);
  });
  return kInProgress;
}

FAKE_NCCL_EXPORT Result ncclCommGetAsyncError(Comm comm, Result* result) {
  Lock lock(mu);
  *result = RankOf(comm)->state;
  if (*result == kInProgress) ++counts.in_progress;
  return kSuccess;
}

FAKE_NCCL_EXPORT Result ncclCommFinalize(Comm comm) {
  Lock lock(mu);
  const std::shared_ptr<Rank> rank = RankOf(comm);
  if (rank->state != kSuccess) return Misuse();
  ++counts.finalizes;
  rank->finalized = true;
  const bool hangs = Struck(*rank) && faults.finalize_hangs;
  Background(*rank, lock, [rank, hangs] {
    Lock lock(mu);
    changed.wait(lock, [&] { return rank->aborted || (!hangs && rank->on_stream == 0); });
    if (!rank->aborted) SetState(*rank, kSuccess);
  });
  return kInProgress;
}

FAKE_NCCL_EXPORT Result ncclCommDestroy(Comm comm) {
  Lock lock(mu);
  ++counts.destroys;
  if (!RankOf(comm)->finalized || RankOf(comm)->state != kSuccess) ++counts.misuses;
  Free(comm, lock);
  return kSuccess;
}

#ifndef FAKE_NCCL_WITHOUT_ABORT
FAKE_NCCL_EXPORT Result ncclCommAbort(Comm comm) {
  Lock lock(mu);
  ++counts.aborts;
  const std::shared_ptr<Rank> rank = RankOf(comm);
  rank->aborted = true;
  changed.notify_all();
  changed.wait(lock, [&] { return !(Struck(*rank) && faults.abort_hangs); });
  Free(comm, lock);
  return kSuccess;
}
#endif

FAKE_NCCL_EXPORT Result ncclGroupStart() {
  ++group.depth;
  return kSuccess;
}

FAKE_NCCL_EXPORT Result ncclGroupEnd() {
  if (--group.depth > 0) return kSuccess;
  const Group ended = std::exchange(group, Group());
  const std::shared_ptr<Rank> rank = ended.rank;
  if (rank == nullptr) return kSuccess;
  Lock lock(mu);
  ++rank->groups;
  if (Struck(*rank, faults.group_call_fails)) return kSystemError;
  changed.wait(lock, [&] { return !Struck(*rank, faults.group_call_hangs); });
  const bool never_launches = Struck(*rank, faults.group_never_launches);
  const Launch launch = {rank, ended.transfers, Struck(*rank, faults.group_never_ends),
                         Struck(*rank, faults.peer_dies_in_group)};
  Background(*rank, lock, [rank, never_launches, stream = ended.stream, launch] {
    std::this_thread::sleep_for(std::chrono::microseconds(50));
    Lock lock(mu);
    if (never_launches) changed.wait(lock, [&] { return rank->aborted; });
    if (rank->aborted) return;
    ++rank->on_stream;
    stream->enqueue(stream, RunOnStream, new Launch(launch));
    SetState(*rank, kSuccess);
  });
  return kInProgress;
}

FAKE_NCCL_EXPORT Result ncclAllGather(const void* send, void* receive, size_t send_count,
                                      DataType type, Comm comm, CudaStream stream) {
  const size_t bytes = send_count * SizeOf(type);
  std::vector<Transfer> transfers;
  for (int peer = 0; peer < RankOf(comm)->size; ++peer) {
    void* part = static_cast<char*>(receive) + peer * bytes;
    if (part == send) continue;  // in place
    transfers.push_back(Send(peer, send, bytes));
    transfers.push_back(Receive(peer, part, bytes));
  }
  return Add(comm, stream, std::move(transfers));
}

FAKE_NCCL_EXPORT Result ncclBroadcast(const void* send, void* receive, size_t count, DataType type,
                                      int root, Comm comm, CudaStream stream) {
  const size_t bytes = count * SizeOf(type);
  if (RankOf(comm)->rank != root) return Add(comm, stream, {Receive(root, receive, bytes)});
  std::vector<Transfer> transfers;
  for (int peer = 0; peer < RankOf(comm)->size; ++peer) {
    if (peer != root) transfers.push_back(Send(peer, send, bytes));
  }
  return Add(comm, stream, std::move(transfers));
}

FAKE_NCCL_EXPORT Result ncclSend(const void* send, size_t count, DataType type, int peer, Comm comm,
                                 CudaStream stream) {
  return Add(comm, stream, {Send(peer, send, count * SizeOf(type))});
}

FAKE_NCCL_EXPORT Result ncclRecv(void* receive, size_t count, DataType type, int peer, Comm comm,
                                 CudaStream stream) {
  return Add(comm, stream, {Receive(peer, receive, count * SizeOf(type))});
}

#ifndef FAKE_NCCL_WITHOUT_OPTIONAL
FAKE_NCCL_EXPORT Result ncclMemAlloc(void** memory, size_t bytes) {
  *memory = ::operator new(bytes);
  return kSuccess;
}

FAKE_NCCL_EXPORT Result ncclMemFree(void* memory) {
  ::operator delete(memory);
  return kSuccess;
}

FAKE_NCCL_EXPORT Result ncclCommWindowRegister(Comm, void*, size_t, Window*, int) {
  return kSuccess;
}

FAKE_NCCL_EXPORT Result ncclCommWindowDeregister(Comm, Window) { return kSuccess; }
#endif

}  // namespace nccl
}  // namespace baton
