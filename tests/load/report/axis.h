// Where an axis begins and ends, where its ticks are, and how numbers are written. Pure.
#ifndef BATON_TESTS_LOAD_REPORT_AXIS_H_
#define BATON_TESTS_LOAD_REPORT_AXIS_H_

#include <cstddef>
#include <string>
#include <vector>

namespace baton {

struct ChartTick {
  double value;
  std::string label;
};

struct ChartScale {
  double low = 0, high = 1;  // low < high; both positive if `log`
  bool log = false;

  // Where `value` lies: 0 at low, 1 at high, and at an end if it is beyond it.
  double Share(double value) const;
};

// A scale from 0, or from `low` if that is negative, whose ends are ticks when `most` is 5. Ends
// that are not finite count as 0.
ChartScale LinearScale(double low, double high);

// A logarithmic scale whose ends are 1, 2 or 5 times a power of ten, over at least a factor of two.
// What is not positive and finite is ignored, and so is what lies more than nine decades below
// `high`.
ChartScale LogScale(double low, double high);

// Linear: multiples of 1, 2 or 5 times a power of ten, about `most` or fewer. Logarithmic: 1, 2 and
// 5 in each decade if that many fit, else the decades, else every so many of them.
std::vector<ChartTick> Ticks(const ChartScale& scale, size_t most);

// Short, for a tick: "0.02", "500", "1.5k", "20M", "1e+12".
std::string FormatTick(double value);

// For tables and tooltips: an integer as it is, else three to five digits: "0.00123", "1.23",
// "123.4", "12345". "–" if it is not finite.
std::string FormatNumber(double value);

}  // namespace baton

#endif  // BATON_TESTS_LOAD_REPORT_AXIS_H_
