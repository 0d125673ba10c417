#include "tests/budgets/test_router.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/check.h"
#include "common/clock.h"

namespace baton {

FleetOptions RoomyFleet(uint32_t max_running, bool run_ahead) {
  FleetOptions options;
  options.max_running = max_running;
  options.max_step_tokens = 1 << 20;
  options.run_ahead = run_ahead;
  options.stall_limit = absl::Hours(1);
  options.engine.admission.max_queue_requests = 1 << 20;
  options.engine.admission.max_queue_tokens = int64_t{1} << 40;
  return options;
}

namespace {

// As `baton router` does.
InferenceServiceOptions CountedBy(const std::shared_ptr<CallCounter>& calls) {
  InferenceServiceOptions options;
  options.count_stream = [calls] { return calls->Count(); };
  return options;
}

}  // namespace

TestRouter::TestRouter(const FleetOptions& options)
    : fleet_(options, Clock::Real()),
      inference_(CountedBy(calls_), &fleet_, Clock::Real()),
      attach_(&fleet_) {
  GrpcServerOptions server;
  server.calls = calls_;
  server.self_counting = {InferenceService::kGenerate};
  server.listen = "127.0.0.1:0";
  auto made =
      GrpcServer::Create(server, {{v1::InferenceService::service_full_name(), &inference_},
                                  {worker::v1::WorkerService::service_full_name(), &attach_}});
  BATON_CHECK(made.ok());
  server_ = *std::move(made);
}

TestRouter::~TestRouter() {
  fleet_.StopAccepting();
  fleet_.DrainNow();
  fleet_.CloseLinks();
  server_->Shutdown(absl::Milliseconds(500));
}

std::string TestRouter::address() const { return absl::StrCat("127.0.0.1:", server_->port()); }

void TestRouter::WaitReady() {
  while (!fleet_.CanAnswer()) absl::SleepFor(absl::Milliseconds(1));
}

uint64_t TestRouter::output_tokens() const {
  uint64_t tokens = 0;
  for (const GroupSnapshot& group : fleet_.Groups()) tokens += group.output_tokens;
  return tokens;
}

}  // namespace baton
