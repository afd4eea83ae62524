// See repeat.hpp.
#include "sim/model/repeat.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/notation/expression.hpp"
#include "formats/notation/text.hpp"
#include "formats/rounding/arithmetic.hpp"
#include "sim/model/sinusoids.hpp"

namespace roundoff::sim {

namespace {

/// The rates for sequences of N positions.
void stretch(Rotary& rotary, int positions) {
  const Format wide = parse_format("binary64");
  const Rotary::Dynamic& dynamic = *rotary.dynamic;
  const auto pairs = rotary.pairs();
  const Value parts = formats::div(Value::integer(positions), Value::integer(dynamic.positions), wide).value;
  const Value less = formats::sub(dynamic.factor, Value::integer(1), wide).value;
  const Value grown = formats::sub(formats::mul(dynamic.factor, parts, wide).value, less, wide).value;
  // grown ^ (pairs / (pairs - 1)), as the inverse of a negative power
  const Value power =
      formats::div(Value::integer(1), geometric(grown, pairs, pairs - 1), wide).value;
  const Value base = formats::mul(dynamic.base, power, wide).value;
  for (int t = 0; t < pairs; ++t) rotary.rate[static_cast<std::size_t>(t)] = geometric(base, t, pairs);
  rotary.dynamic.reset();
}

}  // namespace

bool stretches(const Model& model, int positions) {
  return std::any_of(model.layers.begin(), model.layers.end(), [&](const Layer& layer) {
    return layer.attention && layer.attention->rotary && layer.attention->rotary->dynamic &&
           positions > layer.attention->rotary->dynamic->positions;
  });
}

Model unrolled(const Model& repeated, const Bindings& size) {
  Model model = repeated;
  if (size.N && stretches(model, static_cast<int>(*size.N)))
    for (Layer& layer : model.layers)
      if (layer.attention && layer.attention->rotary && layer.attention->rotary->dynamic)
        stretch(*layer.attention->rotary, static_cast<int>(*size.N));
  if (model.repeated.empty()) return model;
  Model result = model;
  result.repeated.clear();
  result.layers.clear();
  std::size_t next = 0;
  for (const Repetition& part : model.repeated) {
    for (; next < part.first; ++next) result.layers.push_back(model.layers[next]);
    Cursor in(part.times);
    const formats::Expression times = formats::parse_expression(in);
    if (!in.done()) in.fail(in.at(), "an expression ends here");
    const std::int64_t count = formats::evaluate_up(times, size, in);
    if (count < 1 || count > 4096)
      throw UsageError(
          fmt::format("layers are repeated {} times ('{}'); 1 to 4096 can be", count, part.times));
    result.grows = result.grows || formats::uses_variables(times);
    for (std::int64_t turn = 0; turn < count; ++turn)
      for (std::size_t l = 0; l < part.count; ++l) {
        result.layers.push_back(model.layers[part.first + l]);
        result.layers.back().again = turn > 0;
      }
    next = part.first + part.count;
  }
  for (; next < model.layers.size(); ++next) result.layers.push_back(model.layers[next]);
  validate(result);
  return result;
}

}  // namespace roundoff::sim
