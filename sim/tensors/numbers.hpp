// Arrays of numbers of a format, and rounded operations between arrays of different formats.
//
// A Number says how members of a format are kept: in the container of the format's lane kernels, or, for formats
// without kernels (wider than 64 bits, stochastic rounding), as Values. An operation rounds to the format of its
// result. In this order:
//   kernels      where every operand is a member of the result's format: exact by what the kernels state
//   doubles      where operands are doubles exactly and the result has at most 51 bits: the operation in double,
//                taken to odd by its exact error (float_facts.hpp: any rounding of at most 51 bits after that is
//                the rounding of the exact result); what is zero, infinite, NaN or near the ends of double's range
//                goes on to
//   definition   formats/rounding/arithmetic.hpp, element by element
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "formats/lanes/lanes.hpp"
#include "sim/names.hpp"
#include "sim/program/program.hpp"

namespace roundoff::sim {

class Number {
 public:
  Number(const Format& format, Isa isa);

  const Format& format() const { return format_; }
  /// Null: elements are Values, and operations go by definition.
  const LaneKernels* kernels() const { return kernels_.get(); }
  /// Bytes of an element.
  std::size_t size() const { return size_; }
  /// Every member is a double.
  bool in_doubles() const { return kernels_ != nullptr && kernels_->container() != Container::i64; }
  /// Whether a rounded operation with these members can throw Trap.
  bool may_trap() const { return format_.overflow == Overflow::trap || !format_.has_nan; }
  bool draws() const { return format_.is_stochastic(); }

  Value load(const void* element) const;
  void store(const Value& value, void* element) const;

  /// Elements of the container to and from doubles; only where in_doubles(). `from_doubles` takes members.
  void to_doubles(const void* elements, double* out, std::size_t count) const;
  void from_doubles(const double* numbers, void* elements, std::size_t count) const;

 private:
  Format format_;
  std::unique_ptr<LaneKernels> kernels_;
  std::size_t size_ = sizeof(Value);
};

/// Whether every member of `inner` is a member of `outer`.
bool contains(const Number& outer, const Number& inner);
/// Whether elements of one can be read as elements of the other.
bool same_elements(const Number& a, const Number& b);

/// An array on a cache line's boundary with room for whole vectors behind its end.
class Array {
 public:
  Array() = default;
  explicit Array(std::size_t bytes);
  std::byte* data() { return data_.get(); }
  const std::byte* data() const { return data_.get(); }
  std::size_t size() const { return bytes_; }
  /// At least this large; what it held is gone.
  std::byte* room(std::size_t bytes);

 private:
  struct Free {
    void operator()(std::byte* data) const;
  };
  std::unique_ptr<std::byte, Free> data_;
  std::size_t bytes_ = 0;
};

struct Operand {
  const Number* number = nullptr;
  const void* data = nullptr;
  const void* at(std::size_t element) const {
    return static_cast<const std::byte*>(data) + element * number->size();
  }
};

/// Where an element's operation stands, for stochastic rounding.
using DrawAt = std::function<Draw(std::size_t element)>;

/// out = a op b (add, sub, mul, div), rounded to `result`; trapped[i] is set where the definition throws Trap.
void binary(Op op, Operand a, Operand b, const Number& result, void* out, std::size_t count,
            std::uint8_t* trapped, const DrawAt& draw = {});
void unary(Function function, Operand x, const Number& result, void* out, std::size_t count,
           std::uint8_t* trapped, const DrawAt& draw = {});
/// Into another format.
void round(Operand x, const Number& result, void* out, std::size_t count, std::uint8_t* trapped,
           const DrawAt& draw = {});
/// Members of `to` as its elements: no rounding.
void convert(Operand x, const Number& to, void* out, std::size_t count);

/// One operation by definition. Throws Trap.
Rounded by_definition(Op op, const Value& a, const Value& b, const Format& format, Draw draw);

}  // namespace roundoff::sim
