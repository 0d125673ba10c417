#include "tests/load/fake/timed_server.h"

#include <sys/prctl.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/check.h"
#include "common/clock.h"
#include "grpcpp/server_builder.h"

namespace baton {
namespace {

constexpr uint32_t kVocabulary = 1000;
constexpr char kNumericsClass[] = "timed-1";

uint32_t Mix(uint32_t a, uint32_t b) { return (a ^ b) * 2654435761u + (a >> 7); }

}  // namespace

class TimedServer::Stream : public grpc::ServerWriteReactor<v1::GenerateResponse> {
 public:
  Stream(TimedServer* owner, const v1::GenerateRequest& request, uint32_t company)
      : owner_(owner), script_(owner->script_), left_(request.stop().max_tokens()) {
    served_.arrived = Clock::Real()->Now();
    if (request.tokens().ids_size() > 0) served_.first_prompt_id = request.tokens().ids(0);
    prompt_tokens_ = static_cast<uint32_t>(
        std::max<size_t>(static_cast<size_t>(request.tokens().ids_size()), request.text().size()));
    for (const uint32_t id : request.tokens().ids()) state_ = Mix(state_, id);
    for (const char c : request.text()) state_ = Mix(state_, static_cast<uint8_t>(c));
    if (script_.tokens_depend_on_company) state_ = Mix(state_, company);
  }

  void Begin(std::shared_ptr<Stream> self) {
    self_ = std::move(self);
    v1::GenerateStarted& started = *response_.mutable_started();
    started.set_numerics_class(kNumericsClass);
    started.set_model("timed");
    started.set_group("g0");
    started.set_prompt_tokens(prompt_tokens_);
    StartWrite(&response_);
  }

  // The time of the next message has come.
  void Tick() {
    if (script_.fail_after && messages_ == *script_.fail_after) {
      return Finish(grpc::Status(script_.fail_code, "the script says so"));
    }
    response_.Clear();
    v1::GeneratedPiece& piece = *response_.mutable_piece();
    piece.set_position(position_);
    const uint32_t tokens = std::min(left_, script_.tokens_per_message);
    for (uint32_t i = 0; i < tokens; ++i) {
      state_ = Mix(state_, position_++);
      piece.add_token_ids(state_ % kVocabulary);
      piece.mutable_text()->push_back(static_cast<char>('a' + state_ % 26));
    }
    left_ -= tokens;
    ++messages_;
    if (script_.keep_record) served_.written.push_back(Clock::Real()->Now());
    StartWrite(&response_);
  }

  void OnWriteDone(bool ok) override {
    if (!ok || finished_) return Finish(grpc::Status::OK);
    if (left_ == 0) return WriteFinished();
    if (messages_ > 0 && script_.gap == absl::ZeroDuration()) return Tick();
    const absl::Time now = Clock::Real()->Now();
    owner_->WriteAt(messages_ == 0
                        ? served_.arrived + script_.first_token
                        : (script_.keep_record ? served_.written.back() : now) + script_.gap,
                    self_);
  }

  void OnCancel() override { served_.cancelled = true; }

  void OnDone() override {
    owner_->Ended(std::move(served_));
    const std::shared_ptr<Stream> self = std::move(self_);
  }

 private:
  void WriteFinished() {
    finished_ = true;
    response_.Clear();
    v1::GenerateFinished& finished = *response_.mutable_finished();
    finished.set_reason(v1::FINISH_REASON_LENGTH);
    finished.mutable_usage()->set_prompt_tokens(prompt_tokens_);
    finished.mutable_usage()->set_output_tokens(position_);
    finished.set_numerics_class(kNumericsClass);
    StartWrite(&response_);
  }

  TimedServer* const owner_;
  const TimedServerScript& script_;
  ServedRequest served_;
  v1::GenerateResponse response_;
  uint32_t prompt_tokens_ = 0, left_, position_ = 0, messages_ = 0;
  uint32_t state_ = 1;
  bool finished_ = false;
  std::shared_ptr<Stream> self_;
};

grpc::ServerWriteReactor<v1::GenerateResponse>* TimedServer::Service::Generate(
    grpc::CallbackServerContext*, const v1::GenerateRequest* request) {
  uint32_t company;
  {
    MutexLock lock(&owner_->mu_);
    company = ++owner_->running_;
    if (!owner_->first_request_) owner_->first_request_ = Clock::Real()->Now();
  }
  auto stream = std::make_shared<Stream>(owner_, *request, company);
  stream->Begin(stream);
  return stream.get();
}

grpc::ServerUnaryReactor* TimedServer::Service::GetModel(grpc::CallbackServerContext* context,
                                                         const v1::GetModelRequest* request,
                                                         v1::GetModelResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (!request->model().empty() && request->model() != "timed") {
    reactor->Finish(grpc::Status(
        grpc::StatusCode::NOT_FOUND,
        absl::StrCat("model: \"", request->model(), "\" is not served; served: timed")));
    return reactor;
  }
  response->mutable_model()->set_name("timed");
  response->mutable_model()->set_vocab_size(kVocabulary);
  response->mutable_model()->set_max_model_len(1u << 20);
  response->mutable_model()->add_numerics_classes(kNumericsClass);
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

TimedServer::TimedServer(const TimedServerScript& script, int port) : script_(script) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(absl::StrCat("127.0.0.1:", port), grpc::InsecureServerCredentials(),
                           &port_);
  builder.RegisterService(&service_);
  server_ = builder.BuildAndStart();
  BATON_CHECK(server_ != nullptr);
  thread_ = std::thread([this] { Run(); });
}

TimedServer::~TimedServer() {
  server_->Shutdown(std::chrono::system_clock::now());
  {
    MutexLock lock(&mu_);
    stop_ = true;
    changed_.SignalAll();
  }
  thread_.join();
  server_->Wait();
}

std::string TimedServer::address() const { return absl::StrCat("127.0.0.1:", port_); }

std::vector<ServedRequest> TimedServer::served() const {
  MutexLock lock(&mu_);
  return served_;
}

void TimedServer::WriteAt(absl::Time at, std::shared_ptr<Stream> stream) {
  if (script_.step > absl::ZeroDuration()) {
    at = absl::UnixEpoch() + absl::Ceil(at - absl::UnixEpoch(), script_.step);
  }
  MutexLock lock(&mu_);
  if (script_.stall) {
    const absl::Time from = *first_request_ + script_.stall->at;
    if (at >= from) at = std::max(at, from + script_.stall->length);
  }
  due_.push({at, std::move(stream)});
  changed_.Signal();
}

void TimedServer::Ended(ServedRequest served) {
  MutexLock lock(&mu_);
  --running_;
  if (script_.keep_record) served_.push_back(std::move(served));
}

// When it stops, what is due is told at once: the calls are cancelled, and end.
void TimedServer::Run() {
  prctl(PR_SET_TIMERSLACK, 1);
  while (true) {
    std::shared_ptr<Stream> stream;
    {
      MutexLock lock(&mu_);
      while (stream == nullptr) {
        if (due_.empty()) {
          if (stop_ && running_ == 0) return;
          changed_.WaitFor(&mu_, std::chrono::milliseconds(stop_ ? 1 : 1000));
          continue;
        }
        const absl::Duration left = due_.top().at - Clock::Real()->Now();
        if (left > absl::ZeroDuration() && !stop_) {
          changed_.WaitFor(&mu_, absl::ToChronoNanoseconds(left));
          continue;
        }
        stream = due_.top().stream;
        due_.pop();
      }
    }
    stream->Tick();
  }
}

}  // namespace baton
