#include "tests/budgets/bare_server.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/check.h"
#include "grpc/grpc.h"
#include "grpcpp/server_builder.h"

namespace baton {

class BareServer::Stream : public grpc::ServerWriteReactor<v1::GenerateResponse> {
 public:
  Stream(std::atomic<int64_t>* tokens, bool says_when)
      : tokens_(tokens), says_when_(says_when), called_(absl::Now()) {}

  void Start(std::shared_ptr<Stream> self) { self_ = std::move(self); }
  // One more token is due.
  void Step() {
    {
      MutexLock lock(&mu_);
      if (ended_) return;
      if (writing_) {
        ++due_;
        return;
      }
      writing_ = true;
    }
    Write();
  }
  void OnWriteDone(bool ok) override {
    {
      MutexLock lock(&mu_);
      if (!ok || due_ == 0) {
        writing_ = false;
        return;
      }
      --due_;
    }
    Write();
  }
  void OnCancel() override {
    {
      MutexLock lock(&mu_);
      ended_ = true;
    }
    Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { const std::shared_ptr<Stream> self = std::move(self_); }

 private:
  void Write() {
    response_.Clear();
    v1::GeneratedPiece& piece = *response_.mutable_piece();
    piece.set_position(position_++);
    piece.add_token_ids(100 + position_ % 26);
    piece.set_text(
        says_when_ ? absl::StrCat(absl::ToUnixNanos(called_), " ", absl::ToUnixNanos(absl::Now()))
                   : "a");
    ++*tokens_;
    StartWrite(&response_);
  }

  std::atomic<int64_t>* const tokens_;
  const bool says_when_;
  const absl::Time called_;
  std::shared_ptr<Stream> self_;
  v1::GenerateResponse response_;  // of whoever set writing_
  uint32_t position_ = 0;          // likewise
  Mutex mu_;
  bool writing_ ABSL_GUARDED_BY(mu_) = false, ended_ ABSL_GUARDED_BY(mu_) = false;
  int due_ ABSL_GUARDED_BY(mu_) = 0;
};

grpc::ServerWriteReactor<v1::GenerateResponse>* BareServer::Service::Generate(
    grpc::CallbackServerContext*, const v1::GenerateRequest*) {
  auto stream = std::make_shared<Stream>(&owner_->tokens_, owner_->says_when_);
  Stream* raw = stream.get();
  raw->Start(stream);
  MutexLock lock(&owner_->mu_);
  owner_->streams_.push_back(std::move(stream));
  return raw;
}

BareServer::BareServer(absl::Duration step, bool says_when) : step_(step), says_when_(says_when) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
  builder.RegisterService(&service_);
  server_ = builder.BuildAndStart();
  BATON_CHECK(server_ != nullptr);
  thread_ = std::thread([this] { Run(); });
}

BareServer::~BareServer() {
  {
    MutexLock lock(&mu_);
    stop_ = true;
  }
  thread_.join();
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
}

std::string BareServer::address() const { return absl::StrCat("127.0.0.1:", port_); }

void BareServer::Run() {
  absl::Time next = absl::Now();
  while (true) {
    next += step_;
    absl::SleepFor(next - absl::Now());
    std::vector<std::shared_ptr<Stream>> streams;
    {
      MutexLock lock(&mu_);
      if (stop_) return;
      streams = streams_;
    }
    for (const auto& stream : streams) stream->Step();
  }
}

}  // namespace baton
