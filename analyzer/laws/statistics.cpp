// Deterministic statistics; see statistics.hpp. Clopper-Pearson by Boost.Math's binomial distribution,
// without promotion to long double (which differs between machines).
#include "analyzer/laws/statistics.hpp"

#include <cmath>

#include <boost/math/distributions/binomial.hpp>

namespace roundoff::analyzer {
namespace {

/// SplitMix64's finaliser (Steele, Lea, Flood 2014): a bijection of 64 bits that mixes well.
std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace

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
