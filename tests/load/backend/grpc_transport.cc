#include "tests/load/backend/grpc_transport.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/clock.h"
#include "grpcpp/alarm.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "grpcpp/support/client_callback.h"

namespace baton {

// Deletes itself when it has ended.
class GrpcTransport::Call : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  Call(GrpcTransport* transport, const grpc::ByteBuffer& request,
       std::unique_ptr<GrpcStream> stream)
      : transport_(transport), request_(request), stream_(std::move(stream)) {}

  grpc::ClientContext* context() { return &context_; }

  void Run(bool cancel) {
    AddHold();  // or it could end, and be gone, before it is cancelled
    StartWriteLast(&request_, grpc::WriteOptions());
    StartRead(&message_);
    cancel |= stream_->OnSend(Clock::Real()->Now());
    StartCall();
    if (cancel) context_.TryCancel();
    RemoveHold();
  }

  // Ends it soon, a pause included. From any thread.
  void Stop() {
    context_.TryCancel();
    MutexLock lock(&mu_);
    stopped_ = true;
    if (alarm_ != nullptr) alarm_->Cancel();
  }

  Call* before = nullptr;  // in the transport's list, under its lock
  Call* after = nullptr;

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return;
    const GrpcStream::Next next = stream_->OnMessage(Clock::Real()->Now(), &message_);
    message_.Clear();
    if (next.cancel) context_.TryCancel();
    if (next.pause <= absl::ZeroDuration()) return StartRead(&message_);
    Pause(next.pause);
  }

  // Each pause has an alarm of its own: that of the last may still be returning.
  void Pause(absl::Duration pause) {
    AddHold();  // nothing is being read, so the call could end before the alarm
    MutexLock lock(&mu_);
    alarm_ = std::make_unique<grpc::Alarm>();
    alarm_->Set(absl::ToChronoTime(absl::Now() + (stopped_ ? absl::ZeroDuration() : pause)),
                [this](bool) {
                  StartRead(&message_);
                  RemoveHold();
                });
  }

  void OnDone(const grpc::Status& status) override {
    const absl::Time now = Clock::Real()->Now();
    GrpcTransport* const transport = transport_;
    const std::unique_ptr<GrpcStream> stream = std::move(stream_);
    const grpc::Status copy = status;
    // First the call, then whoever waits for the last: a call must not be the last to hold its
    // channel, which can not be destroyed on a thread of gRPC's.
    stream->OnEnd(now, copy);
    transport->Remove(this);
  }

  GrpcTransport* const transport_;
  const grpc::ByteBuffer request_;
  std::unique_ptr<GrpcStream> stream_;
  grpc::ClientContext context_;
  grpc::ByteBuffer message_;
  Mutex mu_;
  std::unique_ptr<grpc::Alarm> alarm_ ABSL_GUARDED_BY(mu_);
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
};

namespace {

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> Credentials(
    const GrpcTransportOptions& options) {
  if (!options.tls) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions ssl;
  if (!options.tls_ca_file.empty()) {
    std::ifstream file(options.tls_ca_file);
    if (!file) return absl::NotFoundError(absl::StrCat(options.tls_ca_file, ": can not be read"));
    ssl.pem_root_certs = {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  return grpc::SslCredentials(ssl);
}

}  // namespace

GrpcTransport::GrpcTransport(GrpcTransportOptions options) : options_(std::move(options)) {}

GrpcTransport::~GrpcTransport() {
  MutexLock lock(&mu_);
  closing_ = true;
  for (Call* call = first_; call != nullptr; call = call->after) call->Stop();
  while (first_ != nullptr) none_left_.Wait(&mu_);
}

absl::Status GrpcTransport::Connect(absl::Duration timeout) {
  const auto credentials = Credentials(options_);
  if (!credentials.ok()) return credentials.status();
  for (int i = 0; i < options_.channels; ++i) {
    grpc::ChannelArguments arguments;
    // Channels that differ in nothing would share one connection.
    arguments.SetInt("baton.load.channel", i);
    arguments.SetMaxReceiveMessageSize(-1);
    // A server that starts now is seen soon.
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
    channels_.push_back(grpc::CreateCustomChannel(options_.address, *credentials, arguments));
    stubs_.push_back(std::make_unique<grpc::GenericStub>(channels_.back()));
    channels_.back()->GetState(/*try_to_connect=*/true);
  }
  const auto until = absl::ToChronoTime(absl::Now() + timeout);
  for (const auto& channel : channels_) {
    if (!channel->WaitForConnected(until)) {
      return absl::UnavailableError(absl::StrCat("no server answers at ", options_.address,
                                                 " within ", absl::FormatDuration(timeout)));
    }
  }
  return absl::OkStatus();
}

void GrpcTransport::Start(const std::string& method, const grpc::ByteBuffer& request,
                          absl::Duration deadline, std::unique_ptr<GrpcStream> stream) {
  auto* call = new Call(this, request, std::move(stream));
  for (const auto& [key, value] : options_.metadata) call->context()->AddMetadata(key, value);
  // The request leaves in one piece with the headers.
  call->context()->set_initial_metadata_corked(true);
  if (deadline != absl::InfiniteDuration()) {
    call->context()->set_deadline(absl::ToChronoTime(absl::Now() + deadline));
  }
  size_t channel;
  bool cancel;
  {
    MutexLock lock(&mu_);
    channel = next_channel_++ % stubs_.size();
    call->after = first_;
    if (first_ != nullptr) first_->before = call;
    first_ = call;
    cancel = closing_;
  }
  stubs_[channel]->PrepareBidiStreamingCall(call->context(), method, grpc::StubOptions(), call);
  call->Run(cancel);
}

// The call is destroyed before anyone can take the transport for empty.
void GrpcTransport::Remove(Call* call) {
  MutexLock lock(&mu_);
  (call->before != nullptr ? call->before->after : first_) = call->after;
  if (call->after != nullptr) call->after->before = call->before;
  delete call;
  if (first_ == nullptr) none_left_.SignalAll();
}

}  // namespace baton
