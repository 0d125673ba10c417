// Numerics do not depend on how a group is laid out, within one tp: any contiguous stages, either
// communicator, any number of threads give the same bits.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "tests/model/bit_models.h"
#include "tests/model/schedule.h"
#include "tests/model/test_group.h"
#include "tests/model/trace.h"

namespace baton {
namespace {

constexpr uint32_t kStepTokens = 160;
constexpr int64_t kBlocks = 64;

TestGroupOptions Options(int tp) {
  TestGroupOptions options;
  options.tp = tp;
  options.num_blocks = kBlocks;
  options.max_step_tokens = kStepTokens;
  options.max_step_rows = kStepTokens;
  return options;
}

std::string Describe(const TestGroupOptions& o) {
  return absl::StrCat("tp ", o.tp, ", pp ", o.pp, ", stages end at [",
                      absl::StrJoin(o.stage_ends, ","), "], ", o.threads, " threads, ",
                      o.shm ? "Shm" : "Local", ", ", o.kernels->name);
}

std::vector<TestSequence> Sequences(const BitModel& model) {
  Random random(model.options.seed);
  std::vector<TestSequence> sequences;
  for (int64_t length : {135, 40, 1, 22, 7})
    sequences.push_back({RandomTokens(random, length, model.options.vocab), {}});
  AssignBlocks(sequences, kBlocks);
  return sequences;
}

// All ways to cut `layers` layers into `pp` stages.
std::vector<std::vector<int64_t>> AllStageEnds(int64_t layers, int pp) {
  std::vector<std::vector<int64_t>> all;
  for (uint32_t cuts = 0; cuts < (1u << (layers - 1)); ++cuts) {
    std::vector<int64_t> ends;
    for (int64_t i = 1; i < layers; ++i) {
      if (cuts >> (i - 1) & 1) ends.push_back(i);
    }
    ends.push_back(layers);
    if (static_cast<int>(ends.size()) == pp) all.push_back(ends);
  }
  return all;
}

TEST(SameBitsParallel, AnyContiguousStages) {
  for (const BitModel& model : BitModels()) {
    const auto sequences = Sequences(model);
    Random random(model.options.seed);
    const Schedule schedule = Mixed(sequences, kStepTokens, random);
    TestGroup one(ModelFile(model), Options(1));
    const Trace expected = RunSchedule(one, sequences, Alone(sequences));
    for (int pp = 1; pp <= 3; ++pp) {
      auto all = AllStageEnds(model.options.layers, pp);
      all.emplace_back();  // the default
      for (const auto& ends : all) {
        TestGroupOptions options = Options(1);
        options.pp = pp;
        options.stage_ends = ends;
        options.shm = ends.size() % 2 == 0;
        TestGroup group(ModelFile(model), options);
        ASSERT_EQ("", FirstDifference(expected, RunSchedule(group, sequences, schedule)))
            << model.name << ", " << Describe(options);
      }
    }
  }
}

TEST(SameBitsParallel, LocalAndShm) {
  for (const BitModel& model : BitModels()) {
    const auto sequences = Sequences(model);
    for (int tp = 1; tp <= 3; ++tp) {
      TestGroupOptions options = Options(tp);
      options.kernels = &ScalarKernels();
      TestGroup local(ModelFile(model), options);
      const Trace expected = RunSchedule(local, sequences, Alone(sequences));
      options.kernels = &BestKernels();
      options.shm = true;
      TestGroup shm(ModelFile(model), options);
      Random random(model.options.seed);
      for (const Schedule& schedule : {Alone(sequences), Mixed(sequences, kStepTokens, random)}) {
        ASSERT_EQ("", FirstDifference(expected, RunSchedule(shm, sequences, schedule)))
            << model.name << ", " << Describe(options);
      }
    }
  }
}

// Everything at once, at random.
TEST(SameBitsParallel, RandomGroups) {
  for (const BitModel& model : BitModels()) {
    Random random(model.options.seed);
    auto sequences = Sequences(model);
    for (int tp = 1; tp <= 3; ++tp) {
      AssignBlocks(sequences, kBlocks);
      TestGroup plain(ModelFile(model), Options(tp));
      const Trace expected = RunSchedule(plain, sequences, Alone(sequences));
      for (int trial = 0; trial < 3; ++trial) {
        TestGroupOptions options = Options(tp);
        options.pp = static_cast<int>(Draw(random, 1, 3));
        const auto all = AllStageEnds(model.options.layers, options.pp);
        options.stage_ends = all[Draw(random, 0, static_cast<int64_t>(all.size()) - 1)];
        options.threads = static_cast<int>(Draw(random, 1, 2));
        options.shm = random() % 2 == 0;
        if (random() % 8 == 0) options.kernels = &ScalarKernels();
        TestGroup group(ModelFile(model), options);
        AssignBlocks(sequences, kBlocks, &random);
        ASSERT_EQ("", FirstDifference(expected, RunSchedule(group, sequences,
                                                            Mixed(sequences, kStepTokens, random))))
            << model.name << ", trial " << trial << ": " << Describe(options);
      }
    }
  }
}

}  // namespace
}  // namespace baton
