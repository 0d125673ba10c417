#include "tests/load/workload/client_workload.h"

#include <utility>

namespace baton {

ClientWorkload::ClientWorkload(std::unique_ptr<Workload> workload, const ClientSettings& settings)
    : workload_(std::move(workload)), settings_(settings) {}

void ClientWorkload::Set(LoadRequest* request, uint64_t first_turn) const {
  request->ignore_eos = settings_.ignore_eos;
  request->sampling = settings_.sampling;
  request->behaviour = PickBehaviour(settings_.behaviours, settings_.seed, first_turn,
                                     request->turn, request->max_tokens);
}

LoadRequest ClientWorkload::Request(size_t i) const {
  LoadRequest request = workload_->Request(i);
  Set(&request, i);
  return request;
}

absl::optional<FollowUp> ClientWorkload::Next(const LoadRequest& request,
                                              const std::string& text) const {
  absl::optional<FollowUp> next = workload_->Next(request, text);
  if (next.has_value()) Set(&next->request, request.conversation);
  return next;
}

}  // namespace baton
