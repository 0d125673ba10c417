// Communicators between processes of one host. The segment is anonymous memory that rank 0 hands to
// its peers over an abstract Unix socket, so nothing has a name in a file system and nothing can be
// left behind, whoever is killed when.
#ifndef BATON_WORKER_COMM_SHM_COMMUNICATOR_H_
#define BATON_WORKER_COMM_SHM_COMMUNICATOR_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "worker/comm/communicator.h"

namespace baton {

struct ShmOptions {
  std::string rendezvous;  // the same on all ranks, unique to this formation, at most 90 bytes,
                           // hard to guess
  int rank = 0;
  std::vector<uint64_t> incarnations;  // of all ranks, by rank: who must be at the other end
  int num_buffers = 2;  // how many collective operations a rank may be ahead of its peers, and one
  absl::Duration connect_timeout = absl::Seconds(10);
  absl::Duration operation_timeout = absl::Seconds(30);
  const std::atomic<bool>* cancelled = nullptr;  // true: give up connecting
};

// Connects to the peers and proves that all ranks see the same memory: each writes its incarnation
// and waits to read everybody else's. DEADLINE_EXCEEDED names the ranks that did not come;
// CANCELLED, within some 20 ms, when told so; INVALID_ARGUMENT, before anything is made, for a
// rendezvous that is too long; UNAVAILABLE when the system refuses. Blocks up to connect_timeout,
// whatever signals this thread gets.
absl::StatusOr<std::unique_ptr<Communicator>> ConnectShm(const ShmOptions& options);

// Equal on two processes only where ConnectShm can work between them: the kernel's boot id and the
// network namespace, which abstract sockets belong to.
std::string SharedMemoryDomain();

}  // namespace baton

#endif  // BATON_WORKER_COMM_SHM_COMMUNICATOR_H_
