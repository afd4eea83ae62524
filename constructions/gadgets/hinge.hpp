// The hinge: of the keys that are not shut out, a query with number x finds the one with the greatest number
// y <= x. "Greatest" is the score M y, and "not above x" is no bilinear form, so that one of two tricks cuts
// the rest off (theory-notes/add-hinge.md).
//
// - In fixed point a cliff, min(0, A (x - y)), by a dot product that saturates.
// - In floating point an exponential kernel, - 2^(L (y - x) - 1) M: a product of two powers of two, one at
//   the key and one at the query, at most M/2 for y <= x and beyond every order for y > x. Nothing needs to
//   saturate, and no order of summation is better than another; an overflow to -inf is as good.
#pragma once

#include <string>

#include "constructions/gadgets/gadgets.hpp"

namespace roundoff::constructions {

class Hinge {
 public:
  /// Numbers lie in least .. greatest. `slices`: see cliff.
  Hinge(ModelBuilder& model, int least, int greatest, int slices, const Policy& policy);

  /// What keys and queries hold besides their numbers (in floating point).
  void place_key(ModelBuilder& model, int position, int y) const;
  void place_query(ModelBuilder& model, int position, int x) const;
  /// Appends to a score; x and y, forms of the query and of the key, are their numbers.
  void score(HeadBuilder& head, const Form& x, const Form& y, Register one) const;

  /// Scores of keys that are not cut off lie within -bound .. bound.
  static Weight bound(int least, int greatest, const Policy& policy);
  static std::string refuses(int least, int greatest, int slices, const Policy& policy);

 private:
  int slices_;
  Weight max_, gap_, slope_;
  int step_;              ///< L
  Register key_, query_;  ///< 2^(L y), and M/2 2^(-L x)
};

}  // namespace roundoff::constructions
