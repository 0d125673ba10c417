#include "router/fleet/attach_service.h"

#include <deque>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/mutex.h"
#include "common/status_mapping.h"
#include "router/fleet/worker_messages.h"
#include "spdlog/spdlog.h"

namespace baton {
namespace wire = worker::v1;
namespace {

// What a worker may say of itself: more would make the router reserve memory for nothing.
constexpr uint32_t kMaxSlots = 1 << 16;
constexpr uint32_t kMaxStepTokens = 1 << 20;

// A worker's stream. It owns itself from its making to OnDone; the fleet holds it as a link as long
// as it is attached.
class AttachStream : public grpc::ServerBidiReactor<wire::AttachRequest, wire::AttachResponse>,
                     public WorkerLink,
                     public std::enable_shared_from_this<AttachStream> {
 public:
  explicit AttachStream(Fleet* fleet) : fleet_(fleet) {}

  void Start(std::shared_ptr<AttachStream> self) {
    self_ = std::move(self);
    StartRead(&request_);
  }

  // --- WorkerLink.
  void SendFormGroup(const FormGroupOrder& order) override {
    auto message = std::make_shared<wire::AttachResponse>();
    ToProto(fleet_->incarnation(), order, message->mutable_form_group());
    Send(std::move(message));
  }
  void SendPlan(uint64_t epoch, const StepPlan& plan) override {
    auto message = std::make_shared<wire::AttachResponse>();
    ToProto(fleet_->incarnation(), epoch, plan, message->mutable_step_plan());
    Send(std::move(message));
  }
  void SendAbort(uint64_t epoch, const std::string& reason) override {
    auto message = std::make_shared<wire::AttachResponse>();
    message->mutable_abort()->mutable_epoch()->set_router_incarnation(fleet_->incarnation());
    message->mutable_abort()->mutable_epoch()->set_number(epoch);
    message->mutable_abort()->set_reason(reason);
    Send(std::move(message));
  }
  void Close(const std::string& reason) override {
    End(ToGrpcStatus(absl::UnavailableError(reason)));
  }

  // --- gRPC.
  void OnReadDone(bool ok) override {
    if (!ok) {
      if (id_ != 0) fleet_->Detach(id_, absl::StrCat(who_, " is gone"));
      End(grpc::Status::OK);
      return;
    }
    const absl::Status status = Handle();
    if (!status.ok()) {
      spdlog::warn("a worker was refused: {}", std::string(status.message()));
      if (id_ != 0) fleet_->Detach(id_, std::string(status.message()));
      End(ToGrpcStatus(status));
      return;
    }
    StartRead(&request_);
  }

  void OnWriteDone(bool ok) override {
    MutexLock lock(&mu_);
    writing_.reset();
    if (!ok) return;  // the read fails too
    WriteNext();
  }

  void OnDone() override { self_.reset(); }

 private:
  absl::Status Handle() {
    switch (request_.message_case()) {
      case wire::AttachRequest::kHello:
        return OnHello(request_.hello());
      case wire::AttachRequest::MESSAGE_NOT_SET:
        return absl::InvalidArgumentError("a worker sent an empty message");
      default:
        break;
    }
    if (id_ == 0) return absl::InvalidArgumentError("a worker's first message must be hello");
    switch (request_.message_case()) {
      case wire::AttachRequest::kLoadProgress:
        fleet_->Progress(id_, request_.load_progress().bytes_done(),
                         request_.load_progress().bytes_total());
        break;
      case wire::AttachRequest::kLoaded:
        return OnLoaded(FromProto(request_.loaded().capacity()));
      case wire::AttachRequest::kReady:
        if (IsOurs(request_.ready().epoch())) fleet_->Ready(id_, request_.ready().epoch().number());
        break;
      case wire::AttachRequest::kStepResult:
        if (IsOurs(request_.step_result().epoch())) {
          fleet_->Result(id_, request_.step_result().epoch().number(),
                         FromProto(request_.step_result()));
        }
        break;
      case wire::AttachRequest::kEpochFailed:
        if (IsOurs(request_.epoch_failed().epoch())) {
          fleet_->EpochFailed(id_, request_.epoch_failed().epoch().number(),
                              absl::StrCat(who_, ": ", request_.epoch_failed().reason()));
        }
        break;
      default:
        break;
    }
    return absl::OkStatus();
  }

  bool IsOurs(const wire::Epoch& epoch) const {
    return epoch.router_incarnation() == fleet_->incarnation();
  }

  absl::Status OnHello(const wire::Hello& hello) {
    if (id_ != 0) return absl::InvalidArgumentError("a worker said hello twice");
    who_ = absl::StrCat(hello.group(), "/r", hello.rank(), " (process ", hello.pid(), " on ",
                        hello.host(), ")");
    std::shared_ptr<const ModelContext> model;
    if (hello.has_model_card()) {
      absl::StatusOr<std::shared_ptr<const ModelContext>> made =
          MakeModelContext(hello.model_card());
      if (!made.ok()) return absl::FailedPreconditionError(made.status().message());
      model = *std::move(made);
    }
    absl::StatusOr<AttachmentId> id =
        fleet_->Attach(hello.group(), FromProto(hello), std::move(model), shared_from_this());
    if (!id.ok()) return id.status();
    id_ = *id;
    spdlog::info("{} attached: {}", who_, hello.shard());
    return absl::OkStatus();
  }

  absl::Status OnLoaded(const RankCapacity& c) {
    if (c.num_blocks == 0 || c.block_size == 0 || c.max_slots == 0 || c.max_step_tokens == 0 ||
        c.max_step_rows == 0) {
      return absl::FailedPreconditionError(absl::StrCat(who_, ": its capacity has a zero"));
    }
    constexpr uint64_t kMaxPositions = std::numeric_limits<int32_t>::max();
    if (c.block_size > kMaxPositions || c.num_blocks > kMaxPositions / c.block_size ||
        c.max_slots > kMaxSlots || c.max_step_tokens > kMaxStepTokens) {
      return absl::FailedPreconditionError(absl::StrCat(
          who_, ": its capacity is ", c.num_blocks, " blocks of ", c.block_size, ", ", c.max_slots,
          " slots and ", c.max_step_tokens, " tokens a step; the limits are ", kMaxPositions,
          " positions, ", kMaxSlots, " slots and ", kMaxStepTokens, " tokens"));
    }
    return fleet_->Loaded(id_, c);
  }

  void Send(std::shared_ptr<const wire::AttachResponse> message) {
    MutexLock lock(&mu_);
    if (ended_) return;
    outbox_.push_back(std::move(message));
    if (writing_ == nullptr) WriteNext();
  }

  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (ended_ || outbox_.empty()) return;
    writing_ = std::move(outbox_.front());
    outbox_.pop_front();
    StartWrite(writing_.get());
  }

  void End(const grpc::Status& status) {
    {
      MutexLock lock(&mu_);
      if (ended_) return;
      ended_ = true;
    }
    Finish(status);
  }

  Fleet* const fleet_;
  std::shared_ptr<AttachStream> self_;

  // Of the read callbacks, which come one at a time.
  wire::AttachRequest request_;
  AttachmentId id_ = 0;
  std::string who_;

  Mutex mu_;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  std::deque<std::shared_ptr<const wire::AttachResponse>> outbox_ ABSL_GUARDED_BY(mu_);
  std::shared_ptr<const wire::AttachResponse> writing_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

grpc::ServerBidiReactor<wire::AttachRequest, wire::AttachResponse>* AttachService::Attach(
    grpc::CallbackServerContext*) {
  auto stream = std::make_shared<AttachStream>(fleet_);
  AttachStream* raw = stream.get();
  raw->Start(std::move(stream));
  return raw;
}

}  // namespace baton
