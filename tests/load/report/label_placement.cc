#include "tests/load/report/label_placement.h"

#include <algorithm>

namespace baton {
namespace {

constexpr double kMark = 4;  // half the size of a point's mark
constexpr double kGap = 3;

bool Overlap(const LabelBox& a, const LabelBox& b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

bool Inside(const LabelBox& a, const LabelBox& frame) {
  return a.left >= frame.left && a.right <= frame.right && a.top >= frame.top &&
         a.bottom <= frame.bottom;
}

LabelBox BoxAt(double left, double top, const LabelRequest& label) {
  return {left, top, left + label.width, top + label.height};
}

std::vector<LabelBox> Candidates(const LabelRequest& label) {
  const double right = label.x + kMark + kGap, left = label.x - kMark - kGap - label.width;
  const double above = label.y - label.height, below = label.y;
  const double middle = label.x - label.width / 2, off = kMark + kGap;
  return {BoxAt(right, above, label),        BoxAt(right, below, label),
          BoxAt(left, above, label),         BoxAt(left, below, label),
          BoxAt(middle, above - off, label), BoxAt(middle, below + off, label)};
}

}  // namespace

std::vector<absl::optional<LabelBox>> PlaceLabels(absl::Span<const LabelRequest> labels,
                                                  const LabelBox& frame) {
  std::vector<LabelBox> taken;
  for (const LabelRequest& label : labels) {
    taken.push_back({label.x - kMark, label.y - kMark, label.x + kMark, label.y + kMark});
  }
  std::vector<absl::optional<LabelBox>> placed;
  for (const LabelRequest& label : labels) {
    absl::optional<LabelBox> place;
    for (const LabelBox& box : Candidates(label)) {
      const auto overlaps = [&](const LabelBox& other) { return Overlap(box, other); };
      if (!Inside(box, frame) || std::any_of(taken.begin(), taken.end(), overlaps)) continue;
      place = box;
      taken.push_back(box);
      break;
    }
    placed.push_back(place);
  }
  return placed;
}

}  // namespace baton
