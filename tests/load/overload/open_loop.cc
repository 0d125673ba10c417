#include "tests/load/overload/open_loop.h"

#include <memory>
#include <utility>
#include <vector>

#include "client/client.h"
#include "common/clock.h"
#include "common/status_macros.h"
#include "tests/load/backend/baton_backend.h"
#include "tests/load/backend/baton_request.h"
#include "tests/load/overload/retry_probe.h"
#include "tests/load/run/load_run.h"
#include "tests/load/workload/arrivals.h"
#include "tests/load/workload/workload.h"

namespace baton {
namespace {

class PromptWorkload : public Workload {
 public:
  PromptWorkload(const LoadOptions& options, size_t size) : options_(options), size_(size) {}
  size_t size() const override { return size_; }
  LoadRequest Request(size_t i) const override {
    LoadRequest request;
    request.index = i;
    request.prompt = RandomPrompt(options_.seed, i, options_.prompt_tokens, options_.first_token_id,
                                  options_.last_token_id);
    request.max_tokens = options_.output_tokens;
    request.ignore_eos = true;
    request.behaviour.deadline = options_.deadline;
    return request;
  }

 private:
  const LoadOptions& options_;
  const size_t size_;
};

}  // namespace

absl::StatusOr<OverloadReport> RunOpenLoop(const LoadOptions& options) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Client> client, Client::Connect(options.server));
  BatonBackend::Options backend_options;
  backend_options.transport.address = options.server;
  backend_options.transport.channels = options.channels;
  BatonBackend backend(std::move(backend_options));
  RETURN_IF_ERROR(backend.Connect(absl::Seconds(5)).status());
  RetryProbe::Options probing;
  probing.poll = options.retry_poll;
  probing.deadline = options.deadline;
  if (!options.retry_probe) probing.at_once = 0;
  RetryProbe probe(client.get(), probing);
  const auto arrivals = PoissonArrivals(options.rate, options.duration, options.seed);
  const PromptWorkload workload(options, arrivals.size());
  LoadRunOptions run_options;
  run_options.arrivals = arrivals;
  std::vector<RetryOutcome> retries;
  const absl::Time begun = Clock::Real()->Now();
  run_options.ended = [&](const RequestRecord& record) {
    // Later retries find less load than there was.
    if (record.end - begun < options.duration) retries = probe.Outcomes();
    if (record.outcome != RequestOutcome::kRefused || !record.retry_after) return;
    probe.Offer(ToGenerateRequest(workload.Request(record.index), ""), record.reason,
                *record.retry_after, record.end);
  };
  const LoadRunResult result = RunLoad(&backend, workload, run_options);
  return MakeReport(result.records, retries, options.duration, options.deadline,
                    options.retry_poll);
}

}  // namespace baton
