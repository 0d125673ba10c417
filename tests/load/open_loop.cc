#include "tests/load/open_loop.h"

#include <memory>
#include <utility>

#include "absl/time/clock.h"
#include "baton/v1/inference.grpc.pb.h"
#include "client/client.h"
#include "common/mutex.h"
#include "common/status_macros.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "tests/load/arrivals.h"
#include "tests/load/load_call.h"
#include "tests/load/retry_probe.h"

namespace baton {
namespace {

using StubPtr = std::unique_ptr<v1::InferenceService::Stub>;

// Each with a connection of its own.
std::vector<StubPtr> MakeStubs(const LoadOptions& options) {
  std::vector<StubPtr> stubs;
  for (int i = 0; i < options.channels; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt("baton.load.channel", i);
    const auto channel =
        grpc::CreateCustomChannel(options.server, grpc::InsecureChannelCredentials(), arguments);
    channel->WaitForConnected(absl::ToChronoTime(absl::Now() + absl::Seconds(5)));
    stubs.push_back(v1::InferenceService::NewStub(channel));
  }
  return stubs;
}

v1::GenerateRequest MakeRequest(const LoadOptions& options, uint64_t index) {
  v1::GenerateRequest request;
  for (const uint32_t id : RandomPrompt(options.seed, index, options.prompt_tokens,
                                        options.first_token_id, options.last_token_id)) {
    request.mutable_tokens()->add_ids(id);
  }
  request.mutable_stop()->set_max_tokens(options.output_tokens);
  request.mutable_stop()->set_ignore_eos(true);
  return request;
}

// Counts what is under way.
class Pending {
 public:
  void Add() {
    MutexLock lock(&mu_);
    ++count_;
  }
  void Remove() {
    MutexLock lock(&mu_);
    if (--count_ == 0) zero_.SignalAll();
  }
  void WaitForNone() {
    MutexLock lock(&mu_);
    while (count_ > 0) zero_.Wait(&mu_);
  }

 private:
  Mutex mu_;
  CondVar zero_;
  int count_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace

absl::StatusOr<LoadResult> RunOpenLoop(const LoadOptions& options) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, Client::Connect(options.server));
  const std::vector<StubPtr> stubs = MakeStubs(options);
  RetryProbe::Options probing;
  probing.poll = options.retry_poll;
  probing.deadline = options.deadline;
  if (!options.retry_probe) probing.at_once = 0;
  RetryProbe probe(client.get(), probing);
  const auto arrivals = PoissonArrivals(options.rate, options.duration, options.seed);
  LoadResult result;
  result.outcomes.resize(arrivals.size());
  Pending pending;
  const absl::Time start = absl::Now();
  for (size_t i = 0; i < arrivals.size(); ++i) {
    v1::GenerateRequest request = MakeRequest(options, i);
    const absl::Time scheduled = start + arrivals[i];
    absl::SleepFor(scheduled - absl::Now());
    pending.Add();
    LoadCall::Start(stubs[i % stubs.size()].get(), request, scheduled, options.deadline,
                    [&, i, request, scheduled](Outcome outcome) {
                      outcome.scheduled = arrivals[i];
                      if (outcome.refused() && outcome.retry_after) {
                        probe.Offer(request, outcome.reason, *outcome.retry_after,
                                    scheduled + outcome.end);
                      }
                      result.outcomes[i] = std::move(outcome);
                      pending.Remove();
                    });
  }
  absl::SleepFor(start + options.duration - absl::Now());
  result.retries = probe.Outcomes();  // later ones find less load than there was
  pending.WaitForNone();
  result.report = MakeReport(result.outcomes, result.retries, options.duration, options.deadline,
                             options.retry_poll);
  return result;
}

}  // namespace baton
