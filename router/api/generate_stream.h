// One Generate call on its way out: the engine's events go in on one side, gRPC's writes go out on
// the other, and neither waits for the other.
//
// At most one write is in flight. What arrives meanwhile is merged in a bounded buffer. While a
// client reads so slowly that the buffer is full, its request pauses: the engine is told so, and
// told again to go on when the buffer has drained. What comes all the same is still taken, up to a
// hard limit, beyond which the request is cancelled and the stream ended with RESOURCE_EXHAUSTED. A
// client that goes away has its request cancelled at once. Once the request is over, a write that
// the client does not take within a limit has the call cancelled.
//
// Lifetime: the stream keeps itself alive until gRPC is done with it; the engine's pointer may
// outlive that, and events that come later fall on the floor.
#ifndef BATON_ROUTER_API_GENERATE_STREAM_H_
#define BATON_ROUTER_API_GENERATE_STREAM_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "baton/v1/inference.pb.h"
#include "common/mutex.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "grpcpp/support/status.h"
#include "router/api/call_timer.h"
#include "router/api/stream_buffer.h"
#include "router/engine/request.h"

namespace baton {

// Thread-safe. Made by Create, handed to gRPC as the call's reactor and to the engine as the
// request's sink. Exactly one of these ends it: OnFinished, OnError or Fail (the first of them), or
// the client's going away.
class GenerateStream : public grpc::ServerWriteReactor<grpc::ByteBuffer>, public RequestSink {
 public:
  // `last_writes` is how long each write may take once the request is over; `counted` is let go
  // when gRPC is done with the call.
  static std::shared_ptr<GenerateStream> Create(grpc::CallbackServerContext* context,
                                                const StreamBuffer::Limits& limits,
                                                absl::Duration last_writes,
                                                std::shared_ptr<void> counted = nullptr);

  // What `started` will say; the group and the numerics class are filled in by OnStarted. To be
  // called before the request is submitted.
  void Describe(v1::GenerateStarted started);
  // What may be done to the request; to be called after it was submitted. Both functions are called
  // without locks, here and now if there was cause before: `cancel` at most once, only if the
  // stream ends before the request does; `resume` once each time that OnPiece began to give false.
  void SetHandle(RequestHandle handle);
  // Ends a stream whose request was never submitted. `status` is not OK.
  void Fail(const absl::Status& status) { OnError(status); }
  // Whether nothing further will be sent: no use in starting work.
  bool ended() const;

  // RequestSink, for the engine. `resume` may be called before OnPiece has returned false.
  void OnStarted(const StartedEvent& event) override;
  bool OnPrompt(PromptEvent event) override;
  bool OnPiece(PieceEvent event) override;
  void OnChoiceFinished(const ChoiceEnd& event) override;
  void OnFinished(const FinishedEvent& event) override;
  void OnError(const absl::Status& status) override;

  // Reactions, for gRPC.
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // What is next for gRPC: a message, the end, or both.
  struct Next {
    absl::optional<v1::GenerateResponse> response;
    absl::optional<grpc::Status> end;  // set: this is the last call to gRPC
    std::function<void()> resume;      // to be called first, if set
    bool is_last_write = false;        // a write is in flight, or next, and the request is over
  };

  GenerateStream(grpc::CallbackServerContext* context, const StreamBuffer::Limits& limits,
                 absl::Duration last_writes, std::shared_ptr<void> counted)
      : last_writes_(last_writes),
        counted_(std::move(counted)),
        timer_(std::make_shared<CallTimer>(context)),
        buffer_(limits) {}

  // Starts the next write, or finishes the call when nothing is left to write. Takes no lock while
  // it calls gRPC or the engine, which may call back at once.
  void Pump();
  Next TakeNext();
  // After an event that the buffer took, or that it was too full for if `slow` is not OK.
  void Proceed(const absl::Status& slow);
  // Decides whether the request is to pause; false: it is.
  bool MayGoOn();
  // Ends the stream with `status` after what is buffered: the request is over.
  void End(const grpc::Status& status, absl::optional<FinishedEvent> finished);
  // Ends the stream with `status` in place of what is buffered, and cancels the request.
  void Abandon(const absl::Status& status);

  const absl::Duration last_writes_;
  std::shared_ptr<void> counted_;  // until OnDone
  const std::shared_ptr<CallTimer> timer_;
  mutable Mutex mu_;
  StreamBuffer buffer_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<v1::GenerateStarted> started_ ABSL_GUARDED_BY(mu_);  // until OnStarted
  uint32_t prompt_tokens_ ABSL_GUARDED_BY(mu_) = 0;
  std::string numerics_class_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<grpc::Status> end_
      ABSL_GUARDED_BY(mu_);  // set: no event is taken any more; sent after the buffer
  bool writing_ ABSL_GUARDED_BY(mu_) =
      false;  // message_ belongs to a write that has started or is about to
  bool finished_ ABSL_GUARDED_BY(mu_) = false;       // the call's end was handed to gRPC
  bool paused_ ABSL_GUARDED_BY(mu_) = false;         // OnPiece gives false
  bool resume_is_due_ ABSL_GUARDED_BY(mu_) = false;  // it was called for before SetHandle
  RequestHandle handle_ ABSL_GUARDED_BY(mu_);        // until the end

  grpc::ByteBuffer message_;              // of whoever set writing_
  std::shared_ptr<GenerateStream> self_;  // from Create to OnDone
};

}  // namespace baton

#endif  // BATON_ROUTER_API_GENERATE_STREAM_H_
