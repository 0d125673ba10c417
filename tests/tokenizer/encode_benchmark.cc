// How fast SmolLM2's tokenizer is: 1 MB of prose, of one letter without a space, of random
// printable ASCII, and of CJK. BATON_MODEL=... bazel run //tests/tokenizer:encode_benchmark
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "benchmark/benchmark.h"
#include "router/tokenizer/tokenizer.h"
#include "tests/tokenizer/model_tokenizer.h"

namespace baton {
namespace {

constexpr size_t kSize = 1000000;

const Tokenizer& SharedTokenizer() {
  static const Tokenizer* const tokenizer = [] {
    auto loaded = LoadModelTokenizer(ModelPath());
    if (!loaded.ok()) {
      std::fprintf(stderr, "%s\n", loaded.status().ToString().c_str());
      std::exit(1);
    }
    return loaded->release();
  }();
  return *tokenizer;
}

std::string Repeat(const std::string& text, size_t size) {
  std::string result;
  while (result.size() < size) result += text;
  return result;
}

std::string Prose() {
  std::ifstream file("/usr/share/common-licenses/GPL-3");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  return Repeat(text.empty() ? "There is no licence on this machine. " : text, kSize);
}

std::string RandomAscii() {
  std::mt19937 random(1);
  std::string text;
  while (text.size() < kSize) {
    text += static_cast<char>(' ' + random() % 95);
  }
  return text;
}

void Encode(benchmark::State& state, const std::string& text) {
  const Tokenizer& tokenizer = SharedTokenizer();
  std::vector<int32_t> ids;
  for (auto _ : state) {
    if (!tokenizer.Encode(text, {true, false}, &ids).ok()) state.SkipWithError("refused");
    benchmark::DoNotOptimize(ids.data());
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
  state.counters["tokens"] = static_cast<double>(ids.size());
}

BENCHMARK_CAPTURE(Encode, prose, Prose())->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Encode, one_letter, Repeat("a", kSize))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Encode, one_letter_tenth, Repeat("a", kSize / 10))->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Encode, random_ascii, RandomAscii())->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Encode, cjk, Repeat("\u4e2d\u6587\u6a21\u578b\u8bcd\u8868", kSize))
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Encode, letters, Repeat("thequickbrownfoxjumpsoverthelazydog", kSize))
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Encode, almost_special, Repeat("<|im_", kSize))->Unit(benchmark::kMillisecond);

void Create(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(LoadModelTokenizer(ModelPath()).ok());
}
BENCHMARK(Create)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace baton

BENCHMARK_MAIN();
