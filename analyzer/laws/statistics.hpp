// Statistics that come out the same everywhere: random draws that are a function of (seed, index), and exact
// confidence bounds for a failing fraction.
#pragma once

#include <cstdint>

namespace roundoff::analyzer {

/// Draw number `index` of the stream `seed`: uniform in 0 .. bound-1, bound >= 1 (counter based, rejection,
/// no state).
std::uint64_t bounded_draw(std::uint64_t seed, std::uint64_t index, std::uint64_t bound);

/// The exact one-sided upper confidence bound (Clopper and Pearson, 1934) on the probability of failure, when
/// `failing` of `trials` independent draws failed. For failing = 0 it is 1 - (1-confidence)^(1/trials), about
/// 3/trials at 95 % ("the rule of three"). It speaks of the distribution drawn from and of nothing else.
/// 1 when trials = 0.
double failing_fraction_bound(double failing, double trials, double confidence = 0.95);

}  // namespace roundoff::analyzer
