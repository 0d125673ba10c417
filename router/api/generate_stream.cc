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

std::shared_ptr<GenerateStream> GenerateStream::Create(grpc::CallbackServerContext* context,
                                                       const StreamBuffer::Limits& limits,
                                                       absl::Duration last_writes,
                                                       std::shared_ptr<void> counted) {
  std::shared_ptr<GenerateStream> stream(
      new GenerateStream(context, limits, last_writes, std::move(counted)));
  stream->self_ = stream;
  return stream;
}

void GenerateStream::Describe(v1::GenerateStarted started) {
  MutexLock lock(&mu_);
  started_ = std::make_unique<v1::GenerateStarted>(std::move(started));
}

void GenerateStream::SetHandle(RequestHandle handle) {
  std::function<void()> due;
  {
    MutexLock lock(&mu_);
    if (end_ != nullptr) {
      due = std::move(handle.cancel);
    } else {
      if (resume_is_due_) due = handle.resume;
      handle_ = std::move(handle);
    }
    resume_is_due_ = false;
  }
  if (due) due();
}

bool GenerateStream::ended() const {
  MutexLock lock(&mu_);
  return end_ != nullptr;
}

void GenerateStream::OnStarted(const StartedEvent& event) {
  {
    MutexLock lock(&mu_);
    if (end_ != nullptr || started_ == nullptr) return;
    prompt_tokens_ = started_->prompt_tokens();
    numerics_class_ = event.numerics_class;
    started_->set_group(event.group);
    started_->set_numerics_class(event.numerics_class);
    buffer_.PutStarted(std::move(*started_));
    started_.reset();
  }
  Pump();
}

bool GenerateStream::OnPrompt(PromptEvent event) {
  absl::Status slow;
  {
    MutexLock lock(&mu_);
    if (end_ != nullptr) return true;
    if (!buffer_.PutPrompt(std::move(event))) {
      slow = SlowReader(buffer_.num_tokens(), buffer_.num_bytes());
    }
  }
  Proceed(slow);
  return MayGoOn();
}

bool GenerateStream::OnPiece(PieceEvent event) {
  absl::Status slow;
  {
    MutexLock lock(&mu_);
    if (end_ != nullptr) return true;
    if (!buffer_.PutPiece(std::move(event))) {
      slow = SlowReader(buffer_.num_tokens(), buffer_.num_bytes());
    }
  }
  Proceed(slow);
  return MayGoOn();
}

void GenerateStream::Proceed(const absl::Status& slow) {
  if (slow.ok()) {
    Pump();
  } else {
    Abandon(slow);
  }
}

bool GenerateStream::MayGoOn() {
  MutexLock lock(&mu_);
  if (end_ != nullptr) return true;
  paused_ = paused_ || buffer_.full();
  return !paused_;
}

void GenerateStream::OnChoiceFinished(const ChoiceEnd& event) {
  {
    MutexLock lock(&mu_);
    if (end_ != nullptr) return;
    buffer_.PutChoiceEnd(event);
  }
  Pump();
}

void GenerateStream::OnFinished(const FinishedEvent& event) { End(grpc::Status::OK, event); }

void GenerateStream::OnError(const absl::Status& status) {
  End(ToGrpcStatus(status), absl::nullopt);
}

void GenerateStream::End(const grpc::Status& status, absl::optional<FinishedEvent> finished) {
  RequestHandle handle;  // dropped unused, and outside the lock: it may hold the engine's memory
  {
    MutexLock lock(&mu_);
    if (end_ != nullptr) return;
    if (finished) buffer_.PutFinished(FinishedProto(*finished, prompt_tokens_, numerics_class_));
    end_ = std::make_unique<grpc::Status>(status);
    std::swap(handle, handle_);
  }
  handle = {};  // before the call can end: it keeps the engine alive
  Pump();
}

void GenerateStream::Abandon(const absl::Status& status) {
  RequestHandle handle;
  {
    MutexLock lock(&mu_);
    buffer_.Clear();
    end_ = std::make_unique<grpc::Status>(ToGrpcStatus(status));
    std::swap(handle, handle_);
  }
  if (handle.cancel) handle.cancel();
  handle = {};
  Pump();
}

GenerateStream::Next GenerateStream::TakeNext() {
  Next next;
  MutexLock lock(&mu_);
  next.is_last_write = writing_ && end_ != nullptr;
  if (writing_ || finished_) return next;
  writing_ = !buffer_.empty();
  if (writing_) next.response = buffer_.Take();
  next.is_last_write = writing_ && end_ != nullptr;
  finished_ = buffer_.empty() && end_ != nullptr;
  if (finished_) next.end = std::move(*end_);
  if (end_ == nullptr && paused_ && buffer_.drained()) {
    paused_ = false;
    next.resume = handle_.resume;
    resume_is_due_ = !next.resume;
  }
  return next;
}

void GenerateStream::Pump() {
  Next next = TakeNext();
  if (next.resume) next.resume();
  if (next.is_last_write) timer_->CancelAfter(last_writes_);
  if (next.response) message_ = SerializeRaw(*next.response);
  if (next.response && next.end) {
    StartWriteAndFinish(&message_, grpc::WriteOptions(), *std::move(next.end));
  } else if (next.response) {
    StartWrite(&message_);
  } else if (next.end) {
    Finish(*std::move(next.end));
  }
}

void GenerateStream::OnWriteDone(bool ok) {
  message_.Clear();
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

void GenerateStream::OnDone() {
  timer_->Stop();
  counted_.reset();
  const std::shared_ptr<GenerateStream> self = std::move(self_);
}

}  // namespace baton
