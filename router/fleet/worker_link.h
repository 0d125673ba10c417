// The router's end of a worker's stream, as the fleet sees it.
#ifndef BATON_ROUTER_FLEET_WORKER_LINK_H_
#define BATON_ROUTER_FLEET_WORKER_LINK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "router/scheduler/step.h"

namespace baton {

struct FormGroupOrder {
  uint64_t epoch = 0;
  std::string rendezvous;
  uint64_t num_blocks = 0;
  std::vector<uint64_t> incarnations;  // by rank
};

// Thread-safe. Messages are queued and sent in order; none of these blocks or calls back.
class WorkerLink {
 public:
  virtual ~WorkerLink() = default;
  virtual void SendFormGroup(const FormGroupOrder& order) = 0;
  virtual void SendPlan(uint64_t epoch, const StepPlan& plan) = 0;
  virtual void SendAbort(uint64_t epoch, const std::string& reason) = 0;
  // Ends the stream with UNAVAILABLE and the reason: the worker is to dial again. What is queued
  // may be lost.
  virtual void Close(const std::string& reason) = 0;
};

}  // namespace baton

#endif  // BATON_ROUTER_FLEET_WORKER_LINK_H_
