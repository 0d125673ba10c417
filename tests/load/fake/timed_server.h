// A server of Baton's API whose every delay is set, and that keeps its own record of what it wrote
// when: what a load tool's clock is judged by.
#ifndef BATON_TESTS_LOAD_FAKE_TIMED_SERVER_H_
#define BATON_TESTS_LOAD_FAKE_TIMED_SERVER_H_

#include <cstdint>
#include <memory>
#include <queue>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "baton/v1/inference.grpc.pb.h"
#include "common/mutex.h"
#include "grpcpp/server.h"

namespace baton {

struct TimedServerScript {
  absl::Duration first_token = absl::Milliseconds(50);  // after the request has come
  absl::Duration gap = absl::Milliseconds(10);          // between messages; 0: as fast as they go
  // Messages of all requests leave together, at multiples of this, as those of a server do that
  // computes a token for each in one step. 0: each at its own time.
  absl::Duration step = absl::ZeroDuration();
  uint32_t tokens_per_message = 1;
  // Nothing is written in this time, which counts from the first request; what was due waits.
  struct Stall {
    absl::Duration at, length;
  };
  absl::optional<Stall> stall;
  // The tokens depend on how many requests run, as they would in a server whose arithmetic depends
  // on company.
  bool tokens_depend_on_company = false;
  // After so many messages a stream ends with this code.
  absl::optional<uint32_t> fail_after;
  grpc::StatusCode fail_code = grpc::StatusCode::UNAVAILABLE;
  bool keep_record = true;
};

// What the server did for one request. Times are Clock::Real()'s.
struct ServedRequest {
  uint32_t first_prompt_id = 0;  // by which a test knows it; 0 if the prompt is text
  absl::Time arrived;
  std::vector<absl::Time> written;  // each message that held tokens
  bool cancelled = false;
};

// Serves the model "timed" of 1,000 tokens on a port of its own until it is destroyed. Its tokens
// are a function of the prompt. Thread-safe.
class TimedServer {
 public:
  // `port` 0: any that is free.
  explicit TimedServer(const TimedServerScript& script, int port = 0);
  ~TimedServer();

  std::string address() const;
  // The requests that have ended so far.
  std::vector<ServedRequest> served() const;

 private:
  class Stream;
  class Service : public v1::InferenceService::CallbackService {
   public:
    explicit Service(TimedServer* owner) : owner_(owner) {}
    grpc::ServerWriteReactor<v1::GenerateResponse>* Generate(
        grpc::CallbackServerContext* context, const v1::GenerateRequest* request) override;
    grpc::ServerUnaryReactor* GetModel(grpc::CallbackServerContext* context,
                                       const v1::GetModelRequest* request,
                                       v1::GetModelResponse* response) override;

   private:
    TimedServer* const owner_;
  };
  struct Due {
    absl::Time at;
    std::shared_ptr<Stream> stream;
    bool operator>(const Due& other) const { return at > other.at; }
  };

  void WriteAt(absl::Time at, std::shared_ptr<Stream> stream);
  void Ended(ServedRequest served);
  void Run();

  const TimedServerScript script_;
  Service service_{this};
  mutable Mutex mu_;
  CondVar changed_;
  std::priority_queue<Due, std::vector<Due>, std::greater<Due>> due_ ABSL_GUARDED_BY(mu_);
  std::vector<ServedRequest> served_ ABSL_GUARDED_BY(mu_);
  absl::optional<absl::Time> first_request_ ABSL_GUARDED_BY(mu_);
  uint32_t running_ ABSL_GUARDED_BY(mu_) = 0;
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::thread thread_;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_FAKE_TIMED_SERVER_H_
