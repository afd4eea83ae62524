// The numbers that weights take from a format: its largest number, the gap that makes attention hard, the
// wall that shuts a key or a unit out, and their parts; and the reasons to refuse a policy.
//
// Designs of logarithmic precision come in two forms. In fixed point (and F(0,s)) they let sums saturate on
// purpose. In floating point MAX would absorb what it is added to, and overflow may be infinite: there every
// sum of integers that matters stays exact, and `floating` says to take that form.
#pragma once

#include <initializer_list>
#include <string>

#include "constructions/names.hpp"
#include "constructions/stream/form.hpp"
#include "sim/model/policy.hpp"

namespace roundoff::constructions {

/// Whether sums are rounded to floating point (F(e,s) with e > 0 too).
bool floating(const Policy& policy);

/// MAX: the largest finite magnitude of the format that sums are rounded to.
Weight largest(const Policy& policy);

/// floor(x) for x >= 0, at most 2^30.
int whole_part(const Weight& x);

/// M, for which exp(-M) rounds to 0 in the softmax format, so that a score M below the maximum gets the
/// weight 0. In fixed point the least multiple of the format's step (of 1/16 where the step is finer) up to
/// 64; in floating point the least power of two, so that M times an integer takes no more significand than
/// the integer. 0 when there is none (under rup, rod and sr a positive number need not round to 0).
Weight gap(const Policy& policy);
/// Reason to refuse when there is no gap, "" otherwise.
std::string needs_gap(const Policy& policy);

/// What takes any number up to `bound` below -bound when it is subtracted. In fixed point MAX, which needs
/// saturation, and two subtractions where the number may exceed 0. In floating point the least power of two
/// W >= 2 bound: x - W <= bound - W <= -W/2 for x <= bound, and rounding is monotone, so that the rounded
/// difference is at most -W/2 too. (It stays finite: a position where every key had an infinite score would
/// hold NaN.)
Weight wall(const Policy& policy, const Weight& bound);
/// Reason to refuse: sums that do not saturate (fixed point), or bound + 2 wall is beyond the range.
std::string needs_wall(const Policy& policy, const Weight& bound);

/// x / parts, rounded up to a multiple of the step of the format that sums are rounded to.
Weight part_of(const Weight& x, int parts, const Policy& policy);

/// Reasons to refuse, "" when the policy has what is needed. Each names the remedy.
std::string needs_saturation(const Policy& policy);       ///< overflow `sat`
std::string needs_sequential_sums(const Policy& policy);  ///< order `sequential`, dots not exact
std::string needs_stable_softmax(const Policy& policy);
std::string needs_symmetric_range(const Policy& policy);  ///< the lowest number of the sums is -MAX
std::string needs_fixed_exp(const Policy& policy);        ///< exp is not rounded by chance
/// The weight `value` (called `what`) is a member of the weights' and activations' formats.
std::string needs_weight(const Policy& policy, const Weight& value, const std::string& what);
/// The first reason that is not "".
std::string first_reason(std::initializer_list<std::string> reasons);

}  // namespace roundoff::constructions
