// Cancels a call whose client does not take what is written: a write that HTTP/2's flow control
// holds back would keep the call, and all that belongs to it, as long as the client likes.
#ifndef BATON_ROUTER_API_CALL_TIMER_H_
#define BATON_ROUTER_API_CALL_TIMER_H_

#include <memory>
#include <mutex>

#include "absl/time/time.h"
#include "grpcpp/alarm.h"
#include "grpcpp/server_context.h"

namespace baton {

// Thread-safe. To be held by a shared pointer: an alarm that is under way keeps it.
class CallTimer : public std::enable_shared_from_this<CallTimer> {
 public:
  explicit CallTimer(grpc::CallbackServerContext* context) : context_(context) {}

  // Cancels the call after `limit`, unless there is another call of this before, or Stop.
  void CancelAfter(absl::Duration limit);
  // To be called in the reactor's OnDone: the context is not touched any more.
  void Stop();

 private:
  void Cancel();

  // To cancel a call may call its reactions here and now, OnDone among them.
  std::recursive_mutex mu_;
  grpc::CallbackServerContext* context_;  // null: the call is done
  std::unique_ptr<grpc::Alarm> alarm_;
};

}  // namespace baton

#endif  // BATON_ROUTER_API_CALL_TIMER_H_
