// Exact arithmetic on weights, and forms; see form.hpp.
#include "constructions/stream/form.hpp"

#include <bit>
#include <stdexcept>

namespace roundoff::constructions {

namespace {

int bit_length(u128 x) {
  const auto high = static_cast<std::uint64_t>(x >> 64), low = static_cast<std::uint64_t>(x);
  return high != 0 ? 128 - std::countl_zero(high) : 64 - std::countl_zero(low);
}

void require_bits(int bits) {
  if (bits > 120) throw std::overflow_error("a weight needs more than 120 significant bits");
}

}  // namespace

Weight operator-(const Weight& a) { return a.value.is_zero() ? a : Weight(negated(a.value)); }

Weight operator+(const Weight& a, const Weight& b) {
  if (a.value.is_zero()) return b;
  if (b.value.is_zero()) return a;
  const std::int32_t exponent = std::min(a.value.exponent, b.value.exponent);
  const auto aligned = [exponent](const Value& v) {
    const int shift = v.exponent - exponent;
    require_bits(bit_length(v.significand) + shift);
    const auto magnitude = static_cast<i128>(v.significand << shift);
    return v.negative ? -magnitude : magnitude;
  };
  const i128 total = aligned(a.value) + aligned(b.value);
  const bool negative = total < 0;
  return Value::scaled(negative, static_cast<u128>(negative ? -total : total), exponent);
}

Weight operator-(const Weight& a, const Weight& b) { return a + -b; }

Weight operator*(const Weight& a, const Weight& b) {
  if (a.value.is_zero() || b.value.is_zero()) return 0;
  require_bits(bit_length(a.value.significand) + bit_length(b.value.significand));
  return Value::scaled(a.value.negative != b.value.negative, a.value.significand * b.value.significand,
                       std::int64_t{a.value.exponent} + b.value.exponent);
}

Weight power_of_two(int exponent) { return Value::scaled(false, 1, exponent); }

bool less(const Weight& a, const Weight& b) {
  return compare(a.value, b.value) == std::partial_ordering::less;
}

Form& Form::operator+=(const Form& other) {
  for (const Term& term : other.terms_) {
    for (const Term& own : terms_) {
      if (own.reg.dimension == term.reg.dimension) {
        throw std::logic_error("a form names a register twice: a matrix has one entry for it");
      }
    }
    terms_.push_back(term);
  }
  return *this += Weight(other.bias_);
}

Form& Form::operator+=(const Weight& bias) {
  bias_ = (Weight(bias_) + bias).value;
  return *this;
}

Form& Form::operator*=(const Weight& factor) {
  for (Term& term : terms_) term.weight = (Weight(term.weight) * factor).value;
  bias_ = (Weight(bias_) * factor).value;
  return *this;
}

Form operator*(const Weight& factor, Form form) { return form *= factor; }
Form operator*(const Weight& factor, Register reg) { return factor * Form(reg); }
Form operator+(Form a, const Form& b) { return a += b; }
Form operator-(Form a, const Form& b) { return a += Weight(-1) * b; }
Form operator+(Form a, const Weight& bias) { return a += bias; }
Form operator-(Form a, const Weight& bias) { return a += -bias; }
Form operator-(Form a) { return a *= Weight(-1); }

Form constant(const Weight& bias) { return Form() + bias; }

Form sum(const std::vector<Register>& registers) {
  Form form;
  for (const Register reg : registers) form += Form(reg);
  return form;
}

}  // namespace roundoff::constructions
