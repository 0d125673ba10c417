// Numerics do not depend on company, on the CUDA backend either: a token's logits are the same bits
// alone or in a batch, in whatever chunks, in any blocks, whatever shape products are computed in.
// The kernels are the GPU's, run by the emulator.
#include "gtest/gtest.h"
#include "kernels/cuda/cuda_device.h"
#include "kernels/cuda/cuda_ops.h"
#include "kernels/cuda/gemm.h"
#include "tests/model/bit_models.h"
#include "tests/model/schedule.h"
#include "tests/model/test_group.h"
#include "tests/model/trace.h"

namespace baton {
namespace {

TestGroupOptions Options(CudaOps::TileChooser tiles = DefaultGemmTile) {
  TestGroupOptions options;
  options.max_step_tokens = options.max_step_rows = 160;
  options.backend = [tiles] {
    return TestBackend{*CudaDevice::Open(0), std::make_unique<CudaOps>(tiles)};
  };
  return options;
}

// The emulator is slow: two layers, and half of the models, which have every weight type but F32
// between them.
std::vector<BitModel> Models() {
  std::vector<BitModel> models;
  for (BitModel& model : BitModels()) {
    if (model.options.seed % 2 == 1) continue;
    model.options.layers = 2;
    models.push_back(std::move(model));
  }
  return models;
}

Trace Expected(const BitModel& model, const std::vector<TestSequence>& sequences) {
  TestGroup group(ModelFile(model), Options());
  return RunSchedule(group, sequences, Alone(sequences));
}

// 70 positions are two tiles of attention. One token at a time is decode; in chunks of 17 some
// models prefill, and others still decode.
TEST(SameBitsCuda, WholeInChunksAndOneByOne) {
  for (const BitModel& model : Models()) {
    const auto sequences = RandomSequences(model.options.seed, {70}, model.options.vocab, 256);
    const Trace expected = Expected(model, sequences);
    TestGroup group(ModelFile(model), Options());
    for (uint32_t chunk : {1, 17, 65}) {
      ASSERT_EQ("",
                FirstDifference(expected, RunSchedule(group, sequences, Alone(sequences, chunk))))
          << model.name << ", chunks of " << chunk;
    }
  }
}

TEST(SameBitsCuda, AloneAndAmongOthersInAnyBlocks) {
  for (const BitModel& model : Models()) {
    Random random(model.options.seed);
    std::vector<int64_t> lengths = {130};  // three tiles
    while (lengths.size() < 8) lengths.push_back(Draw(random, 1, 20));
    auto sequences = RandomSequences(model.options.seed, lengths, model.options.vocab, 256);
    const Trace expected = Expected(model, sequences);
    TestGroup group(ModelFile(model), Options());
    for (int trial = 0; trial < 2; ++trial) {
      AssignBlocks(sequences, 256, &random);  // over what the trial before left there
      const uint32_t most = static_cast<uint32_t>(Draw(random, 20, 160));
      ASSERT_EQ("", FirstDifference(expected,
                                    RunSchedule(group, sequences, Mixed(sequences, most, random))))
          << model.name << ", trial " << trial << ", at most " << most << " tokens a step";
    }
  }
}

TEST(SameBitsCuda, AnyShapeOfProducts) {
  const CudaOps::TileChooser shapes[] = {
      [](int64_t) { return GemmTile::k32x8; }, [](int64_t) { return GemmTile::k32x16; },
      [](int64_t) { return GemmTile::k32x64; }, [](int64_t) { return GemmTile::k128x128; }};
  for (const BitModel& model : OneTypeModels()) {
    const auto sequences = RandomSequences(model.options.seed, {20, 5}, model.options.vocab, 256);
    const Trace expected = Expected(model, sequences);
    for (const CudaOps::TileChooser shape : shapes) {
      TestGroup group(ModelFile(model), Options(shape));
      ASSERT_EQ("", FirstDifference(expected, RunSchedule(group, sequences, Alone(sequences, 6))))
          << model.name << ", " << GemmTileName(shape(1));
    }
  }
}

}  // namespace
}  // namespace baton
