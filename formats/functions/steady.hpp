// Elementary functions of doubles from + - * / in a fixed order, so that no libm decides a digit: for bounds,
// laws and statistics, never for a result bit.
#pragma once

namespace roundoff::formats {

/// To within a few units in the last place; log2 of a power of two and exp2 of an integer are exact. x > 0
/// where it is the argument of a logarithm or root.
double steady_log2(double x);
double steady_exp2(double x);
double steady_root(double x, int degree);

}  // namespace roundoff::formats
