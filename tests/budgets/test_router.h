// The router as `baton router` wires it, in this process, on a free port of the loopback.
#ifndef BATON_TESTS_BUDGETS_TEST_ROUTER_H_
#define BATON_TESTS_BUDGETS_TEST_ROUTER_H_

#include <memory>
#include <string>

#include "router/api/inference_service.h"
#include "router/fleet/attach_service.h"
#include "router/fleet/fleet.h"
#include "server/call_counter.h"
#include "server/grpc_server.h"

namespace baton {

// So many sequences at once, none of them ever refused or given up.
FleetOptions RoomyFleet(uint32_t max_running, bool run_ahead);

class TestRouter {
 public:
  explicit TestRouter(const FleetOptions& options);
  ~TestRouter();

  Fleet& fleet() { return fleet_; }
  std::string address() const;
  // Until some group is ready.
  void WaitReady();
  // Tokens that clients were sent, or are about to be.
  uint64_t output_tokens() const;

 private:
  Fleet fleet_;
  const std::shared_ptr<CallCounter> calls_ = std::make_shared<CallCounter>();
  InferenceService inference_;
  AttachService attach_;
  std::unique_ptr<GrpcServer> server_;
};

}  // namespace baton

#endif  // BATON_TESTS_BUDGETS_TEST_ROUTER_H_
