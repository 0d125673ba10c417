#include "tests/budgets/bare_relay.h"

#include <chrono>
#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/check.h"
#include "grpcpp/server_builder.h"

namespace baton {
namespace wire = worker::v1;
namespace {

// Messages on their way out of a stream, one write in flight. Not thread-safe.
template <typename Message>
class Outbox {
 public:
  // What to write now; null: a write is in flight.
  const Message* Put(Message message) {
    messages_.push_back(std::move(message));
    return messages_.size() == 1 ? &messages_.front() : nullptr;
  }
  // The write has ended. What to write now; null: nothing.
  const Message* Written() {
    messages_.pop_front();
    return messages_.empty() ? nullptr : &messages_.front();
  }

 private:
  std::deque<Message> messages_;
};

}  // namespace

// Owns itself from its making to OnDone.
class BareRelay::WorkerStream
    : public grpc::ServerBidiReactor<wire::AttachRequest, wire::AttachResponse> {
 public:
  explicit WorkerStream(BareRelay* owner) : owner_(owner) {}
  void Start(std::shared_ptr<WorkerStream> self) {
    self_ = std::move(self);
    StartRead(&request_);
  }
  void Send(wire::AttachResponse plan) {
    MutexLock lock(&mu_);
    if (const wire::AttachResponse* next = out_.Put(std::move(plan))) StartWrite(next);
  }
  void End() { Finish(grpc::Status::OK); }
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override {
    MutexLock lock(&mu_);
    if (!ok) return;
    if (const wire::AttachResponse* next = out_.Written()) StartWrite(next);
  }
  void OnDone() override { const std::shared_ptr<WorkerStream> self = std::move(self_); }

 private:
  BareRelay* const owner_;
  std::shared_ptr<WorkerStream> self_;
  wire::AttachRequest request_;
  Mutex mu_;
  Outbox<wire::AttachResponse> out_ ABSL_GUARDED_BY(mu_);
};

// Owns itself from its making to OnDone.
class BareRelay::ClientStream : public grpc::ServerWriteReactor<v1::GenerateResponse> {
 public:
  ClientStream(const v1::GenerateRequest& request, std::shared_ptr<WorkerStream> worker,
               int plans_in_flight)
      : request_(request), worker_(std::move(worker)), plans_in_flight_(plans_in_flight) {}
  void Start(std::shared_ptr<ClientStream> self) {
    self_ = std::move(self);
    for (int i = 0; i < plans_in_flight_; ++i) SendPlan();
    v1::GenerateResponse response;
    v1::GenerateStarted& started = *response.mutable_started();
    started.set_request_id("0123456789abcdef");
    started.set_seed(0x0123456789abcdef);
    started.set_model("fake");
    started.set_model_digest("fa4e");
    started.set_prompt_digest(std::string(64, '0'));
    started.set_prompt_tokens(prompt_size());
    started.set_max_tokens(max_tokens());
    started.set_group("g0");
    started.set_numerics_class("fake/1");
    Send(std::move(response));
  }
  // A result has come: its token goes on, and the next plan.
  void Result(const wire::StepResult& result) {
    v1::GenerateResponse response;
    v1::GeneratedPiece& piece = *response.mutable_piece();
    piece.set_position(tokens_++);
    piece.add_token_ids(result.rows(0).token_id());
    piece.set_text("a");
    SendPlan();
    Send(std::move(response));
    if (tokens_ < max_tokens()) return;
    v1::GenerateResponse last;
    v1::GenerateFinished& finished = *last.mutable_finished();
    finished.set_reason(v1::FINISH_REASON_LENGTH);
    finished.set_numerics_class("fake/1");
    finished.mutable_usage()->set_prompt_tokens(prompt_size());
    finished.mutable_usage()->set_output_tokens(tokens_);
    Send(std::move(last));
  }
  void OnWriteDone(bool ok) override {
    MutexLock lock(&mu_);
    if (!ok) return;
    if (const v1::GenerateResponse* next = out_.Written()) Write(*next);
  }
  void OnDone() override { const std::shared_ptr<ClientStream> self = std::move(self_); }

 private:
  uint32_t prompt_size() const { return static_cast<uint32_t>(request_.tokens().ids_size()); }
  uint32_t max_tokens() const { return request_.stop().max_tokens(); }

  void SendPlan() {
    if (planned_ == max_tokens()) return;
    wire::AttachResponse message;
    wire::StepPlan& plan = *message.mutable_step_plan();
    plan.mutable_epoch()->set_number(1);
    plan.set_plan_id(planned_ + 1);
    wire::SlotWork& work = *plan.add_work();
    if (planned_ == 0) {
      wire::SlotStart& start = *plan.add_starts();
      *start.mutable_tokens() = request_.tokens().ids();
      start.set_prompt_length(prompt_size());
      for (uint32_t block = 0; block < prompt_size() / 16 + 1; ++block) start.add_blocks(block);
      start.mutable_sampling()->set_seed(0x0123456789abcdef);
      work.set_num_tokens(prompt_size());
    } else {
      work.set_position(prompt_size() + planned_ - 1);
      work.set_num_tokens(1);
    }
    wire::OutputRow& row = *work.add_rows();
    row.set_position(prompt_size() + planned_ - 1);
    row.set_sample(true);
    ++planned_;
    worker_->Send(std::move(message));
  }
  void Send(v1::GenerateResponse response) {
    MutexLock lock(&mu_);
    if (const v1::GenerateResponse* next = out_.Put(std::move(response))) Write(*next);
  }
  void Write(const v1::GenerateResponse& response) {
    if (response.has_finished()) {
      StartWriteAndFinish(&response, grpc::WriteOptions(), grpc::Status::OK);
    } else {
      StartWrite(&response);
    }
  }

  const v1::GenerateRequest request_;
  const std::shared_ptr<WorkerStream> worker_;
  const int plans_in_flight_;
  std::shared_ptr<ClientStream> self_;
  uint32_t planned_ = 0, tokens_ = 0;
  Mutex mu_;
  Outbox<v1::GenerateResponse> out_ ABSL_GUARDED_BY(mu_);
};

void BareRelay::WorkerStream::OnReadDone(bool ok) {
  if (!ok) return;
  if (request_.has_loaded()) {
    MutexLock lock(&owner_->mu_);
    owner_->worker_ = self_;
    owner_->changed_.SignalAll();
  } else if (request_.has_step_result()) {
    std::shared_ptr<ClientStream> client;
    {
      MutexLock lock(&owner_->mu_);
      client = owner_->client_;
    }
    client->Result(request_.step_result());
  }
  StartRead(&request_);
}

grpc::ServerBidiReactor<wire::AttachRequest, wire::AttachResponse>* BareRelay::Workers::Attach(
    grpc::CallbackServerContext*) {
  const auto stream = std::make_shared<WorkerStream>(owner_);
  stream->Start(stream);
  return stream.get();
}

grpc::ServerWriteReactor<v1::GenerateResponse>* BareRelay::Clients::Generate(
    grpc::CallbackServerContext*, const v1::GenerateRequest* request) {
  std::shared_ptr<ClientStream> stream;
  {
    MutexLock lock(&owner_->mu_);
    stream = owner_->client_ =
        std::make_shared<ClientStream>(*request, owner_->worker_, owner_->plans_in_flight_);
  }
  stream->Start(stream);
  return stream.get();
}

BareRelay::BareRelay(int plans_in_flight) : plans_in_flight_(plans_in_flight) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
  builder.RegisterService(&workers_);
  builder.RegisterService(&clients_);
  server_ = builder.BuildAndStart();
  BATON_CHECK(server_ != nullptr);
}

BareRelay::~BareRelay() {
  {
    MutexLock lock(&mu_);
    worker_->End();
    worker_.reset();
    client_.reset();
  }
  server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
  server_->Wait();
}

std::string BareRelay::address() const { return absl::StrCat("127.0.0.1:", port_); }

void BareRelay::WaitReady() {
  MutexLock lock(&mu_);
  while (worker_ == nullptr) changed_.Wait(&mu_);
}

}  // namespace baton
