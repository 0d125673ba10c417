// A model that costs nothing, for measuring the router alone: the small test vocabulary, and tokens
// that are a pure function of how a sequence is sampled and of the position.
#ifndef BATON_TESTS_BUDGETS_FAKE_MODEL_H_
#define BATON_TESTS_BUDGETS_FAKE_MODEL_H_

#include <cstdint>

#include "absl/time/time.h"
#include "baton/worker/v1/worker.pb.h"
#include "router/fleet/group.h"

namespace baton {

// What the router is told of the model, which is called "fake".
worker::v1::ModelCard FakeModelCard();

// The token at `position`: a lower-case letter, never an end token.
int32_t FakeToken(uint64_t seed, uint32_t choice, uint32_t position);

struct FakeWorkerOptions {
  RankCapacity capacity;
  // A plan is answered so long after it came, or after the answer before if that was later.
  absl::Duration step = absl::ZeroDuration();
};

// Room for `slots` sequences at once.
FakeWorkerOptions FakeWorkerFor(uint32_t slots, uint64_t num_blocks, absl::Duration step);

// What a worker says of itself: rank 0 of one, with the model of FakeModelCard.
RankHello FakeHello();

}  // namespace baton

#endif  // BATON_TESTS_BUDGETS_FAKE_MODEL_H_
