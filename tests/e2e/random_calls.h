// Generate calls that end in every way a client can end them, at random moments.
#ifndef BATON_TESTS_E2E_RANDOM_CALLS_H_
#define BATON_TESTS_E2E_RANDOM_CALLS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "baton/v1/inference.grpc.pb.h"

namespace baton {

// Used by one thread. A batch of calls has connections of its own, which are closed with it.
class RandomCalls {
 public:
  RandomCalls(std::string address, uint64_t seed);
  ~RandomCalls();

  // Makes so many calls, at most `at_once` at a time, and waits until all have ended. Some run
  // through; others are cancelled before they begin, after some messages or some milliseconds, have
  // a deadline, are not read for a while, ask for what is refused, or go on until the batch ends.
  void RunBatch(int count, int at_once);

  // How often each status came, by its code's name.
  const std::map<std::string, int>& ends() const { return ends_; }

 private:
  class Call;

  std::unique_ptr<Call> MakeCall();

  const std::string address_;
  std::mt19937_64 random_;
  std::map<std::string, int> ends_;
};

}  // namespace baton

#endif  // BATON_TESTS_E2E_RANDOM_CALLS_H_
