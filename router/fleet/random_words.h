// What nobody is to guess, from the machine's source of randomness. Thread-safe.
#ifndef BATON_ROUTER_FLEET_RANDOM_WORDS_H_
#define BATON_ROUTER_FLEET_RANDOM_WORDS_H_

#include <cstdint>
#include <string>

#include "router/scheduler/block_hash.h"

namespace baton {

uint64_t RandomWord();
BlockHashKey RandomKey();
// Of an epoch's rendezvous: nobody but the ranks that are told can guess it.
std::string RandomName(uint64_t epoch);

}  // namespace baton

#endif  // BATON_ROUTER_FLEET_RANDOM_WORDS_H_
