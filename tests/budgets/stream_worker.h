// A fake worker behind the real step protocol: it dials the router's Attach stream and answers
// every plan, computing nothing.
#ifndef BATON_TESTS_BUDGETS_STREAM_WORKER_H_
#define BATON_TESTS_BUDGETS_STREAM_WORKER_H_

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "baton/worker/v1/worker.grpc.pb.h"
#include "grpcpp/client_context.h"
#include "tests/budgets/fake_model.h"
#include "tests/budgets/step_times.h"

namespace baton {

class StreamWorker {
 public:
  // Attaches to the router at `address` as group "g0" and serves on a thread of its own. `times`,
  // which may be null, must outlive the worker.
  StreamWorker(const FakeWorkerOptions& options, const std::string& address, StepTimes* times);
  // Ends the stream.
  ~StreamWorker();
  // Until the router ends the stream.
  void Wait();

 private:
  struct Slot {
    uint64_t seed = 0;
    uint32_t choice = 0;
  };
  void Run();
  void SayHello();
  void Answer(const worker::v1::StepPlan& plan, worker::v1::StepResult* result);

  const FakeWorkerOptions options_;
  StepTimes* const times_;
  std::unique_ptr<worker::v1::WorkerService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<worker::v1::AttachRequest, worker::v1::AttachResponse>>
      stream_;
  std::vector<Slot> slots_;
  std::thread thread_;  // last: it uses what is above
};

}  // namespace baton

#endif  // BATON_TESTS_BUDGETS_STREAM_WORKER_H_
