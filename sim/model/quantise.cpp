// Quantising weights; see quantise.hpp. (Activations and the cache: sim/blocks/quantiser.cpp, whose scales
// depend on the data.)
#include "sim/model/quantise.hpp"

#include <algorithm>

#include "formats/error.hpp"

namespace roundoff::sim {

Matrix quantised(const Matrix& matrix, const Quantiser& quantiser, const Format& weights) {
  Matrix result(matrix.rows(), matrix.columns());
  std::vector<std::vector<Value>> rows;
  std::vector<Value> all;
  for (int r = 0; r < matrix.rows(); ++r) {
    rows.emplace_back(static_cast<std::size_t>(matrix.columns()));
    for (const auto& entry : matrix.row(r)) {
      rows.back()[entry.column] = entry.value;
      all.push_back(entry.value);
    }
  }
  QuantiseOptions options;
  options.own = weights;
  if (quantiser.rule == BlockRule::two_levels)
    if (const Value scale = *quantise(all, quantiser, options).tensor_scale; !scale.is_zero())
      options.tensor_scale = scale;
  for (int r = 0; r < matrix.rows(); ++r) {
    const std::vector<Value> made = quantise(rows[static_cast<std::size_t>(r)], quantiser, options).values();
    for (int c = 0; c < matrix.columns(); ++c)
      result.set(r, c, round(made[static_cast<std::size_t>(c)], weights).value);
  }
  return result;
}

}  // namespace roundoff::sim
