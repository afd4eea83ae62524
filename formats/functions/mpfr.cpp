#include "formats/functions/mpfr.hpp"

#include <vector>

namespace roundoff::formats {
namespace {

struct FreeCaches {
  ~FreeCaches() { mpfr_free_cache(); }
};

}  // namespace

MpfrRange::MpfrRange() : emin_(mpfr_get_emin()), emax_(mpfr_get_emax()) {
  thread_local const FreeCaches free_at_thread_end;
  static_cast<void>(free_at_thread_end);
  mpfr_set_emin(mpfr_get_emin_min());
  mpfr_set_emax(mpfr_get_emax_max());
}

MpfrRange::~MpfrRange() {
  mpfr_set_emin(emin_);
  mpfr_set_emax(emax_);
}

Big Big::of(const Value& value) {
  Big big(128), low(64);
  mpfr_set_uj_2exp(big, static_cast<std::uint64_t>(value.significand >> 64), 64, MPFR_RNDN);
  mpfr_set_uj(low, static_cast<std::uint64_t>(value.significand), MPFR_RNDN);
  mpfr_add(big, big, low, MPFR_RNDN);
  mpfr_mul_2si(big, big, value.exponent, MPFR_RNDN);
  if (value.negative) mpfr_neg(big, big, MPFR_RNDN);
  return big;
}

Exact to_exact(mpfr_srcptr number) {
  mpz_t z;
  mpz_init(z);
  Exact exact;
  exact.exponent = mpfr_get_z_2exp(z, number);
  exact.negative = mpz_sgn(z) < 0;
  std::vector<std::uint64_t> words((mpz_sizeinbase(z, 2) + 63) / 64);
  std::size_t count = 0;
  mpz_export(words.data(), &count, -1, sizeof(std::uint64_t), 0, 0, z);
  mpz_clear(z);
  import_bits(exact.significand, words.begin(), words.begin() + static_cast<std::ptrdiff_t>(count), 64,
              false);
  return exact;
}

}  // namespace roundoff::formats
