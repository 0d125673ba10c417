// Asks a router for its status again and again, on a thread of its own, so that whoever shows it
// never waits.
#ifndef BATON_MAIN_CLUSTER_WATCHER_H_
#define BATON_MAIN_CLUSTER_WATCHER_H_

#include <cstdint>
#include <string>
#include <thread>

#include "absl/types/optional.h"
#include "baton/v1/cluster.pb.h"
#include "common/mutex.h"

namespace baton {

// What is known of the cluster when all of it is ready.
struct ReadyCluster {
  v1::GetClusterStatusResponse status;
  uint32_t max_model_len = 0;  // of the model that it serves; 0: not known
};

// Thread-safe.
class ClusterWatcher {
 public:
  // Watches the router at `address` until `groups` groups are ready, then rests. A router that does
  // not answer (yet) is asked again.
  ClusterWatcher(std::string address, uint32_t groups);
  ~ClusterWatcher();
  ClusterWatcher(const ClusterWatcher&) = delete;
  ClusterWatcher& operator=(const ClusterWatcher&) = delete;

  // The last answer; empty before the first.
  absl::optional<v1::GetClusterStatusResponse> latest() const;
  // Set once all groups are ready.
  absl::optional<ReadyCluster> ready() const;

 private:
  void Watch();
  void Ask();

  const std::string address_;
  const uint32_t groups_;
  mutable Mutex mu_;
  CondVar stop_changed_;
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  absl::optional<v1::GetClusterStatusResponse> latest_ ABSL_GUARDED_BY(mu_);
  absl::optional<ReadyCluster> ready_ ABSL_GUARDED_BY(mu_);
  std::thread thread_;  // last: it uses the others
};

}  // namespace baton

#endif  // BATON_MAIN_CLUSTER_WATCHER_H_
