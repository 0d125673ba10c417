// The times between the outputs of requests.
#ifndef BATON_TESTS_LOAD_STATS_GAP_SAMPLES_H_
#define BATON_TESTS_LOAD_STATS_GAP_SAMPLES_H_

#include "tests/load/request/request_record.h"
#include "tests/load/stats/samples.h"

namespace baton {

struct GapSamples {
  Samples ict;  // between chunks
  Samples itl;  // per token: a chunk of k tokens is k gaps of 1/k of its gap
};

// Adds the gaps of one request.
void AddGaps(const RequestRecord& record, GapSamples* gaps);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_STATS_GAP_SAMPLES_H_
