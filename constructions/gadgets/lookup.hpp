// Gadgets of logarithmic precision that compute with attention: integer division, and the digit an output
// position writes. They are shared by IterADD and MUL.
#pragma once

#include <cstdint>
#include <string>

#include "constructions/gadgets/gadgets.hpp"
#include "constructions/stream/builder.hpp"

namespace roundoff::constructions {

/// Exact match with padding: the score of `match`, but a key with `real` = 0 and a zero point has score 0 for
/// every query. So a query's matches and the padding share the weight. 2D + 2 dimensions, exact for MAX >= M
/// max(|q|^2, |k|^2).
void match_padded(HeadBuilder& head, const Point& query, const Point& key, Register real, Register one,
                  const Weight& m);

/// Positions 0 .. count-1 hold the numbers 0 .. count-1, so that attention can look a quotient up among them.
class Ruler {
 public:
  /// Dividends are below count * `divisor`, the greatest divisor.
  Ruler(ModelBuilder& model, Register one, int count, int positions, std::int64_t divisor,
        const Policy& policy);

  /// The head attends to h = floor(dividend / divisor), for integers 0 <= dividend < count * divisor, divisor
  /// >= 1 (forms of the querying position).
  ///
  /// In fixed point the score is min(0, A (dividend - divisor h)) + M h with A >= 2M:
  /// greatest at the quotient q, since for h <= q the first part is 0, and for h > q it is at most -A (1 +
  /// divisor (h-q-1)) <= -2M (h-q).
  ///
  /// A (dividend - divisor h) is summed in `slices` equal slices a = A / slices, each + a dividend, - a
  /// divisor h. A partial sum that leaves the range does no harm: with x = dividend - divisor h, before slice
  /// r it is s = max(-MAX, r a x) when x < 0, and s + a dividend <= a dividend cannot saturate above; when x
  /// >= 0 it is at least 0, or has been cut to MAX - a divisor h >= 0. So MAX >= a * max(dividend, divisor h)
  /// and MAX >= M count are enough, and min(0, .) is +MAX, -MAX. Needs saturation and sequential sums.
  ///
  /// In floating point the score is M (2 dividend h - divisor h^2 - (divisor-1) h), a parabola whose steps
  /// from h-1 to h are M (2 (dividend - divisor h) + 1): at least M up to the quotient, at most -M beyond.
  /// The terms are dividend h, -divisor h^2 and (dividend - divisor + 1) h, so that all partial sums, in any
  /// order, are integers times M of at most count^2 divisor.
  void divide(HeadBuilder& head, const Form& dividend, const Form& divisor, int slices) const;
  /// What to copy: the quotient.
  Register number() const { return number_; }

  /// Reasons to refuse; "" when the policy will do.
  static std::string refuses(int count, std::int64_t divisor, const Policy& policy);

 private:
  Register one_, number_, square_, beyond_;
  Policy policy_;
  Weight gap_, wall_;
};

/// Logits of base p^c digits for an integer y in 0 .. base-1: that of digit d is -(y-d)^2 + const, as 2 d'y'
/// - d'^2 with both centred (halved where the format holds 1/2, so that the magnitudes stay below base^2/4),
/// and the gaps are at least 1/2. At positions with end = 1 every digit is pressed down by a wall and <eos>
/// has 1; elsewhere it has -1, below the best digit's 0 or more. `end` must follow y in the stream, and `one`
/// precede it: a guard comes last, a centring first.
void digit_logits(ModelBuilder& model, const Task& task, Register one, Register y, Register end,
                  const Policy& policy);

}  // namespace roundoff::constructions
