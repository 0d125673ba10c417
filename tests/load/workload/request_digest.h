// A number for what a request asks, so that a whole workload can be known again, on every machine.
#ifndef BATON_TESTS_LOAD_WORKLOAD_REQUEST_DIGEST_H_
#define BATON_TESTS_LOAD_WORKLOAD_REQUEST_DIGEST_H_

#include <cstdint>

#include "tests/load/request/load_request.h"
#include "tests/load/workload/workload.h"

namespace baton {

// FNV-1a over index, lengths, conversation, turn and every byte of the prompt.
uint64_t RequestDigest(const LoadRequest& request);

// Over the digests of all of a workload's requests.
uint64_t WorkloadDigest(const Workload& workload);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_WORKLOAD_REQUEST_DIGEST_H_
