// Exact match of numbers without their squares: a tent, -M |q - k|, made by a sum that is cut at the top.
//
// min(X, X + 2(q-k)) - X = min(0, 2(q-k)), and k - q on top of it gives -|q - k|. So one head compares two
// numbers in logarithmic precision with names as large as the format (a paraboloid, gadgets.hpp, needs their
// squares), and no register holds a square. Numbers of this gadget are *names*: at most 0.
#pragma once

#include "constructions/gadgets/gadgets.hpp"

namespace roundoff::constructions {

/// -M |q - k| - M guard for names -MAX <= M q, M k <= 0 and guard >= 0 (or cut at the bottom, where the score is
/// at most -M too), as the terms MAX + Mq, Mq, -Mk, -Mk, Mk - M guard, -Mq - MAX. Six dimensions.
/// *Proof.* After the second term the sum is X + 2Mq >= -X, X = MAX. A cut at the top at the third (2Mq > Mk)
/// would happen at the fourth as well, since -Mk >= 0: s = min(X, X + 2M(q-k)), which is at least -X. Then
/// s + Mk >= -X, and - Mq - X ends the tent at min(0, 2M(q-k)) + M(k-q). A guard that cuts the fifth sum at
/// -X leaves at most -X - Mq - X, cut at -X again. Any other key number has a score of at most -M guard, or of
/// at most 2M|q| - X: a garbage key with a guard, or beyond all names, is no match.
void tent(HeadBuilder& head, const Form& query, const Form& key, const Form& guard, const Weight& m,
          const Weight& max);

/// The same in four terms, MAX + 2Mq, -2Mk, Mk - M guard, -Mq - MAX, for names of at least -MAX/(2M).
void steep_tent(HeadBuilder& head, const Form& query, const Form& key, const Form& guard, const Weight& m,
                const Weight& max);

/// What a tent needs of a policy: saturating sequential sums, stable softmax, fixed point, a gap; "" when there.
std::string needs_tent(const Policy& policy);

}  // namespace roundoff::constructions
