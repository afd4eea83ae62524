// Quantising weights; see quantise.hpp. (Activations and the cache: sim/blocks/quantiser.cpp, whose scales
// depend on the data.)
#include "sim/model/quantise.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/notation/suggest.hpp"

namespace roundoff::sim {

Quantiser parse_quantiser(std::string_view name) {
  for (const BlockFormat& format : block_formats())
    if (format.name == name) return {&format, format.element(), format.block};
  const std::size_t slash = name.find('/');
  int bits = 0, block = 0;
  const auto whole = [&](std::string_view text, int& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
  };
  if (name.starts_with("int") && slash != std::string_view::npos && whole(name.substr(3, slash - 3), bits) &&
      whole(name.substr(slash + 1), block) && bits >= 2 && bits <= 16 && block >= 1 && block <= 1 << 20)
    return {nullptr, parse_format(fmt::format("fixed({},0)", bits - 1)), block};
  std::vector<std::string_view> known = {"int4/32", "int8/32"};
  for (const BlockFormat& format : block_formats()) known.push_back(format.name);
  throw UsageError(
      fmt::format("unknown quantiser '{}'{}; a block format, or intB/G: B bits, G numbers a scale", name,
                  did_you_mean(name, known)));
}

namespace {

std::vector<Value> by_integers(std::span<const Value> numbers, const Quantiser& quantiser,
                               const Format& weights) {
  std::vector<Value> result;
  const auto size = static_cast<std::size_t>(quantiser.block);
  for (std::size_t start = 0; start < numbers.size(); start += size) {
    const auto block = numbers.subspan(start, std::min(size, numbers.size() - start));
    Value largest = Value::zero();
    for (Value number : block) {
      number.negative = false;
      largest = maximum(largest, number);
    }
    const Value scale = div(largest, quantiser.element.highest, weights).value;
    for (const Value& number : block)
      result.push_back(scale.is_zero() || !scale.is_finite()
                           ? Value::zero()
                           : mul(div(number, scale, quantiser.element).value, scale, weights).value);
  }
  return result;
}

}  // namespace

Matrix quantised(const Matrix& matrix, const Quantiser& quantiser, const Format& weights) {
  Matrix result(matrix.rows(), matrix.columns());
  for (int r = 0; r < matrix.rows(); ++r) {
    std::vector<Value> row(static_cast<std::size_t>(matrix.columns()));
    for (const auto& entry : matrix.row(r)) row[entry.column] = entry.value;
    const std::vector<Value> made =
        quantiser.block_format != nullptr
            ? values(quantise(row, *quantiser.block_format), *quantiser.block_format)
            : by_integers(row, quantiser, weights);
    for (int c = 0; c < matrix.columns(); ++c)
      result.set(r, c, round(made[static_cast<std::size_t>(c)], weights).value);
  }
  return result;
}

}  // namespace roundoff::sim
