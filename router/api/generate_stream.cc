#include "router/api/generate_stream.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/error_details.h"
#include "common/status_mapping.h"
#include "router/api/event_proto.h"
#include "router/api/raw_message.h"

namespace baton {
namespace {

absl::Status SlowReader(size_t tokens, size_t bytes) {
  return WithReason(absl::ResourceExhaustedError(
                        absl::StrCat("the client reads too slowly: ", tokens, " tokens (", bytes,
                                     " bytes) were waiting to be sent")),
                    "SLOW_READER");
}

}  // namespace

std::shared_ptr<GenerateStream> GenerateStream::Create(const StreamBuffer::Limits& limits) {
  std::shared_ptr<GenerateStream> stream(new GenerateStream(limits));
  stream->self_ = stream;
  return stream;
}

void GenerateStream::Describe(v1::GenerateStarted started) {
  MutexLock lock(&mu_);
  started_ = std::move(started);
}

void GenerateStream::SetCancel(std::function<void()> cancel) {
  {
    MutexLock lock(&mu_);
    if (!end_) {
      cancel_ = std::move(cancel);
      return;
    }
  }
  cancel();
}

bool GenerateStream::ended() const {
  MutexLock lock(&mu_);
  return end_.has_value();
}

void GenerateStream::OnStarted(const StartedEvent& event) {
  {
    MutexLock lock(&mu_);
    if (end_) return;
    started_.set_group(event.group);
    started_.set_numerics_class(event.numerics_class);
    buffer_.PutStarted(started_);
  }
  Pump();
}

void GenerateStream::OnPiece(PieceEvent event) {
  absl::Status slow;
  {
    MutexLock lock(&mu_);
    if (end_) return;
    if (!buffer_.PutPiece(std::move(event))) {
      slow = SlowReader(buffer_.num_tokens(), buffer_.num_bytes());
    }
  }
  if (slow.ok()) {
    Pump();
  } else {
    Abandon(slow);
  }
}

void GenerateStream::OnFinished(const FinishedEvent& event) { End(grpc::Status::OK, event); }

void GenerateStream::OnError(const absl::Status& status) {
  End(ToGrpcStatus(status), absl::nullopt);
}

void GenerateStream::End(const grpc::Status& status, absl::optional<FinishedEvent> finished) {
  std::function<void()>
      cancel;  // dropped unused, and outside the lock: it may hold the engine's memory
  {
    MutexLock lock(&mu_);
    if (end_) return;
    if (finished) {
      buffer_.PutFinished(
          FinishedProto(*finished, started_.prompt_tokens(), started_.numerics_class()));
    }
    end_ = status;
    cancel.swap(cancel_);
  }
  Pump();
}

void GenerateStream::Abandon(const absl::Status& status) {
  std::function<void()> cancel;
  {
    MutexLock lock(&mu_);
    buffer_.Clear();
    end_ = ToGrpcStatus(status);
    cancel.swap(cancel_);
  }
  if (cancel) cancel();
  Pump();
}

void GenerateStream::Pump() {
  v1::GenerateResponse response;
  absl::optional<grpc::Status> end;  // set: this is the last call to gRPC
  bool write = false;
  {
    MutexLock lock(&mu_);
    if (writing_ || finished_) return;
    write = !buffer_.empty();
    if (write) response = buffer_.Take();
    if (buffer_.empty()) end = end_;
    if (!write && !end) return;
    writing_ = write;
    finished_ = end.has_value();
  }
  if (write) message_ = SerializeRaw(response);
  if (!end) {
    StartWrite(&message_);
  } else if (write) {
    StartWriteAndFinish(&message_, grpc::WriteOptions(), *std::move(end));
  } else {
    Finish(*std::move(end));
  }
}

void GenerateStream::OnWriteDone(bool ok) {
  {
    MutexLock lock(&mu_);
    writing_ = false;
  }
  if (ok) {
    Pump();
  } else {
    Abandon(absl::CancelledError("the client has gone"));
  }
}

void GenerateStream::OnCancel() { Abandon(absl::CancelledError("the call was cancelled")); }

void GenerateStream::OnDone() { const std::shared_ptr<GenerateStream> self = std::move(self_); }

}  // namespace baton
