// The frame of the end-to-end tests: a tiny model, a cluster that serves it, and the check that
// nothing of it is left.
#ifndef BATON_TESTS_E2E_CLUSTER_FIXTURE_H_
#define BATON_TESTS_E2E_CLUSTER_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/e2e/footprint.h"
#include "tests/e2e/serve_process.h"
#include "tests/e2e/streams.h"

namespace baton {

// Streams at once in these tests.
constexpr int kNumStreams = 32;
// Too many tokens to be through before something is done to the stream: about ten seconds.
constexpr uint32_t kEndless = 6000;

// The path of a tiny model with room for kEndless tokens, written when first asked for. Other seeds
// are other models of the same shape.
std::string TinyModelPath(uint64_t seed = 1);

// NumberedRequest(0), (1), … one for each stream.
std::vector<v1::GenerateRequest> NumberedRequests(uint32_t max_tokens);

// Whether the shorter list begins the longer one, and has something in it.
bool BeginAlike(const TokenList& a, const TokenList& b);

class ClusterFixture : public testing::Test {
 protected:
  // Starts a cluster that serves the tiny model, unless flags name another. A fatal failure when it
  // does not become ready.
  void Start(ServeFlags flags);
  // What Start started.
  ServeProcess& serve() { return *serve_; }
  Client& client() { return serve_->client(); }

  // Runs each by itself, one after the other; a failure for each that is not as it should be.
  std::vector<TokenList> RunEachAlone(const std::vector<v1::GenerateRequest>& requests);
  // Expects that SIGTERM ends it with exit code 0 within `limit`.
  void ExpectStops(absl::Duration limit = absl::Seconds(2));

  // Kills what still runs and expects that nothing is left on the machine.
  void TearDown() override;

  const Footprint footprint_;  // first: made before any process
  std::unique_ptr<ServeProcess> serve_;
};

}  // namespace baton

#endif  // BATON_TESTS_E2E_CLUSTER_FIXTURE_H_
