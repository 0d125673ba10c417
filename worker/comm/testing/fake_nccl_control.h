// What tests say to the stand-in for NCCL, a shared library of which the ranks are threads of one
// process and the data is in the host's memory. Its two functions are found like NCCL's own.
#ifndef BATON_WORKER_COMM_TESTING_FAKE_NCCL_CONTROL_H_
#define BATON_WORKER_COMM_TESTING_FAKE_NCCL_CONTROL_H_

#include "worker/comm/nccl_api.h"

namespace baton {

// What goes wrong. A group is what stands between ncclGroupStart and ncclGroupEnd; a communicator's
// groups count from 1, and 0 means never.
struct FakeNcclFaults {
  int version = nccl::VersionCode(2, 28, 9);
  int rank = -1;                                    // who is struck by what follows; -1: every rank
  nccl::Result init_result = nccl::kSuccess;        // of ncclCommInitRankConfig itself
  nccl::Result init_async_result = nccl::kSuccess;  // how the initialisation ends
  bool init_hangs = false;
  int group_never_launches = 0;  // this group never gets onto the stream
  int group_never_ends = 0;      // this one does, and never ends there
  int group_call_hangs = 0;      // this ncclGroupEnd does not return
  int group_call_fails = 0;      // this ncclGroupEnd returns ncclSystemError
  int peer_dies_in_group = 0;    // this group never ends, and ncclRemoteError is reported
  bool finalize_hangs = false;
  bool abort_hangs = false;
};

// Over all communicators. Misuse is what NCCL forbids: a communicator used while an earlier call is
// in progress, a receive of another size than what was sent, Destroy without Finalize.
struct FakeNcclCounts {
  int inits = 0;
  int in_progress = 0;  // answers of ncclCommGetAsyncError
  int finalizes = 0;
  int destroys = 0;
  int aborts = 0;
  int misuses = 0;
};

// Sets the faults, ends every hang of a call that the new ones do not ask for, and sets the counts
// to zero if `reset_counts`.
using FakeNcclSetFaultsFn = void (*)(const FakeNcclFaults* faults, bool reset_counts);
using FakeNcclGetCountsFn = void (*)(FakeNcclCounts* counts);
constexpr char kFakeNcclSetFaults[] = "FakeNcclSetFaults";
constexpr char kFakeNcclGetCounts[] = "FakeNcclGetCounts";

}  // namespace baton

#endif  // BATON_WORKER_COMM_TESTING_FAKE_NCCL_CONTROL_H_
