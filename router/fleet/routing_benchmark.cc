// What a routing decision costs once the prompt's blocks have their names, and what it costs to
// forget a group.
//
//   bazel run //router/fleet:routing_benchmark
#include "benchmark/benchmark.h"
#include "router/fleet/prefix_index.h"
#include "router/fleet/routing_policy.h"
#include "router/scheduler/block_pool.h"

namespace baton {
namespace {

// A prompt of 4,096 tokens in blocks of 16, and 64 groups: eight hold a system prompt of 1,024
// tokens, two of them a conversation as well, one all of it.
void BM_Route(benchmark::State& state) {
  state.SetLabel("budget: 2000 ns of CPU");
  const BlockHashKey key = {1};
  BlockHasher hasher(key, 16);
  std::vector<int32_t> tokens(4096);
  for (size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<int32_t>(i * 7919 % 50000);
  const std::vector<BlockHash> chain = hasher.Chain(hasher.Root(0, "", ""), tokens);
  PrefixIndex index;
  std::vector<size_t> groups;
  std::vector<GroupLoad> loads;
  for (size_t g = 0; g < 64; ++g) {
    groups.push_back(g);
    loads.push_back({g * 100, g, 0});
    const size_t held = g == 9 ? 256 : g == 17 ? 120 : g % 8 == 0 ? 64 : 0;
    for (size_t i = 0; i < held; ++i) index.Apply(g, {{chain[i], true}});
  }
  for (auto _ : state) {
    const std::vector<uint32_t> matched = index.MatchedBlocks(chain, groups);
    for (size_t g = 0; g < 64; ++g) loads[g].matched_tokens = matched[g] * 16;
    benchmark::DoNotOptimize(PickPrefixAffinity(loads, 20000));
  }
}
BENCHMARK(BM_Route);

// One of 64 groups, of 16,384 blocks each, is lost.
void BM_Forget(benchmark::State& state) {
  PrefixIndex index;
  std::vector<std::vector<IndexChange>> held(64);
  for (size_t g = 0; g < 64; ++g) {
    for (uint64_t i = 0; i < 16384; ++i) {
      BlockHash hash;
      hash.low = (g << 32 | i) * 0x9E3779B97F4A7C15u;
      hash.high = i;
      held[g].push_back({hash, true});
    }
    index.Apply(g, held[g]);
  }
  for (auto _ : state) {
    index.Forget(7);
    state.PauseTiming();
    index.Apply(7, held[7]);
    state.ResumeTiming();
  }
}
BENCHMARK(BM_Forget);

void BM_HashPromptOf4096(benchmark::State& state) {
  const BlockHashKey key = {1};
  const std::vector<int32_t> tokens(4096, 7);
  for (auto _ : state) {
    BlockHasher hasher(key, 16);
    benchmark::DoNotOptimize(hasher.Chain(hasher.Root(0, "", ""), tokens));
  }
}
BENCHMARK(BM_HashPromptOf4096);

}  // namespace
}  // namespace baton

BENCHMARK_MAIN();
