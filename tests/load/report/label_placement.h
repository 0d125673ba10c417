// Finds room for labels beside points. Pure.
#ifndef BATON_TESTS_LOAD_REPORT_LABEL_PLACEMENT_H_
#define BATON_TESTS_LOAD_REPORT_LABEL_PLACEMENT_H_

#include <vector>

#include "absl/types/optional.h"
#include "absl/types/span.h"

namespace baton {

struct LabelBox {
  double left, top, right, bottom;  // y grows downwards
};

struct LabelRequest {
  double x, y;           // the point
  double width, height;  // of the text
};

// For each label, in order, a box beside its point (right above, right below, left above, left
// below, above, below) that lies within `frame` and touches no point and no box before it; unset
// where there is no such place.
std::vector<absl::optional<LabelBox>> PlaceLabels(absl::Span<const LabelRequest> labels,
                                                  const LabelBox& frame);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_LABEL_PLACEMENT_H_
