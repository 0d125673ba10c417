#include "tests/load/workload/client_behaviours.h"

#include "tests/load/workload/seeded_random.h"

namespace baton {

ClientBehaviour PickBehaviour(const BehaviourOptions& options, uint64_t seed, uint64_t index,
                              uint32_t turn, uint32_t max_tokens) {
  ClientBehaviour behaviour;
  SeededRandom cancel({seed, kSeedCancel, index, turn});
  if (cancel.Chance(options.cancel_fraction)) {
    const uint64_t most = max_tokens > 0 ? max_tokens - 1 : 0;
    behaviour.cancel_after = static_cast<uint32_t>(cancel.Integer(0, most));
  }
  SeededRandom slow({seed, kSeedSlowReader, index, turn});
  if (slow.Chance(options.slow_reader_fraction)) behaviour.read_pause = options.read_pause;
  SeededRandom deadline({seed, kSeedDeadline, index, turn});
  behaviour.deadline = options.deadline.Draw(&deadline);
  return behaviour;
}

}  // namespace baton
