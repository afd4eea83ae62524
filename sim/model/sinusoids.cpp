#include "sim/model/sinusoids.hpp"

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/functions/rotary_angles.hpp"
#include "formats/rounding/arithmetic.hpp"

namespace roundoff::sim {

Value geometric(const Value& base, int numerator, int denominator) {
  static const Format wide = parse_format("binary128"), narrow = parse_format("binary64");
  const Value fraction = div(Value::integer(-numerator), Value::integer(denominator), wide).value;
  const Value power = mul(fraction, apply(Function::log, base, wide).value, wide).value;
  return round(apply(Function::exp, power, wide).value, narrow).value;
}

Matrix sinusoids(const Sinusoids& table) {
  if (!table.base.is_finite() || compare(table.base, Value::zero()) <= 0)
    throw UsageError("sinusoidal positions need a base above 0");
  if (std::int64_t{table.positions} * table.width > 1 << 24)
    throw UsageError(fmt::format("sinusoidal positions: a table of {} x {} has more than 2^24 entries",
                                 table.positions, table.width));
  static const Format narrow = parse_format("binary64");
  Matrix matrix(table.positions, table.width);
  const int waves = (table.width + 1) / 2;
  for (int i = 0; i < waves; ++i) {
    const Value frequency = geometric(table.base, 2 * i, table.width);
    for (int p = 0; p < table.positions; ++p) {
      const Angle angle{scaled_sum(p, frequency, Value::zero()), Value::zero()};
      const int sines = table.interleaved ? 2 * i : i, cosines = table.interleaved ? 2 * i + 1 : i + waves;
      matrix.set(p, sines, sine(angle, narrow).value);
      if (cosines < table.width) matrix.set(p, cosines, cosine(angle, narrow).value);
    }
  }
  return matrix;
}

}  // namespace roundoff::sim
