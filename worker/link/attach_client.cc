#include "worker/link/attach_client.h"

#include <chrono>
#include <thread>
#include <utility>

#include "common/status_mapping.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "spdlog/spdlog.h"
#include "worker/link/messages.h"

namespace baton {
namespace wire = worker::v1;
namespace {

constexpr auto kFirstBackoff = std::chrono::milliseconds(50);
constexpr auto kLastBackoff = std::chrono::milliseconds(1000);
constexpr auto kProgressInterval = std::chrono::milliseconds(100);

// The router will never take this worker as it is.
bool IsRefusal(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) || absl::IsInvalidArgument(status) ||
         absl::IsUnimplemented(status);
}

std::shared_ptr<grpc::Channel> NewChannel(const std::string& router) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);  // a plan may carry many journals
  // A router that vanished without a word is noticed; one on this host closes its sockets.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 5000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(router, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

// One attachment: serialises writes of the session and of the loading reports.
class AttachClient::Stream : public SessionOutput {
 public:
  using Rpc = grpc::ClientReaderWriter<wire::AttachRequest, wire::AttachResponse>;
  explicit Stream(Rpc* rpc) : rpc_(rpc) {}

  void Send(const wire::AttachRequest& message) {
    MutexLock lock(&mu_);
    rpc_->Write(message);  // a failure shows in the reader
  }
  void SendReady(const EpochId& epoch) override {
    wire::AttachRequest message;
    ToProto(epoch, message.mutable_ready()->mutable_epoch());
    Send(message);
  }
  void SendResult(const EpochId& epoch, uint64_t plan_id, const StepOutput& output) override {
    wire::AttachRequest message;
    ToProto(epoch, plan_id, output, message.mutable_step_result());
    Send(message);
  }
  void SendEpochFailed(const EpochId& epoch, const std::string& reason) override {
    spdlog::warn("epoch {} failed: {}", epoch.number, reason);
    wire::AttachRequest message;
    ToProto(epoch, message.mutable_epoch_failed()->mutable_epoch());
    message.mutable_epoch_failed()->set_reason(reason);
    Send(message);
  }

 private:
  Mutex mu_;
  Rpc* const rpc_;
};

absl::Status AttachClient::Run() {
  std::thread loader([this] {
    absl::StatusOr<std::unique_ptr<ModelRunner>> runner = load_(
        [this](int64_t done, int64_t total) {
          MutexLock lock(&mu_);
          bytes_done_ = done;
          bytes_total_ = total;
        },
        &stopped_);
    MutexLock lock(&mu_);
    load_ended_ = true;
    load_status_ = runner.status();
    if (runner.ok()) {
      runner_ = *std::move(runner);
    } else if (context_ != nullptr) {
      context_->TryCancel();
    }
    changed_.SignalAll();
  });
  absl::Status result;
  auto backoff = kFirstBackoff;
  bool said = false;
  while (!stopped_.load()) {
    const auto start = std::chrono::steady_clock::now();
    const absl::Status status = AttachOnce();
    if (stopped_.load()) break;  // whatever loading says now
    {
      MutexLock lock(&mu_);
      if (load_ended_ && !load_status_.ok()) {
        result = load_status_;
        break;
      }
    }
    if (IsRefusal(status)) {
      result = status;
      break;
    }
    if (std::chrono::steady_clock::now() - start > std::chrono::seconds(2)) {
      backoff = kFirstBackoff;
      said = false;
    }
    if (!said)
      spdlog::info("not attached to {} ({}); dialling again", options_.router,
                   std::string(status.message()));
    said = true;
    MutexLock lock(&mu_);
    if (!stopped_.load()) changed_.WaitFor(&mu_, backoff);
    backoff = std::min<std::chrono::milliseconds>(backoff * 2, kLastBackoff);
  }
  stopped_.store(true);
  loader.join();
  return result;
}

void AttachClient::Stop() {
  stopped_.store(true);
  MutexLock lock(&mu_);
  if (context_ != nullptr) context_->TryCancel();
  changed_.SignalAll();
}

absl::Status AttachClient::AttachOnce() {
  grpc::ClientContext context;
  {
    MutexLock lock(&mu_);
    if (stopped_.load() || (load_ended_ && !load_status_.ok()))
      return absl::CancelledError("stopped");
    context_ = &context;
  }
  const auto stub = wire::WorkerService::NewStub(NewChannel(options_.router));
  const std::unique_ptr<Stream::Rpc> rpc = stub->Attach(&context);
  Stream stream(rpc.get());
  wire::AttachRequest hello;
  *hello.mutable_hello() = options_.hello;
  stream.Send(hello);

  // Reports loading until it has ended, then makes the session that serves epochs.
  std::atomic<bool> closed{false};
  Mutex session_mu;
  std::unique_ptr<Session> session;
  const bool is_sampler =
      options_.parallelism.rank == (options_.parallelism.pp - 1) * options_.parallelism.tp;
  std::thread reporter([&] {
    while (!closed.load()) {
      wire::AttachRequest message;
      ModelRunner* runner;
      {
        MutexLock lock(&mu_);
        if (!load_ended_) changed_.WaitFor(&mu_, kProgressInterval);
        message.mutable_load_progress()->set_bytes_done(static_cast<uint64_t>(bytes_done_));
        message.mutable_load_progress()->set_bytes_total(static_cast<uint64_t>(bytes_total_));
        runner = runner_.get();
        if (load_ended_ && runner == nullptr) return;
      }
      if (runner == nullptr) {
        stream.Send(message);
        continue;
      }
      {
        MutexLock lock(&session_mu);
        session = std::make_unique<Session>(runner, is_sampler, ShmConnect(options_.parallelism),
                                            &stream);
      }
      wire::Capacity* c = message.mutable_loaded()->mutable_capacity();
      const PlanLimits& limits = runner->limits();
      c->set_num_blocks(static_cast<uint64_t>(runner->num_blocks()));
      c->set_block_size(limits.block_size);
      c->set_max_slots(limits.max_slots);
      c->set_max_step_tokens(limits.max_step_tokens);
      c->set_max_step_rows(limits.max_step_rows);
      c->set_max_model_len(limits.max_model_len);
      c->set_weight_bytes(static_cast<uint64_t>(runner->weight_bytes()));
      c->set_kv_bytes(static_cast<uint64_t>(runner->kv_bytes()));
      c->set_workspace_bytes(static_cast<uint64_t>(runner->workspace_bytes()));
      stream.Send(message);
      return;
    }
  });

  wire::AttachResponse message;
  while (rpc->Read(&message)) {
    MutexLock lock(&session_mu);
    if (session == nullptr) continue;  // orders come only after Loaded
    switch (message.message_case()) {
      case wire::AttachResponse::kFormGroup:
        session->Form(FromProto(message.form_group()));
        break;
      case wire::AttachResponse::kStepPlan:
        session->Execute(FromProto(message.step_plan().epoch()), message.step_plan().plan_id(),
                         FromProto(message.step_plan()));
        break;
      case wire::AttachResponse::kAbort:
        session->Abort(FromProto(message.abort().epoch()), message.abort().reason());
        break;
      case wire::AttachResponse::MESSAGE_NOT_SET:
        break;
    }
  }
  closed.store(true);
  {
    MutexLock lock(&mu_);
    changed_.SignalAll();
  }
  reporter.join();
  if (session != nullptr) session->Disconnected();
  session.reset();
  const grpc::Status status = rpc->Finish();
  MutexLock lock(&mu_);
  context_ = nullptr;
  return status.ok() ? absl::UnavailableError("the router closed the stream")
                     : FromGrpcStatus(status);
}

}  // namespace baton
