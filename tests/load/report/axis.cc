#include "tests/load/report/axis.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace baton {
namespace {

constexpr double kMostDecades = 9;
constexpr size_t kTicksForEnds = 5;

bool IsLoggable(double value) { return std::isfinite(value) && value > 0; }

// The largest 1, 2 or 5 times a power of ten that is not above `value`, allowing for rounding.
double NiceFloor(double value) {
  const double power = std::pow(10, std::floor(std::log10(value) + 1e-9));
  const double mantissa = value / power + 1e-9;
  return (mantissa >= 5 ? 5 : mantissa >= 2 ? 2 : 1) * power;
}

double NiceCeil(double value) {
  const double floor = NiceFloor(value);
  if (floor >= value * (1 - 1e-9)) return floor;
  const double power = std::pow(10, std::floor(std::log10(floor) + 1e-9));
  const double mantissa = floor / power;
  return (mantissa < 1.5 ? 2 : mantissa < 3 ? 5 : 10) * power;
}

double LinearStep(double range, size_t most) { return NiceCeil(range / static_cast<double>(most)); }

std::vector<ChartTick> LinearTicks(const ChartScale& scale, size_t most) {
  const double step = LinearStep(scale.high - scale.low, most);
  std::vector<ChartTick> ticks;
  const double last = std::floor(scale.high / step + 1e-6);
  for (double i = std::ceil(scale.low / step - 1e-6); i <= last; ++i) {
    ticks.push_back({i * step, FormatTick(i * step)});
  }
  return ticks;
}

// `mantissas` in every `stride`-th decade.
std::vector<ChartTick> LogTicksOf(const ChartScale& scale, std::initializer_list<int> mantissas,
                                  int stride) {
  std::vector<ChartTick> ticks;
  const int first = static_cast<int>(std::floor(std::log10(scale.low) + 1e-9));
  const int last = static_cast<int>(std::floor(std::log10(scale.high) + 1e-9));
  for (int decade = first; decade <= last; decade += stride) {
    for (const int mantissa : mantissas) {
      const double value = mantissa * std::pow(10, decade);
      const bool inside = value >= scale.low * (1 - 1e-9) && value <= scale.high * (1 + 1e-9);
      if (inside) ticks.push_back({value, FormatTick(value)});
    }
  }
  return ticks;
}

std::vector<ChartTick> LogTicks(const ChartScale& scale, size_t most) {
  std::vector<ChartTick> ticks = LogTicksOf(scale, {1, 2, 5}, 1);
  for (int stride = 1; ticks.size() > most; ++stride) ticks = LogTicksOf(scale, {1}, stride);
  return ticks;
}

}  // namespace

double ChartScale::Share(double value) const {
  const double share = log ? std::log(std::max(value, low) / low) / std::log(high / low)
                           : (value - low) / (high - low);
  return std::min(std::max(share, 0.0), 1.0);
}

ChartScale LinearScale(double low, double high) {
  low = std::isfinite(low) ? std::min(low, 0.0) : 0;
  high = std::isfinite(high) ? std::max(high, 0.0) : 0;
  if (!(high > low)) return {low, low + 1, false};
  const double step = LinearStep(high - low, kTicksForEnds);
  return {std::floor(low / step + 1e-9) * step, std::ceil(high / step - 1e-9) * step, false};
}

ChartScale LogScale(double low, double high) {
  if (!IsLoggable(high)) high = IsLoggable(low) ? low : 1;
  if (!IsLoggable(low)) low = high;
  low = NiceFloor(std::max(low, high * std::pow(10, -kMostDecades)));
  high = NiceCeil(high);
  if (high < low * 1.9) high = NiceCeil(low * 1.9);
  return {low, high, true};
}

std::vector<ChartTick> Ticks(const ChartScale& scale, size_t most) {
  return scale.log ? LogTicks(scale, most) : LinearTicks(scale, most);
}

std::string FormatTick(double value) {
  const double size = std::abs(value);
  if (size >= 1e12) return absl::StrFormat("%.4g", value);
  if (size >= 1e9) return absl::StrFormat("%gG", value / 1e9);
  if (size >= 1e6) return absl::StrFormat("%gM", value / 1e6);
  if (size >= 1e3) return absl::StrFormat("%gk", value / 1e3);
  return absl::StrFormat("%g", size < 1e-12 ? 0.0 : value);
}

std::string FormatNumber(double value) {
  if (!std::isfinite(value)) return "–";
  const double size = std::abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-4)) return absl::StrFormat("%.3g", value);
  if (value == std::floor(value)) return absl::StrFormat("%.0f", value);
  if (size < 1) return absl::StrFormat("%.3g", value);
  return absl::StrFormat("%.*f", size < 100 ? 2 : size < 10000 ? 1 : 0, value);
}

}  // namespace baton
