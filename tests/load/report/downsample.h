// Fewer points with the same extremes.
#ifndef BATON_TESTS_LOAD_REPORT_DOWNSAMPLE_H_
#define BATON_TESTS_LOAD_REPORT_DOWNSAMPLE_H_

#include <cstddef>
#include <vector>

#include "absl/types/span.h"

namespace baton {

// The indices, ascending, of at most `most` (at least 4) of `values`. Up to `most` values all are
// kept. Of more, each of equally long stretches keeps its smallest and its largest, and the first
// and the last value are kept, so that no spike is lost. Values that are not finite are passed over
// in a stretch that has others.
std::vector<size_t> DownsampleMinMax(absl::Span<const double> values, size_t most);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_DOWNSAMPLE_H_
