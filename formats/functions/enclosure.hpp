// Real arithmetic with a guaranteed error: an enclosure is an interval that holds the exact real result, its
// ends rounded outwards at a chosen number of bits. What a computation would give without any rounding is
// asked here; more bits make the interval thinner.
//
// Invariant: low <= x <= high for the real x that the enclosure stands for. Where a value is not a number
// (inf - inf, the root of a negative number, 1/0) `indefinite()` holds, and it spreads.
#pragma once

#include <memory>
#include <string>

#include "formats/rounding/arithmetic.hpp"

namespace roundoff::formats {

class Enclosure {
 public:
  /// Exactly this value (NaN is indefinite), its successors computed at `bits` bits.
  Enclosure(const Value& value, int bits);
  Enclosure(const Enclosure& other);
  Enclosure(Enclosure&&) noexcept;
  Enclosure& operator=(Enclosure other) noexcept;
  ~Enclosure();
  static Enclosure pi(int bits);

  bool indefinite() const;
  /// Certainly the number 0.
  bool is_zero() const;
  /// The least and the largest value that it can be, rounded outwards to 113 bits.
  Value low() const;
  Value high() const;
  /// Its middle in decimal, "0.3333333333333333" or, where one number is meant, "0.375".
  std::string decimal() const;

  friend Enclosure operator+(const Enclosure& a, const Enclosure& b);
  friend Enclosure operator-(const Enclosure& a, const Enclosure& b);
  friend Enclosure operator*(const Enclosure& a, const Enclosure& b);
  friend Enclosure operator/(const Enclosure& a, const Enclosure& b);
  friend Enclosure maximum(const Enclosure& a, const Enclosure& b);
  friend Enclosure apply(Function function, const Enclosure& x);
  /// Certainly a < b, a <= b.
  friend bool certainly_less(const Enclosure& a, const Enclosure& b);
  friend bool certainly_at_most(const Enclosure& a, const Enclosure& b);

 private:
  struct Ends;
  explicit Enclosure(std::unique_ptr<Ends> ends);
  std::unique_ptr<Ends> ends_;
};

}  // namespace roundoff::formats
