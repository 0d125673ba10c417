// What Baton uses of NCCL's C interface, declared in names of its own: a machine that builds Baton
// may have no nccl.h. Values and layouts are those of NCCL 2.18 and everything after it;
// nccl_api_test compares them with the real header where there is one.
#ifndef BATON_WORKER_COMM_NCCL_API_H_
#define BATON_WORKER_COMM_NCCL_API_H_

#include <climits>
#include <cstddef>

namespace baton {
namespace nccl {

struct OpaqueComm;
using Comm = OpaqueComm*;  // ncclComm_t

struct OpaqueWindow;
using Window = OpaqueWindow*;  // ncclWindow_t

using CudaStream = void*;  // cudaStream_t

// ncclUniqueId: names one communicator to all of its ranks.
struct UniqueId {
  char bytes[128];
};

// ncclResult_t
enum Result : int {
  kSuccess = 0,
  kUnhandledCudaError = 1,
  kSystemError = 2,
  kInternalError = 3,
  kInvalidArgument = 4,
  kInvalidUsage = 5,
  kRemoteError = 6,
  kInProgress = 7,
};

// ncclDataType_t
enum DataType : int {
  kUint8 = 1,
  kFloat32 = 7,
};

// A version as ncclGetVersion gives it, from 2.9 on.
constexpr int VersionCode(int major, int minor, int patch) {
  return major * 10000 + minor * 100 + patch;
}

constexpr int kUndefined = INT_MIN;

// The fields of ncclConfig_t that NCCL 2.18 knew. A later NCCL takes as much as `size` and
// `version` say there is and has defaults for the rest, so this one does for all of them.
struct Config {
  size_t size = sizeof(Config);
  unsigned int magic = 0xcafebeef;
  unsigned int version = VersionCode(2, 18, 0);
  int blocking = kUndefined;  // 0: no call waits for a peer
  int cga_cluster_size = kUndefined;
  int min_ctas = kUndefined;
  int max_ctas = kUndefined;
  const char* net_name = nullptr;
  int split_share = kUndefined;
};

}  // namespace nccl
}  // namespace baton

#endif  // BATON_WORKER_COMM_NCCL_API_H_
