#include "tests/load/report/downsample.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace baton {
namespace {

void AppendExtremes(absl::Span<const double> values, size_t from, size_t to,
                    std::vector<size_t>* kept) {
  size_t smallest = from, largest = from;
  for (size_t i = from; i < to; ++i) {
    if (!std::isfinite(values[i])) continue;
    if (!(values[i] >= values[smallest])) smallest = i;
    if (!(values[i] <= values[largest])) largest = i;
  }
  kept->push_back(std::min(smallest, largest));
  kept->push_back(std::max(smallest, largest));
}

}  // namespace

std::vector<size_t> DownsampleMinMax(absl::Span<const double> values, size_t most) {
  std::vector<size_t> kept;
  if (values.size() <= most) {
    kept.resize(values.size());
    std::iota(kept.begin(), kept.end(), size_t{0});
    return kept;
  }
  const size_t stretches = (most - 2) / 2;
  kept.push_back(0);
  for (size_t i = 0; i < stretches; ++i) {
    AppendExtremes(values, values.size() * i / stretches, values.size() * (i + 1) / stretches,
                   &kept);
  }
  kept.push_back(values.size() - 1);
  kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
  return kept;
}

}  // namespace baton
