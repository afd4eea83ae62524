// Quantising weights; see quantise.hpp. (Activations and the cache: sim/blocks/quantiser.cpp, whose scales
// depend on the data.)
#include "sim/model/quantise.hpp"

#include <span>

#include "formats/error.hpp"

namespace roundoff::sim {

formats::QuantiseOptions shared_by_rows(const Matrix& matrix, const Quantiser& quantiser,
                                        const Format& weights) {
  formats::QuantiseOptions options;
  options.own = weights;
  if (quantiser.rule != BlockRule::two_levels) return options;
  Value largest;
  for (int r = 0; r < matrix.rows(); ++r)
    for (const auto& entry : matrix.row(r)) {
      const Value magnitude = entry.value.negative ? negated(entry.value) : entry.value;
      if (compare(magnitude, largest) > 0) largest = magnitude;
    }
  if (const Value scale = *quantise(std::span(&largest, 1), quantiser, options).tensor_scale;
      !scale.is_zero())
    options.tensor_scale = scale;
  return options;
}

Vector quantised_row(const Matrix& matrix, int r, const Quantiser& quantiser, const Format& weights,
                     const formats::QuantiseOptions& shared) {
  Vector numbers(static_cast<std::size_t>(matrix.columns()));
  for (const auto& entry : matrix.row(r)) numbers[entry.column] = entry.value;
  Vector made = quantise(numbers, quantiser, shared).values();
  for (Value& value : made) value = round(value, weights).value;
  return made;
}

Matrix quantised(const Matrix& matrix, const Quantiser& quantiser, const Format& weights) {
  Matrix result(matrix.rows(), matrix.columns());
  const formats::QuantiseOptions shared = shared_by_rows(matrix, quantiser, weights);
  for (int r = 0; r < matrix.rows(); ++r) {
    const Vector row = quantised_row(matrix, r, quantiser, weights, shared);
    for (int c = 0; c < matrix.columns(); ++c) result.set(r, c, row[static_cast<std::size_t>(c)]);
  }
  return result;
}

}  // namespace roundoff::sim
