// Deterministic statistics; see statistics.hpp. Clopper-Pearson by Boost.Math's binomial distribution,
// without promotion to long double (which differs between machines).
#include "analyzer/laws/statistics.hpp"

#include <cmath>

#include <boost/math/distributions/binomial.hpp>

#include "analyzer/laws/growth_laws.hpp"

namespace roundoff::analyzer {
namespace {

/// SplitMix64's finaliser (Steele, Lea, Flood 2014): a bijection of 64 bits that mixes well.
std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

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
  return exponent + 2 * s * series / laws::ln2;
}

// 2^x = 2^k * e^(f ln 2) with k the nearest integer and |f ln 2| < 0.35; the first term left out is below
// 2^-68.
double steady_exp2(double x) {
  const double whole = std::floor(x + 0.5);
  const double t = (x - whole) * laws::ln2;
  double series = 1;
  for (int term = 14; term >= 1; --term) series = 1 + series * t / term;
  return std::ldexp(series, static_cast<int>(whole));
}

double steady_root(double x, int degree) { return degree == 1 ? x : steady_exp2(steady_log2(x) / degree); }

std::uint64_t bounded_draw(std::uint64_t seed, std::uint64_t index, std::uint64_t bound) {
  const std::uint64_t key = mix(seed + 0x9e3779b97f4a7c15u);
  const std::uint64_t excess = (0 - bound) % bound;  // 2^64 mod bound: draws below it would be favoured
  for (std::uint64_t attempt = 0;; ++attempt) {
    const std::uint64_t draw = mix(mix(key ^ mix(index)) + attempt * 0x9e3779b97f4a7c15u);
    if (draw >= excess) return draw % bound;
  }
}

double failing_fraction_bound(double failing, double trials, double confidence) {
  if (trials <= 0 || failing >= trials) return 1;
  namespace math = boost::math;
  using Plain = math::policies::policy<math::policies::promote_double<false>>;
  using Binomial = math::binomial_distribution<double, Plain>;
  return Binomial::find_upper_bound_on_p(trials, failing, 1 - confidence);
}

}  // namespace roundoff::analyzer
