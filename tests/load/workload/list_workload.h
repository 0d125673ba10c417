// Requests that were all made beforehand.
#ifndef BATON_TESTS_LOAD_WORKLOAD_LIST_WORKLOAD_H_
#define BATON_TESTS_LOAD_WORKLOAD_LIST_WORKLOAD_H_

#include <cstddef>
#include <utility>
#include <vector>

#include "tests/load/request/load_request.h"
#include "tests/load/workload/workload.h"

namespace baton {

class ListWorkload : public Workload {
 public:
  // `requests` need no index.
  explicit ListWorkload(std::vector<LoadRequest> requests) : requests_(std::move(requests)) {}

  size_t size() const override { return requests_.size(); }
  LoadRequest Request(size_t i) const override {
    LoadRequest request = requests_[i];
    request.index = i;
    return request;
  }

 private:
  const std::vector<LoadRequest> requests_;
};

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_LIST_WORKLOAD_H_
