// `baton serve` as a process, with what tests ask of a running cluster.
#ifndef BATON_TESTS_E2E_SERVE_PROCESS_H_
#define BATON_TESTS_E2E_SERVE_PROCESS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "baton/v1/cluster.pb.h"
#include "client/client.h"
#include "tests/e2e/process.h"

namespace baton {

struct ServeFlags {
  std::string model;
  int tp = 1;
  int pp = 1;
  int groups = 1;
  std::string kv_memory = "64MiB";
  std::vector<std::string> more;  // further flags of `baton serve`
};

// A TCP port of this host that nobody listens on now.
int FreePort();

// A running cluster. Used by one thread; client() by any.
class ServeProcess {
 public:
  // Starts a cluster and waits until all of its groups are READY. DEADLINE_EXCEEDED, with all that
  // it wrote, when they are not within `limit`; FAILED_PRECONDITION when it ended.
  static absl::StatusOr<std::unique_ptr<ServeProcess>> Start(
      const ServeFlags& flags, absl::Duration limit = absl::Seconds(60));

  const std::string& address() const { return address_; }
  Client& client() { return *client_; }
  Process& process() { return process_; }

  // A snapshot, empty when the router does not answer.
  v1::GetClusterStatusResponse Status();
  v1::GroupStatus Group(int index = 0);
  // Group 0's, by rank.
  std::vector<pid_t> WorkerPids();
  // Whether all groups are READY within `limit`, group 0 in an epoch after `epoch`.
  bool WaitReady(absl::Duration limit, uint64_t epoch = 0);
  // Whether within `limit` no group holds a block or has a request running or waiting.
  bool WaitIdle(absl::Duration limit = absl::Seconds(1));
  // What the health service says of the whole server.
  bool IsServing();

  // Asks it to stop by SIGTERM and waits, at most 10 s. Returns how long that took; `exit_code` is
  // as of Process::Wait, or -1000 when it still runs.
  absl::Duration Stop(int* exit_code);

 private:
  ServeProcess(const ServeFlags& flags, int port);

  absl::Status Connect(absl::Time deadline);

  const int num_groups_;
  const std::string address_;
  Process process_;
  std::unique_ptr<Client> client_;
};

}  // namespace baton

#endif  // BATON_TESTS_E2E_SERVE_PROCESS_H_
