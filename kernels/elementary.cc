#include "kernels/elementary.h"

namespace baton {
namespace {

constexpr double kLn2High = 0x1.62e42fee00000p-1;
constexpr double kLn2Low = 0x1.a39ef35793c76p-33;

}  // namespace

double LogF64(double x) {
  int exponent;
  double m = std::frexp(x, &exponent);  // exact; m in [0.5, 1)
  if (m < 0x1.6a09e667f3bcdp-1) {       // sqrt(1/2)
    m *= 2;
    --exponent;
  }
  // log m = 2 atanh(t), t = (m − 1)/(m + 1), |t| ≤ 0.172.
  const double t = (m - 1.0) / (m + 1.0);
  const double t2 = t * t;
  double sum = 0.0;
  for (int k = 23; k >= 3; k -= 2) sum = (sum + 1.0 / k) * t2;
  const double log_m = 2.0 * t + 2.0 * t * sum;
  return exponent * kLn2High + (exponent * kLn2Low + log_m);
}

double ExpF64(double x) {
  const double n = std::nearbyint(x * 0x1.71547652b82fep+0);
  const double r = (x - n * kLn2High) - n * kLn2Low;
  double sum = 1.0;
  for (int k = 16; k >= 1; --k) sum = 1.0 + sum * r / k;
  return std::ldexp(sum, static_cast<int>(n));  // exact
}

void SinCosF64(double x, double* sin, double* cos) {
  // x = n·π/2 + r, with π/2 in three parts so that the products with n < 2^20 are exact in the
  // first two.
  const double n = std::nearbyint(x * 0x1.45f306dc9c883p-1);
  double r = std::fma(n, -0x1.921fb544p+0, x);
  r = std::fma(n, -0x1.0b4611a4p-34, r);
  r = std::fma(n, -0x1.3198a2e037073p-69, r);
  const double r2 = r * r;
  double s = 1.0, c = 1.0;
  for (int k = 17; k >= 3; k -= 2) s = 1.0 - s * r2 / (k * (k - 1));
  for (int k = 18; k >= 2; k -= 2) c = 1.0 - c * r2 / (k * (k - 1));
  s *= r;
  switch (static_cast<int64_t>(n) & 3) {
    case 0:
      *sin = s, *cos = c;
      break;
    case 1:
      *sin = c, *cos = -s;
      break;
    case 2:
      *sin = -s, *cos = -c;
      break;
    default:
      *sin = -c, *cos = s;
      break;
  }
}

}  // namespace baton
