// See steady.hpp.
#include "formats/functions/steady.hpp"

#include <cmath>

namespace roundoff::formats {

namespace {
constexpr double natural_log_of_2 = 0x1.62e42fefa39efp-1;
}  // namespace

// x = m * 2^e with m in [sqrt(1/2), sqrt(2)); ln m = 2 artanh(s), s = (m-1)/(m+1), |s| < 0.172, and the first
// term left out, s^25/25, is below 2^-68. frexp and ldexp are exact.
double steady_log2(double x) {
  int exponent = 0;
  double m = std::frexp(x, &exponent);
  if (m < 0x1.6a09e667f3bcdp-1) {
    m *= 2;
    --exponent;
  }
  const double s = (m - 1) / (m + 1), square = s * s;
  double series = 0;
  for (int term = 23; term >= 1; term -= 2) series = series * square + 1.0 / term;
  return exponent + 2 * s * series / natural_log_of_2;
}

// 2^x = 2^k * e^(f ln 2) with k the nearest integer and |f ln 2| < 0.35; the first term left out is below
// 2^-68.
double steady_exp2(double x) {
  const double whole = std::floor(x + 0.5);
  const double t = (x - whole) * natural_log_of_2;
  double series = 1;
  for (int term = 14; term >= 1; --term) series = 1 + series * t / term;
  return std::ldexp(series, static_cast<int>(whole));
}

double steady_root(double x, int degree) { return degree == 1 ? x : steady_exp2(steady_log2(x) / degree); }

}  // namespace roundoff::formats
