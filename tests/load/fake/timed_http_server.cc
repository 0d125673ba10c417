#include "tests/load/fake/timed_http_server.h"

#include <sys/prctl.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "nlohmann/json.hpp"

namespace baton {

TimedHttpServer::TimedHttpServer(const TimedServerScript& script)
    : script_(script), server_([this](const FakeHttpRequest& request, FakeHttpAnswer& answer) {
        if (request.path == "/v1/models") {
          return answer.Whole(200, R"({"data": [{"id": "timed"}]})");
        }
        Answer(request, answer);
      }) {}

std::vector<ServedRequest> TimedHttpServer::served() const {
  MutexLock lock(&mu_);
  return served_;
}

absl::Time TimedHttpServer::Stalled(absl::Time at) {
  MutexLock lock(&mu_);
  if (!script_.stall) return at;
  const absl::Time from = *first_request_ + script_.stall->at;
  return at < from ? at : std::max(at, from + script_.stall->length);
}

void TimedHttpServer::Answer(const FakeHttpRequest& request, FakeHttpAnswer& answer) {
  prctl(PR_SET_TIMERSLACK, 1);
  ServedRequest served;
  served.arrived = Clock::Real()->Now();
  {
    MutexLock lock(&mu_);
    if (!first_request_) first_request_ = served.arrived;
  }
  const auto body = nlohmann::json::parse(request.body, nullptr, /*allow_exceptions=*/false);
  served.first_prompt_id = body["prompt"][0].get<uint32_t>();
  const auto tokens = body["max_tokens"].get<uint32_t>();
  answer.StartEvents();
  absl::Time at = Stalled(served.arrived + script_.first_token);
  for (uint32_t i = 0; i < tokens; ++i) {
    const absl::Duration left = at - Clock::Real()->Now();
    std::this_thread::sleep_for(absl::ToChronoNanoseconds(std::max(left, absl::ZeroDuration())));
    served.written.push_back(Clock::Real()->Now());
    answer.Event(R"({"choices": [{"index": 0, "text": "a"}]})");
    at = Stalled(served.written.back() + script_.gap);
  }
  {
    MutexLock lock(&mu_);
    served_.push_back(served);  // before the client can know that it is over
  }
  answer.Event(absl::StrCat(R"({"choices": [], "usage": {"prompt_tokens": 2, )",
                            R"("completion_tokens": )", tokens, "}}"));
  answer.Event("[DONE]");
  answer.End();
}

}  // namespace baton
