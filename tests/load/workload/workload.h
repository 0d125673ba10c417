// What a load run asks for. Pure: the same seed gives the same requests on every machine.
#ifndef BATON_TESTS_LOAD_WORKLOAD_WORKLOAD_H_
#define BATON_TESTS_LOAD_WORKLOAD_WORKLOAD_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "tests/load/request/load_request.h"
#include "tests/load/request/request_record.h"

namespace baton {

// A request that follows on the answer to another, as the next turn of a conversation does.
struct FollowUp {
  LoadRequest request;  // its index is still to be given
  absl::Duration think_time;
};

// Thread-safe once made.
class Workload {
 public:
  virtual ~Workload() = default;

  // How many requests, or first turns, there are.
  virtual size_t size() const = 0;

  // Number `i` of them, below size(). It carries the index `i`.
  virtual LoadRequest Request(size_t i) const = 0;

  // What is asked next, once `request` has been answered by `text`.
  virtual absl::optional<FollowUp> Next(const LoadRequest& request, const std::string& text) const {
    (void)request, (void)text;
    return absl::nullopt;
  }
  // Whether there may be such, so that answers must be kept.
  virtual bool has_follow_ups() const { return false; }

  // When requests are sent, for a workload that prescribes it: size() of them, ascending.
  virtual absl::optional<std::vector<absl::Duration>> Schedule() const { return absl::nullopt; }
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_WORKLOAD_H_
