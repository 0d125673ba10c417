// Arithmetic has a version: groups whose versions are equal continue each other's sequences, so
// bits must not move without it. Digests of what tiny models compute, through prefill, decode and
// sampling, are stored here by version; they are the same for every compiler, build, instruction
// set and schedule.
#include <cmath>
#include <cstring>

#include "absl/strings/str_format.h"
#include "gtest/gtest.h"
#include "kernels/cpu/cpu_ops.h"
#include "tests/model/bit_models.h"
#include "tests/model/schedule.h"
#include "tests/model/test_group.h"
#include "tests/model/trace.h"
#include "worker/model/gguf_file.h"

namespace baton {
namespace {

struct StoredDigest {
  const char* version;  // Ops::arithmetic_version()
  const char* name;
  const char* model;  // GgufFile::Digest()
  const char* bits;
};

constexpr StoredDigest kStored[] = {
#include "tests/model/golden_bits.inc"
};

const StoredDigest* FindStored(const std::string& version, const std::string& name) {
  for (const StoredDigest& s : kStored) {
    if (version == s.version && name == s.name) return &s;
  }
  return nullptr;
}

void Append(std::string* bytes, const void* data, size_t size) {
  bytes->append(static_cast<const char*>(data), size);
}

// Draws 10 tokens with everything that sampling has, and their log probabilities.
std::string Samples(TestGroup& group, const std::vector<int32_t>& prompt) {
  std::string bytes;
  for (float temperature : {0.0f, 0.8f}) {
    PlanBuilder plan;
    plan.Start(0, prompt, 3, static_cast<uint32_t>(prompt.size()) + 10);
    SamplingRule& sampling = plan.plan.starts[0].sampling;
    sampling.temperature = temperature;
    sampling.top_k = 50;
    sampling.top_p = 0.95f;
    sampling.seed = 42;
    uint32_t position = 0, count = static_cast<uint32_t>(prompt.size());
    for (int i = 0; i < 10; ++i) {
      plan.Work(0, position, count, {position + count - 1}, /*sample_last=*/true);
      plan.plan.work[0].rows[0].want_logprobs = true;
      plan.plan.work[0].rows[0].num_top = 5;
      const RowOutput row = group.Step(plan.plan).rows[0];
      Append(&bytes, &*row.token, sizeof(int32_t));
      Append(&bytes, &*row.logprob, sizeof(float));
      Append(&bytes, row.top_tokens.data(), row.top_tokens.size() * sizeof(int32_t));
      Append(&bytes, row.top_logprobs.data(), row.top_logprobs.size() * sizeof(float));
      position += count, count = 1;
      plan = PlanBuilder();
    }
    group.Step(plan.End(0).plan);
  }
  return bytes;
}

std::string BitsOf(const BitModel& model, TestGroupOptions options) {
  options.num_blocks = 64;
  options.max_step_tokens = options.max_step_rows = 160;
  TestGroup group(ModelFile(model), options);
  Random random(model.options.seed);
  std::vector<TestSequence> sequences;
  for (int64_t length : {145, 21})
    sequences.push_back({RandomTokens(random, length, model.options.vocab), {}});
  AssignBlocks(sequences, 64);
  // Prefill in chunks, then as decodes, beside each other.
  Schedule schedule = {{{0, 100}}, {{0, 35}, {1, 11}}};
  for (int i = 0; i < 10; ++i) schedule.push_back({{0, 1}, {1, 1}});
  const std::string trace = DigestOf(RunSchedule(group, sequences, schedule));
  return DigestOf(trace + Samples(group, sequences[1].tokens));
}

// Compares, and prints the line to be stored where that fails.
void Check(const std::string& name, const BitModel& model, const TestGroupOptions& options) {
  const std::string version = CpuOps(1).arithmetic_version();
  const std::string digest = *(*GgufFile::Open(ModelFile(model)))->Digest();
  const std::string bits = BitsOf(model, options);
  const StoredDigest* stored = FindStored(version, name);
  const std::string line =
      absl::StrFormat("{\"%s\", \"%s\",\n \"%s\",\n \"%s\"},", version, name, digest, bits);
  ASSERT_NE(stored, nullptr) << "Nothing is stored for arithmetic version " << version << " and "
                             << name << ". In tests/model/golden_bits.inc put\n"
                             << line;
  ASSERT_EQ(stored->model, digest) << "The test's model itself is another one; that says nothing "
                                      "about arithmetic. Find out why WriteTinyModel changed.";
  EXPECT_EQ(stored->bits, bits)
      << "The bits of " << name << " (" << options.kernels->name
      << " kernels) have moved, and arithmetic_version() is still " << version
      << ". If that was not meant, it is a bug. If it was, raise arithmetic_version() in "
         "kernels/cpu/cpu_ops.h, and in tests/model/golden_bits.inc put, for every name,\n"
      << line;
}

std::vector<const CpuKernels*> Tables() {
  std::vector<const CpuKernels*> tables = {&ScalarKernels()};
  if (Avx512Kernels() != nullptr) tables.push_back(Avx512Kernels());
  return tables;
}

TEST(GoldenBits, EveryWeightType) {
  for (const BitModel& model : OneTypeModels()) {
    for (const CpuKernels* kernels : Tables()) {
      TestGroupOptions options;
      options.kernels = kernels;
      Check(model.name, model, options);
    }
  }
}

// The rest of a numerics class: the KV type, the float32 reference, the cut of a tp.
TEST(GoldenBits, EveryNumericsClass) {
  const BitModel model = OneTypeModels().back();
  for (const CpuKernels* kernels : Tables()) {
    TestGroupOptions options;
    options.kernels = kernels;
    options.kv = DType::kF32;
    Check("float32 KV", model, options);
    options.as_f32 = true;
    Check("float32 reference", model, options);
    for (int tp : {2, 3}) {
      options = TestGroupOptions();
      options.kernels = kernels;
      options.tp = tp;
      Check(absl::StrFormat("tp %d", tp), model, options);
    }
  }
}

// That a digest is of the bits: one last place, in one number of each row.
TEST(GoldenBits, TheSmallestChangeIsNoticed) {
  const BitModel model = OneTypeModels()[0];
  CpuKernels nudged = BestKernels();
  nudged.silu_mul_row = [](const float* g, const float* u, int64_t n, float* out) {
    BestKernels().silu_mul_row(g, u, n, out);
    out[0] = std::nextafter(out[0], 1e30f);
  };
  TestGroupOptions options;
  const std::string bits = BitsOf(model, options);
  EXPECT_EQ(bits, BitsOf(model, options));
  options.kernels = &nudged;
  EXPECT_NE(bits, BitsOf(model, options));
}

}  // namespace
}  // namespace baton
