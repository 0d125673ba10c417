#include "tests/e2e/random_calls.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "grpcpp/support/client_callback.h"

namespace baton {
namespace {

constexpr uint32_t kEndlessTokens = 6000;
constexpr int kConnections = 4;

// What the client does to a call; unset members: nothing.
struct Conduct {
  bool cancel_at_once = false;
  int cancel_after_messages = 0;
  absl::Duration cancel_after = absl::InfiniteDuration();
  absl::Duration deadline = absl::InfiniteDuration();
  absl::Duration not_read_for = absl::ZeroDuration();  // after the first message
};

}  // namespace

class RandomCalls::Call : public grpc::ClientReadReactor<v1::GenerateResponse> {
 public:
  v1::GenerateRequest request;
  Conduct conduct;

  void Start(v1::InferenceService::Stub* stub) {
    start_ = absl::Now();
    if (conduct.deadline != absl::InfiniteDuration()) {
      context_.set_deadline(absl::ToChronoTime(start_ + conduct.deadline));
    }
    stub->async()->Generate(&context_, &request, this);
    StartRead(&response_);
    held_ = conduct.not_read_for > absl::ZeroDuration();
    if (held_) AddHold();
    StartCall();
    if (conduct.cancel_at_once) context_.TryCancel();
  }

  // Does what is due. True once it has ended.
  bool Tick(absl::Time now) {
    if (done_.load()) return true;
    if (now - start_ > conduct.cancel_after) context_.TryCancel();
    if (held_ && now - start_ > conduct.not_read_for) {
      held_ = false;
      if (unread_.exchange(true)) StartRead(&response_);
      RemoveHold();
    }
    return false;
  }

  void Cancel() { context_.TryCancel(); }
  // Once it has ended.
  std::string End() const {
    return absl::StatusCodeToString(static_cast<absl::StatusCode>(status_.error_code()));
  }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (++messages_ == conduct.cancel_after_messages) context_.TryCancel();
    // Whoever comes second, this or the end of not reading, starts the next read.
    const bool pauses = messages_ == 1 && conduct.not_read_for > absl::ZeroDuration();
    if (!pauses || unread_.exchange(true)) StartRead(&response_);
  }

  void OnDone(const grpc::Status& status) override {
    status_ = status;
    done_.store(true);
  }

  absl::Time start_;
  grpc::ClientContext context_;
  v1::GenerateResponse response_;
  bool held_ = false;
  int messages_ = 0;
  std::atomic<bool> unread_{false};
  grpc::Status status_;
  std::atomic<bool> done_{false};
};

RandomCalls::RandomCalls(std::string address, uint64_t seed)
    : address_(std::move(address)), random_(seed) {}

RandomCalls::~RandomCalls() = default;

std::unique_ptr<RandomCalls::Call> RandomCalls::MakeCall() {
  const auto draw = [this](uint32_t from, uint32_t to) {
    return from + static_cast<uint32_t>(random_() % (to - from + 1));
  };
  auto call = std::make_unique<Call>();
  v1::GenerateRequest& r = call->request;
  const uint32_t length = draw(0, 3) == 0 ? draw(1, 200) : draw(1, 20);
  const bool begins_alike = draw(0, 3) == 0;  // so that cached prefixes are shared
  for (uint32_t i = 0; i < length; ++i) {
    r.mutable_tokens()->add_ids(begins_alike ? 3 + i % 256 : draw(3, 258));
  }
  r.mutable_stop()->set_max_tokens(draw(1, 24));
  r.mutable_stop()->set_ignore_eos(true);
  if (draw(0, 3) == 0) r.mutable_sampling()->set_temperature(0.8f);
  if (draw(0, 7) == 0) r.set_n(draw(2, 4));
  if (draw(0, 15) == 0) r.set_best_of(r.n() + draw(1, 2));
  if (draw(0, 7) == 0) r.set_prompt_logprobs(draw(0, 3));
  if (draw(0, 7) == 0) r.set_logprobs(draw(0, 3));
  if (draw(0, 7) == 0) r.set_echo(true);
  Conduct& c = call->conduct;
  switch (draw(0, 9)) {
    case 0:
      c.cancel_at_once = true;
      break;
    case 1:
      c.cancel_after_messages = static_cast<int>(draw(1, 10));
      break;
    case 2:
      c.cancel_after = absl::Microseconds(draw(0, 30000));
      break;
    case 3:
      c.deadline = absl::Microseconds(draw(500, 60000));
      break;
    case 4:
      c.not_read_for = absl::Microseconds(draw(1000, 50000));
      if (draw(0, 1) == 0) r.mutable_stop()->set_max_tokens(1500);
      c.cancel_after = absl::Milliseconds(draw(20, 300));
      break;
    case 5:
      if (draw(0, 2) != 0) break;
      r.mutable_stop()->set_max_tokens(kEndlessTokens);
      if (draw(0, 1) == 0) c.deadline = absl::Milliseconds(draw(50, 500));
      break;
    case 6:
      if (draw(0, 3) == 0) r.mutable_tokens()->add_ids(1000000);  // INVALID_ARGUMENT
      break;
    default:
      break;  // it runs through
  }
  return call;
}

void RandomCalls::RunBatch(int count, int at_once) {
  std::vector<std::unique_ptr<v1::InferenceService::Stub>> stubs;
  for (int i = 0; i < kConnections; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stubs.push_back(v1::InferenceService::NewStub(
        grpc::CreateCustomChannel(address_, grpc::InsecureChannelCredentials(), arguments)));
  }
  std::vector<std::unique_ptr<Call>> calls;
  int started = 0;
  while (started < count || !calls.empty()) {
    while (started < count && static_cast<int>(calls.size()) < at_once) {
      calls.push_back(MakeCall());
      calls.back()->Start(stubs[started++ % kConnections].get());
    }
    const absl::Time now = absl::Now();
    for (auto it = calls.begin(); it != calls.end();) {
      const bool ended = (*it)->Tick(now);
      if (ended) ++ends_[(*it)->End()];
      it = ended ? calls.erase(it) : it + 1;
    }
    // What would go on for long is all that is left, or soon will be.
    if (started == count && calls.size() < static_cast<size_t>(at_once) / 2) {
      for (const auto& call : calls) call->Cancel();
    }
    absl::SleepFor(absl::Microseconds(500));
  }
}

}  // namespace baton
