// NCCL, looked for at run time: nothing is linked against it, and the same binary runs on machines
// without it. A stand-in takes its place in tests.
#ifndef BATON_WORKER_COMM_NCCL_LIBRARY_H_
#define BATON_WORKER_COMM_NCCL_LIBRARY_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "worker/comm/nccl_api.h"

namespace baton {

// The functions that are used: name without "nccl", result, parameters. Counts are elements of the
// type given.
#define BATON_NCCL_REQUIRED_FUNCTIONS(X)                                                       \
  X(GetVersion, nccl::Result, (int* version))                                                  \
  X(GetUniqueId, nccl::Result, (nccl::UniqueId * id))                                          \
  X(GetErrorString, const char*, (nccl::Result result))                                        \
  X(GetLastError, const char*, (nccl::Comm comm))                                              \
  X(CommInitRankConfig, nccl::Result,                                                          \
    (nccl::Comm * comm, int size, nccl::UniqueId id, int rank, nccl::Config* config))          \
  X(CommGetAsyncError, nccl::Result, (nccl::Comm comm, nccl::Result * error))                  \
  X(CommFinalize, nccl::Result, (nccl::Comm comm))                                             \
  X(CommDestroy, nccl::Result, (nccl::Comm comm))                                              \
  X(CommAbort, nccl::Result, (nccl::Comm comm))                                                \
  X(GroupStart, nccl::Result, ())                                                              \
  X(GroupEnd, nccl::Result, ())                                                                \
  X(AllGather, nccl::Result,                                                                   \
    (const void* send, void* receive, size_t send_count, nccl::DataType type, nccl::Comm comm, \
     nccl::CudaStream stream))                                                                 \
  X(Broadcast, nccl::Result,                                                                   \
    (const void* send, void* receive, size_t count, nccl::DataType type, int root,             \
     nccl::Comm comm, nccl::CudaStream stream))                                                \
  X(Send, nccl::Result,                                                                        \
    (const void* send, size_t count, nccl::DataType type, int peer, nccl::Comm comm,           \
     nccl::CudaStream stream))                                                                 \
  X(Recv, nccl::Result,                                                                        \
    (void* receive, size_t count, nccl::DataType type, int peer, nccl::Comm comm,              \
     nccl::CudaStream stream))

// Those that an NCCL may lack (memory: before 2.19, windows: before 2.27); null then.
#define BATON_NCCL_OPTIONAL_FUNCTIONS(X)                                            \
  X(MemAlloc, nccl::Result, (void** memory, size_t bytes))                          \
  X(MemFree, nccl::Result, (void* memory))                                          \
  X(CommWindowRegister, nccl::Result,                                               \
    (nccl::Comm comm, void* memory, size_t bytes, nccl::Window* window, int flags)) \
  X(CommWindowDeregister, nccl::Result, (nccl::Comm comm, nccl::Window window))

// Thread-safe, as far as NCCL's functions are.
class NcclLibrary {
 public:
  struct Functions {
#define BATON_DECLARE_FUNCTION(name, result, parameters) result(*name) parameters = nullptr;
    BATON_NCCL_REQUIRED_FUNCTIONS(BATON_DECLARE_FUNCTION)
    BATON_NCCL_OPTIONAL_FUNCTIONS(BATON_DECLARE_FUNCTION)
#undef BATON_DECLARE_FUNCTION
  };

  // The oldest version that will do: the first with all that is asked of it here.
  static constexpr int kOldestVersion = nccl::VersionCode(2, 18, 0);

  // Opens the library at `path`, or, when that is empty, at the environment variable
  // BATON_NCCL_LIBRARY, or else the system's libnccl.so.2. NOT_FOUND when there is none or it lacks
  // a function that is needed; FAILED_PRECONDITION when it is older than kOldestVersion.
  static absl::StatusOr<std::shared_ptr<const NcclLibrary>> Open(const std::string& path = "");

  const Functions* operator->() const { return &functions_; }

  int version() const { return version_; }
  // For logs: "NCCL 2.28.9 (/usr/lib/x86_64-linux-gnu/libnccl.so.2)".
  std::string Describe() const;

  // A new communicator's name. Rank 0 asks for it and keeps living: its peers connect to a socket
  // that this opens.
  absl::StatusOr<nccl::UniqueId> NewUniqueId() const;

  // What NCCL says of a result that is an error, and of its last error. `comm` may be null.
  std::string ErrorText(nccl::Result result, nccl::Comm comm) const;

 private:
  NcclLibrary() = default;

  Functions functions_;
  int version_ = 0;
  std::string path_;
};

}  // namespace baton

#endif  // BATON_WORKER_COMM_NCCL_LIBRARY_H_
