// Sums and dot products of arrays of lanes, in every order and mode of semantics.md, section 3. All lanes have the
// same number of terms.
#pragma once

#include "sim/tensors/numbers.hpp"

namespace roundoff::sim {

/// Terms x_j, or x_j * y_j, or x_j * w_j where w_j are single elements.
struct Terms {
  const Number* x_number = nullptr;
  const void* const* x = nullptr;  ///< [count] arrays of lanes
  const Number* y_number = nullptr;
  const void* const* y = nullptr;  ///< [count] arrays of lanes; or
  const void* weights = nullptr;   ///< [count] elements of y_number
  std::size_t count = 0, lanes = 0;
  bool is_sum() const { return y == nullptr && weights == nullptr; }
};

/// Draws are counted by term at the place of a lane.
using PlaceOf = std::function<std::uint64_t(std::size_t lane)>;

/// What one thread needs, kept between calls.
struct ReduceRoom {
  std::vector<Array> levels;
  Array product, doubles, other, factors;
  std::vector<Value> left, right;
};

/// Rounds products and partial sums to `result`, whose elements `out` receives.
class Reducer {
 public:
  Reducer(const Number& result, const Reduction& reduction, const Number* wide);

  /// Whether the kernels' own loops do this: terms must then be elements of `result`.
  bool by_kernels(const Number& x, const Number& y) const;
  void operator()(const Terms& terms, void* out, std::uint8_t* trapped, ReduceRoom& room,
                  const PlaceOf& place = {}) const;
  const Number& result() const { return *result_; }

 private:
  class Pass;
  void by_definition(const Terms& terms, void* out, std::uint8_t* trapped, ReduceRoom& room,
                     const PlaceOf& place) const;

  const Number* result_;
  Reduction reduction_;
  const Number* wide_;  ///< of wide(G)
};

}  // namespace roundoff::sim
