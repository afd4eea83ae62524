// Weights and linear forms over registers: what one row of a weight matrix says.
//
// A form is written `-max * flag + 2 * carry + 1`; the number alone is the bias. Its terms are laid by
// register, so that the order in which they are *summed* is the order of the registers in the stream,
// whatever the order they are written in, and the bias comes last (semantics.md, section 3).
#pragma once

#include <vector>

#include "constructions/names.hpp"
#include "constructions/stream/stream.hpp"
#include "formats/value.hpp"

namespace roundoff::constructions {

/// An exact dyadic number.
struct Weight {
  Value value;
  Weight(int integer) : value(Value::integer(integer)) {}  // NOLINT: integers are weights
  Weight(const Value& exact) : value(exact) {}             // NOLINT: values are weights

  friend bool operator==(const Weight&, const Weight&) = default;
};
Weight operator-(const Weight& a);
/// Exact; std::overflow_error beyond 120 significant bits.
Weight operator+(const Weight& a, const Weight& b);
Weight operator-(const Weight& a, const Weight& b);
Weight operator*(const Weight& a, const Weight& b);
/// 2^exponent.
Weight power_of_two(int exponent);
/// a < b as numbers.
bool less(const Weight& a, const Weight& b);

class Form {
 public:
  struct Term {
    Register reg;
    Value weight;
  };

  Form() = default;
  Form(Register reg) : terms_{{reg, Value::integer(1)}} {}  // NOLINT: a register is a form

  const std::vector<Term>& terms() const { return terms_; }
  const Value& bias() const { return bias_; }

  Form& operator+=(const Form& other);
  Form& operator+=(const Weight& bias);
  Form& operator*=(const Weight& factor);

 private:
  std::vector<Term> terms_;
  Value bias_;
};
Form operator*(const Weight& factor, Form form);
Form operator*(const Weight& factor, Register reg);
Form operator+(Form a, const Form& b);
Form operator-(Form a, const Form& b);
Form operator+(Form a, const Weight& bias);
Form operator-(Form a, const Weight& bias);
Form operator-(Form a);
/// A form of no register: the bias alone.
Form constant(const Weight& bias);
/// The sum of registers.
Form sum(const std::vector<Register>& registers);

}  // namespace roundoff::constructions
