// A workload whose requests also say how to sample and how their clients behave.
#ifndef BATON_TESTS_LOAD_WORKLOAD_CLIENT_WORKLOAD_H_
#define BATON_TESTS_LOAD_WORKLOAD_CLIENT_WORKLOAD_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "tests/load/request/load_request.h"
#include "tests/load/workload/client_behaviours.h"
#include "tests/load/workload/workload.h"

namespace baton {

struct ClientSettings {
  bool ignore_eos = false;
  LoadSampling sampling;
  BehaviourOptions behaviours;
  uint64_t seed = 0;  // of the behaviours, which are the same at every point of a sweep
};

// Leaves everything else to the workload that it wraps.
class ClientWorkload : public Workload {
 public:
  ClientWorkload(std::unique_ptr<Workload> workload, const ClientSettings& settings);

  size_t size() const override { return workload_->size(); }
  LoadRequest Request(size_t i) const override;
  absl::optional<FollowUp> Next(const LoadRequest& request, const std::string& text) const override;
  bool has_follow_ups() const override { return workload_->has_follow_ups(); }
  absl::optional<std::vector<absl::Duration>> Schedule() const override {
    return workload_->Schedule();
  }

 private:
  void Set(LoadRequest* request, uint64_t first_turn) const;

  const std::unique_ptr<Workload> workload_;
  const ClientSettings settings_;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_CLIENT_WORKLOAD_H_
