#include "tests/load/stats/gap_samples.h"

#include <algorithm>

namespace baton {

void AddGaps(const RequestRecord& record, GapSamples* gaps) {
  for (size_t i = 1; i < record.chunks.size(); ++i) {
    const uint32_t gap = record.chunks[i].at_us - record.chunks[i - 1].at_us;
    const uint32_t tokens = std::max(record.chunks[i].tokens, 1u);
    gaps->ict.AddMicros(gap);
    // The rounding is spread, so that the gaps of a chunk sum to its gap.
    const uint32_t larger = gap % tokens;
    if (larger > 0) gaps->itl.AddMicros(gap / tokens + 1, larger);
    gaps->itl.AddMicros(gap / tokens, tokens - larger);
  }
}

}  // namespace baton
