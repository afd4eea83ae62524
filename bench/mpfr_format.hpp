// One format in MPFR, as its manual says to do it: precision p, the exponent range that makes the format's
// numbers exactly MPFR's, and mpfr_subnormalize after every operation. Modes that MPFR lacks (rnz, rod) are
// timed as to nearest; `has_mode` tells. Results above the highest number are brought back where the format's
// range is not MPFR's.
#pragma once

#include <vector>

#include <mpfr.h>

#include "bench/names.hpp"
#include "formats/format.hpp"
#include "formats/functions/mpfr.hpp"

namespace roundoff::bench {

class MpfrFormat {
 public:
  explicit MpfrFormat(const Format& format)
      : highest_(format.precision), emin_(mpfr_get_emin()), emax_(mpfr_get_emax()), format_(format) {
    const Big exact = Big::of(format.highest);  // named: mpfr_set is a macro that keeps a pointer
    mpfr_set(highest_, exact, MPFR_RNDN);
    mpfr_set_emin(format.quantum + 1);
    mpfr_set_emax(leading_exponent(format.highest) + 1);
    // MPFR's own largest number is all ones with this exponent.
    const bool all_ones = format.highest.significand == (u128{1} << format.precision) - 1;
    clamps_ = format.overflow != Overflow::inf || !all_ones;
    switch (format.rounding) {
      case Rounding::rtz:
        mode_ = MPFR_RNDZ;
        break;
      case Rounding::rup:
        mode_ = MPFR_RNDU;
        break;
      case Rounding::rdn:
        mode_ = MPFR_RNDD;
        break;
      default:
        break;
    }
  }
  ~MpfrFormat() {
    mpfr_set_emin(emin_);
    mpfr_set_emax(emax_);
  }
  MpfrFormat(const MpfrFormat&) = delete;
  MpfrFormat& operator=(const MpfrFormat&) = delete;

  /// MPFR rounds as the format does.
  bool has_mode() const { return mode_ != MPFR_RNDN || format_.rounding == Rounding::rne; }

  /// out = call(..., mode), rounded to the format.
  template <class Call, class... Operands>
  void operator()(Call call, mpfr_ptr out, Operands... operands) const {
    const int ternary = call(out, operands..., mode_);
    mpfr_subnormalize(out, ternary, mode_);
    if (clamps_ && mpfr_cmpabs(out, highest_) > 0 && mpfr_nan_p(out) == 0) {
      mpfr_setsign(out, highest_, mpfr_signbit(out), MPFR_RNDN);
    }
  }

 private:
  Big highest_;
  mpfr_exp_t emin_, emax_;
  Format format_;
  mpfr_rnd_t mode_ = MPFR_RNDN;
  bool clamps_ = false;
};

/// Numbers of one precision.
class MpfrArray {
 public:
  MpfrArray(std::size_t count, int precision) : numbers_(count) {
    for (auto& number : numbers_) mpfr_init2(&number, precision);
  }
  ~MpfrArray() {
    for (auto& number : numbers_) mpfr_clear(&number);
  }
  MpfrArray(const MpfrArray&) = delete;
  MpfrArray& operator=(const MpfrArray&) = delete;
  mpfr_ptr operator[](std::size_t i) { return &numbers_[i]; }

 private:
  std::vector<__mpfr_struct> numbers_;
};

}  // namespace roundoff::bench
