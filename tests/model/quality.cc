// Prints the quality of the shipped path against float32 (quality_measure.h) on the whole of GPL-3,
// and whether it meets the floors; exit code 1 when it does not.
//
//   bazel run //tests/model:quality -- [MODEL.gguf]
#include <cstdio>

#include "tests/model/quality_measure.h"
#include "tests/model/test_group.h"

namespace baton {
namespace {

int Main(const std::string& path) {
  if (path.empty()) {
    std::fprintf(stderr, "quality: the model is not here: scripts/fetch_model.sh brings it\n");
    return 2;
  }
  const std::vector<int32_t> tokens = QualityText(path);
  if (tokens.empty()) {
    std::fprintf(stderr, "quality: /usr/share/common-licenses/GPL-3 is not here\n");
    return 2;
  }
  const Quality q = MeasureQuality(path, tokens, QualityOptions());
  const bool kl = q.mean_kl <= 0.0035, same = q.same_top >= 0.96, change = q.change <= 0.008;
  const auto verdict = [](bool ok) { return ok ? "" : "  MISSED"; };
  std::printf("GPL-3, %d windows of 512, second halves: %lld positions\n\n", q.windows,
              static_cast<long long>(q.positions));
  std::printf(
      "| shipped against float32 | value | standard error | floor |\n|---|---:|---:|---:|\n");
  std::printf("| mean KL (largest %.3f) | %.5f | %.5f | 0.0035%s |\n", q.largest_kl, q.mean_kl,
              q.mean_kl_error, verdict(kl));
  std::printf("| same top token | %.2f %% | %.2f %% | 96 %%%s |\n", 100 * q.same_top,
              100 * q.same_top_error, verdict(same));
  std::printf("| perplexity %.4f, float32 %.4f | %+.2f %% | %.2f %% | +0.8 %%%s |\n", q.perplexity,
              q.reference_perplexity, 100 * q.change, 100 * q.change_error, verdict(change));
  return kl && same && change ? 0 : 1;
}

}  // namespace
}  // namespace baton

int main(int argc, char** argv) { return baton::Main(argc > 1 ? argv[1] : baton::RealModelPath()); }
