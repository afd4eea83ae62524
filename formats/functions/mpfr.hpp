// MPFR made safe: numbers that free themselves, and its global state held still.
//
// MPFR's exponent range is (thread-local) global state; MpfrRange widens it to the most there is and puts it
// back. Its caches (pi, log 2) are freed when a thread ends. Every entry into MPFR from this floor holds a
// MpfrRange.
#pragma once

#include <cstdint>

#include <mpfr.h>

#include "formats/rounding/exact.hpp"

namespace roundoff::formats {

class MpfrRange {
 public:
  MpfrRange();
  ~MpfrRange();
  MpfrRange(const MpfrRange&) = delete;
  MpfrRange& operator=(const MpfrRange&) = delete;

 private:
  mpfr_exp_t emin_, emax_;
};

class Big {
 public:
  explicit Big(mpfr_prec_t precision) { mpfr_init2(number_, precision); }
  Big(const Big& other) : Big(mpfr_get_prec(other.number_)) { mpfr_set(number_, other.number_, MPFR_RNDN); }
  Big& operator=(const Big& other) {
    mpfr_set_prec(number_, mpfr_get_prec(other.number_));
    mpfr_set(number_, other.number_, MPFR_RNDN);
    return *this;
  }
  ~Big() { mpfr_clear(number_); }
  operator mpfr_ptr() { return number_; }           // NOLINT: stands wherever MPFR wants a number
  operator mpfr_srcptr() const { return number_; }  // NOLINT

  /// Exactly, at 128 bits.
  static Big of(const Value& value);

 private:
  mpfr_t number_;
};

/// The significand and exponent of a finite non-zero number, exactly.
Exact to_exact(mpfr_srcptr number);

/// An enclosure: the real lies in [low, high].
struct Interval {
  Big low, high;
  explicit Interval(mpfr_prec_t precision) : low(precision), high(precision) {}
};

}  // namespace roundoff::formats
