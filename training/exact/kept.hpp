// Arrays of numbers of a role, stochastic rounding included. The members of a format that draws are those of the same
// format to nearest, and are kept as such (sim/tensors/numbers.hpp); only the roundings differ.
//
// A stochastic rounding of an operation on doubles is decided from the double next to the exact result: 64 random bits
// are compared with the fraction that is cut off, of which all but an interval as wide as the double's last place is
// known. Where the random bits fall into that interval, and for whatever is no ordinary number, the definition
// (formats/rounding/arithmetic.hpp) is asked.
#pragma once

#include <cstdint>
#include <memory>

#include "training/names.hpp"

#include "sim/tensors/reduce.hpp"

namespace roundoff::training {

using sim::Number;  // (of the floors below two have one)

/// The place of element i in the counter of its random bits.
using PlaceAt = std::function<std::uint64_t(std::size_t element)>;

class Kept {
 public:
  Kept(const Format& format, Isa isa);
  const Format& format() const { return format_; }
  /// What arrays hold.
  const Number& number() const { return number_; }
  std::size_t size() const { return number_.size(); }
  bool draws() const { return drawn_ != nullptr; }
  /// The format itself, whose elements are Values where it draws.
  const Number& rounding() const { return drawn_ ? *drawn_ : number_; }

 private:
  Format format_;
  Number number_;
  std::unique_ptr<Number> drawn_;
};

/// out = a op b (add, sub, mul, div), rounded; trapped[i] is set where the definition throws Trap.
void binary(Op op, Operand a, Operand b, const Kept& result, void* out, std::size_t count,
            std::uint8_t* trapped, const PlaceAt& place);
void unary(Function function, Operand x, const Kept& result, void* out, std::size_t count,
           std::uint8_t* trapped, const PlaceAt& place);
/// Into another format.
void round(Operand x, const Kept& result, void* out, std::size_t count, std::uint8_t* trapped,
           const PlaceAt& place);

}  // namespace roundoff::training
