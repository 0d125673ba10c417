// Numerics do not depend on company: a token's logits are the same bits alone or in a batch, in
// whatever chunks, on any number of threads, in any blocks, by any table of kernels.
//
// What everything is compared with: the fastest kernels, one thread, each sequence alone and whole,
// in consecutive blocks.
#include "gtest/gtest.h"
#include "tests/model/bit_models.h"
#include "tests/model/schedule.h"
#include "tests/model/test_group.h"
#include "tests/model/trace.h"

namespace baton {
namespace {

constexpr uint32_t kStepTokens = 320;

TestGroupOptions Options(const CpuKernels& kernels, int threads = 1) {
  TestGroupOptions options;
  options.kernels = &kernels;
  options.threads = threads;
  options.max_step_tokens = kStepTokens;
  options.max_step_rows = kStepTokens;
  return options;
}

std::vector<const CpuKernels*> Tables() {
  std::vector<const CpuKernels*> tables = {&ScalarKernels()};
  if (Avx512Kernels() != nullptr) tables.push_back(Avx512Kernels());
  return tables;
}

Trace Expected(const BitModel& model, const std::vector<TestSequence>& sequences) {
  TestGroup group(ModelFile(model), Options(BestKernels()));
  return RunSchedule(group, sequences, Alone(sequences));
}

TEST(SameBits, WholeAndInChunksOfEverySizeAndOneByOne) {
  for (const BitModel& model : BitModels()) {
    const auto sequences = RandomSequences(model.options.seed, {70}, model.options.vocab, 256);
    const Trace expected = Expected(model, sequences);
    for (const CpuKernels* kernels : Tables()) {
      TestGroup group(ModelFile(model), Options(*kernels));
      for (uint32_t chunk = 1; chunk <= 70; ++chunk) {
        // The specification is slow, and the other shows every size: it takes every ninth.
        if (kernels == &ScalarKernels() && Tables().size() > 1 && chunk % 9 != 1) continue;
        ASSERT_EQ("",
                  FirstDifference(expected, RunSchedule(group, sequences, Alone(sequences, chunk))))
            << model.name << ", " << kernels->name << ", chunks of " << chunk;
      }
    }
  }
}

// Attention is cut at multiples of 128 positions, and blocks at multiples of 16.
TEST(SameBits, ChunksAcrossSplitsOfAttention) {
  for (const BitModel& model : BitModels()) {
    const auto sequences = RandomSequences(model.options.seed, {300}, model.options.vocab, 256);
    const Trace expected = Expected(model, sequences);
    TestGroup group(ModelFile(model), Options(BestKernels()));
    for (uint32_t chunk : {0, 1, 15, 16, 17, 97, 127, 128, 129, 192, 255, 256, 257, 299}) {
      ASSERT_EQ("",
                FirstDifference(expected, RunSchedule(group, sequences, Alone(sequences, chunk))))
          << model.name << ", chunks of " << chunk;
    }
  }
}

TEST(SameBits, AloneAndAmong32Others) {
  for (const BitModel& model : BitModels()) {
    Random random(model.options.seed);
    std::vector<int64_t> lengths = {150};  // across a split
    while (lengths.size() < 33) lengths.push_back(Draw(random, 1, 24));
    auto sequences = RandomSequences(model.options.seed, lengths, model.options.vocab, 256);
    const Trace expected = Expected(model, sequences);
    for (const CpuKernels* kernels : Tables()) {
      TestGroup group(ModelFile(model), Options(*kernels, 2));
      for (int trial = 0; trial < (kernels == &ScalarKernels() ? 1 : 4); ++trial) {
        AssignBlocks(sequences, 256, &random);  // over what earlier trials left there
        const uint32_t most = static_cast<uint32_t>(Draw(random, 33, kStepTokens));
        ASSERT_EQ("", FirstDifference(
                          expected, RunSchedule(group, sequences, Mixed(sequences, most, random))))
            << model.name << ", " << kernels->name << ", trial " << trial << ", at most " << most
            << " tokens a step";
      }
    }
  }
}

// All 33 in every step: one prefilled whole while the others decode, then all decode.
TEST(SameBits, PrefillBeside32Decodes) {
  for (const BitModel& model : BitModels()) {
    std::vector<int64_t> lengths(33, 9);
    lengths[0] = 140;
    const auto sequences =
        RandomSequences(model.options.seed + 1, lengths, model.options.vocab, 256);
    const Trace expected = Expected(model, sequences);
    Schedule schedule(1);
    for (size_t s = 1; s < 33; ++s) schedule[0].push_back({s, 4});
    schedule.emplace_back();
    for (size_t s = 1; s < 33; ++s) schedule[1].push_back({s, 1});
    schedule[1].insert(schedule[1].begin() + 16, {0, 136});
    for (int step = 0; step < 4; ++step) {
      schedule.emplace_back();
      for (size_t s = 0; s < 33; ++s) schedule.back().push_back({s, 1});
    }
    TestGroup group(ModelFile(model), Options(BestKernels(), 2));
    ASSERT_EQ("", FirstDifference(expected, RunSchedule(group, sequences, schedule))) << model.name;
  }
}

TEST(SameBits, OneThreadTwoAndThree) {
  for (const BitModel& model : BitModels()) {
    auto sequences =
        RandomSequences(model.options.seed, {140, 33, 1, 17, 5}, model.options.vocab, 256);
    const Trace expected = Expected(model, sequences);
    Random random(model.options.seed);
    const Schedule mixed = Mixed(sequences, 150, random);
    for (int threads : {1, 2, 3}) {
      TestGroup group(ModelFile(model), Options(BestKernels(), threads));
      for (const Schedule& schedule : {Alone(sequences), mixed}) {
        ASSERT_EQ("", FirstDifference(expected, RunSchedule(group, sequences, schedule)))
            << model.name << ", " << threads << " threads";
      }
    }
  }
}

TEST(SameBits, InAnyBlocks) {
  for (const BitModel& model : BitModels()) {
    auto sequences = RandomSequences(model.options.seed, {140, 33, 64}, model.options.vocab, 256);
    const Trace expected = Expected(model, sequences);
    TestGroup group(ModelFile(model), Options(BestKernels()));
    Random random(model.options.seed);
    for (int trial = 0; trial < 5; ++trial) {
      AssignBlocks(sequences, 16, &random);  // nearly all the blocks, so that each has a past
      ASSERT_EQ("", FirstDifference(expected, RunSchedule(group, sequences, Alone(sequences, 13))))
          << model.name << ", trial " << trial;
    }
  }
}

// A sequence that starts on blocks another one filled.
TEST(SameBits, OnThePrefixOfAnother) {
  for (const BitModel& model : BitModels()) {
    auto sequences = RandomSequences(model.options.seed, {150, 150}, model.options.vocab, 256);
    std::copy_n(sequences[0].tokens.begin(), 144, sequences[1].tokens.begin());
    const Trace expected = Expected(model, sequences);
    TestGroup group(ModelFile(model), Options(BestKernels()));
    Schedule first = {{{0, 150}}};
    RunSchedule(group, {sequences[0]}, first);
    std::copy_n(sequences[0].blocks.begin(), 9, sequences[1].blocks.begin());
    PlanBuilder builder;
    builder.Start(5, sequences[1].tokens, 0, 0).Work(5, 144, 6, {144, 145, 146, 147, 148, 149});
    builder.plan.starts[0].blocks = sequences[1].blocks;
    builder.plan.starts[0].num_computed = 144;
    group.Step(builder.plan);
    Trace tail(1), expected_tail(1);
    for (int i = 0; i < 6; ++i) {
      tail[0].push_back(group.Logits(i));
      expected_tail[0].push_back(expected[1][144 + i]);
    }
    EXPECT_EQ("", FirstDifference(expected_tail, tail)) << model.name;
  }
}

// The tokens that are really drawn, one after the other, alone and among others; then the finished
// journal as a prefill, which must reproduce every step's logits.
TEST(SameBits, SamplingAndTheJournalReplayed) {
  constexpr uint32_t kPrompt = 20, kNew = 30;
  for (const BitModel& model : BitModels()) {
    const auto sequences = RandomSequences(model.options.seed, std::vector<int64_t>(33, kPrompt),
                                           model.options.vocab, 256);
    const auto run = [&](TestGroup& group, const std::vector<size_t>& who, Trace* trace) {
      PlanBuilder plan;
      std::vector<std::vector<int32_t>> drawn(who.size());
      for (uint32_t i = 0; i < who.size(); ++i) {
        plan.Start(i, sequences[who[i]].tokens, static_cast<int32_t>(i) * 4, kPrompt + kNew);
        SamplingRule& s = plan.plan.starts.back().sampling;
        s.temperature = 0.25f * static_cast<float>(who[i] % 4);
        s.top_k = who[i] % 3 == 0 ? 40 : 0;
        s.top_p = who[i] % 2 == 0 ? 0.9f : 1.0f;
        s.seed = 1000 + who[i];
      }
      for (uint32_t i = 0; i < who.size(); ++i) plan.Work(i, 0, kPrompt, {kPrompt - 1}, true);
      for (uint32_t step = 0; step < kNew; ++step) {
        const StepOutput out = group.Step(plan.plan);
        plan = PlanBuilder();
        const uint32_t p = kPrompt + step;
        for (uint32_t i = 0; i < who.size(); ++i) {
          drawn[i].push_back(*out.rows[i].token);
          if (i == 0) (*trace)[0].push_back(group.Logits(0));
          plan.Work(i, p, 1, {p}, true);
        }
      }
      PlanBuilder end;
      for (uint32_t i = 0; i < who.size(); ++i) end.End(i);
      group.Step(end.plan);
      return drawn;
    };
    TestGroupOptions options = Options(BestKernels(), 2);
    options.max_step_tokens = options.max_step_rows = 33 * kPrompt;
    TestGroup group(ModelFile(model), options);
    std::vector<size_t> all(33);
    for (size_t i = 0; i < 33; ++i) all[i] = (i + 7) % 33;
    Trace in_company(1), alone(1), replayed(1);
    const auto among = run(group, all, &in_company);
    const auto single = run(group, {7}, &alone);
    EXPECT_EQ(among[0], single[0]) << model.name;
    EXPECT_EQ("", FirstDifference(alone, in_company)) << model.name;
    TestSequence journal = sequences[7];
    journal.tokens.insert(journal.tokens.end(), single[0].begin(), single[0].end() - 1);
    journal.blocks = {40, 3, 60, 22};
    const Trace whole = RunSchedule(group, {journal}, Alone({journal}));
    replayed[0].assign(whole[0].begin() + kPrompt - 1, whole[0].end());
    EXPECT_EQ("", FirstDifference(alone, replayed)) << model.name;
  }
}

}  // namespace
}  // namespace baton
