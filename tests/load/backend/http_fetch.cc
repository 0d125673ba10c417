#include "tests/load/backend/http_fetch.h"

#include <future>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/clock.h"

namespace baton {
namespace {

constexpr size_t kMaxBodyBytes = 16 << 20;

// Holds itself until it has given the answer, since whoever waits may go at once then.
class WholeAnswer : public HttpReceiver {
 public:
  WholeAnswer(IoLoop* loop, HttpClient* client) : loop_(loop), client_(client) {}

  void Begin(std::shared_ptr<WholeAnswer> self, HttpRequest request, absl::Duration timeout) {
    self_ = std::move(self);
    transfer_ = client_->Start(std::move(request), this);
    timer_ = loop_->timers()->Add(Clock::Real()->Now() + timeout, [this, timeout] {
      client_->Abort(transfer_);
      Give(absl::UnavailableError(absl::StrCat("no answer in ", absl::FormatDuration(timeout))));
    });
  }
  absl::StatusOr<HttpAnswer> Wait() { return given_.get_future().get(); }

  bool OnBody(absl::Time, int, absl::string_view bytes) override {
    answer_.body.append(bytes.data(), bytes.size());
    return answer_.body.size() <= kMaxBodyBytes;
  }
  void OnEnd(absl::Time, const HttpEnd& end) override {
    loop_->timers()->Cancel(timer_);
    answer_.status = end.status;
    if (end.stopped) {
      Give(
          absl::UnavailableError(absl::StrCat("an answer of more than ", kMaxBodyBytes, " bytes")));
    } else if (!end.error.empty()) {
      Give(absl::UnavailableError(end.error));
    } else {
      Give(std::move(answer_));
    }
  }

 private:
  void Give(absl::StatusOr<HttpAnswer> answer) {
    const std::shared_ptr<WholeAnswer> self = std::move(self_);
    given_.set_value(std::move(answer));
  }

  IoLoop* const loop_;
  HttpClient* const client_;
  std::shared_ptr<WholeAnswer> self_;
  HttpTransfer* transfer_ = nullptr;
  TimerQueue::Id timer_;
  HttpAnswer answer_;
  std::promise<absl::StatusOr<HttpAnswer>> given_;
};

}  // namespace

absl::StatusOr<HttpAnswer> HttpFetch(IoLoop* loop, HttpClient* client, HttpRequest request,
                                     absl::Duration timeout) {
  auto whole = std::make_shared<WholeAnswer>(loop, client);
  loop->Post([whole, &request, timeout] { whole->Begin(whole, std::move(request), timeout); });
  return whole->Wait();
}

}  // namespace baton
