#include "tests/formats/lanes_cases.hpp"

#include <algorithm>

#include "formats/error.hpp"
#include "formats/random.hpp"
#include "formats/rounding/arithmetic.hpp"
#include "formats/rounding/exact.hpp"

namespace roundoff::formats::lanes_test {
namespace {

/// A stream of 64-bit numbers.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : seed_(seed) {}
  std::uint64_t bits() { return random_bits(seed_, 0, index_++); }
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(bits() % static_cast<std::uint64_t>(high - low + 1));
  }

 private:
  std::uint64_t seed_, index_ = 0;
};

Format with(Format format, Rounding rounding) {
  format.rounding = rounding;
  format.overflow = Overflow::sat;
  return format;
}

/// The member next to a finite one, away from zero or towards it.
Value neighbour(const Value& value, const Format& format, bool away) {
  if (!value.is_finite() || (value.is_zero() && !away)) return value;
  Exact exact = Exact::of(value.is_zero() ? Value::scaled(false, 1, format.quantum - 1) : value);
  exact.significand <<= 160;
  exact.exponent -= 160;
  if (!away) exact.significand -= 1;
  exact.sticky = true;
  const bool up = exact.negative != away;
  return round(exact, with(format, up ? Rounding::rup : Rounding::rdn)).value;
}

Value nearest(Value value, const Format& format) {
  if (!format.has_zero) {  // e8m0 refuses zero and negative numbers
    value.negative = false;
    if (value.is_zero()) return format.lowest;
  }
  return round(value, with(format, Rounding::rtz)).value;
}

std::vector<Value> borders(const Format& format) {
  std::vector<Value> result;
  const auto put = [&](const Value& value) {
    if (std::find(result.begin(), result.end(), value) == result.end()) result.push_back(value);
  };
  const auto around = [&](const Value& value) {
    for (const Value& v : {value, negated(value)}) {
      const Value member = nearest(v, format);
      put(member);
      put(neighbour(member, format, true));
      put(neighbour(member, format, false));
    }
  };
  if (format.has_zero) around(Value::zero());
  if (format.has_negative_zero) put(Value::zero(true));
  if (format.has_infinity || format.overflow == Overflow::inf) {
    for (const bool negative : {false, true}) {
      if (negative && !format.has_zero) continue;
      const Value edge = round(Value::infinity(negative), format).value;
      put(edge);
    }
  }
  if (format.has_nan) put(Value::nan());
  around(format.highest);
  around(format.lowest);
  around(Value::integer(1));
  around(Value::integer(3));
  for (const int exponent : {-1, 0, 1, format.precision - 1, format.precision, format.precision + 1}) {
    const int e = std::min(format.quantum + exponent, leading_exponent(format.highest));
    if (e >= format.quantum) around(Value::scaled(false, 1, e));
  }
  around(Value::scaled(false, 1, leading_exponent(format.highest)));
  return result;
}

/// A finite member with its leading bit near 2^leading and few or many significant bits.
Value random_member(const Format& format, Draws& draws, std::int64_t leading) {
  leading = std::clamp<std::int64_t>(leading, format.quantum, leading_exponent(format.highest));
  int width = format.precision;
  if (draws.bits() % 4 == 0) width = static_cast<int>(draws.between(1, format.precision));
  u128 significand = (u128{draws.bits()} << 64 | draws.bits()) >> (128 - width);
  if (draws.bits() % 8 == 0) significand = (u128{1} << width) - 1 - (significand & 1);
  significand |= u128{1} << (width - 1);
  return nearest(Value::scaled(draws.bits() % 2 == 0, significand, leading - width + 1), format);
}

/// a + b or a * b aims at `target`.
Value aimed(const Value& a, const Value& target, bool product, const Format& format) {
  Format wide = parse_format("float(18,100)");
  const Value b = product ? div(target, a, wide).value : sub(target, a, wide).value;
  return b.is_finite() ? nearest(b, format) : target;
}

}  // namespace

std::vector<Format> variants(const std::string& notation) {
  std::vector<Format> result;
  for (const char* rounding : {"rne", "rna", "rnz", "rtz", "rup", "rdn", "rod"}) {
    for (const char* overflow : {"sat", "satfinite", "inf", "wrap", "trap"}) {
      try {
        const Format format = parse_format(notation + ":" + rounding + ":" + overflow);
        if (format.overflow == Overflow::satfinite && !format.has_infinity) continue;  // as sat
        result.push_back(format);
      } catch (const UsageError&) {
        // This layout refuses this rule.
      }
    }
  }
  return result;
}

std::vector<Value> all_members(const Format& format, std::size_t limit) {
  std::vector<Value> result;
  if (format.bits > 10) return result;
  for (const bool negative : {false, true}) {
    Value value = format.has_zero ? Value::zero() : Value::scaled(false, 1, format.quantum);
    if (negative && format.lowest.is_zero()) break;
    if (negative)
      value = format.has_negative_zero ? Value::zero(true) : negated(neighbour(Value::zero(), format, true));
    const Value& last = negative ? format.lowest : format.highest;
    for (;;) {
      result.push_back(value);
      if (value == last || result.size() > limit) break;
      value = neighbour(value, format, true);
      if (negative && !value.negative) value = negated(value);
    }
    const bool infinite = format.has_infinity || (format.is_fixed() && format.overflow == Overflow::inf);
    if (infinite) result.push_back(Value::infinity(negative));
  }
  if (format.has_nan) result.push_back(Value::nan());
  if (result.size() > limit) result.clear();
  return result;
}

std::vector<std::pair<Value, Value>> operand_pairs(const Format& format, std::size_t exhaustive,
                                                   std::size_t count, std::uint64_t seed) {
  std::vector<std::pair<Value, Value>> result;
  std::vector<Value> edges = all_members(format, exhaustive);
  const bool complete = !edges.empty();
  if (!complete) edges = borders(format);
  for (const Value& a : edges) {
    for (const Value& b : edges) result.emplace_back(a, b);
  }
  if (complete) return result;
  Draws draws(seed);
  const int low = format.quantum;
  const int high = leading_exponent(format.highest);
  for (std::size_t i = 0; i < count; ++i) {
    const Value a = random_member(format, draws, draws.between(low, high));
    const int leading = a.is_zero() ? low : leading_exponent(a);
    switch (i % 8) {
      case 0:
        result.emplace_back(a, random_member(format, draws, draws.between(low, high)));
        break;
      case 1:
        result.emplace_back(a, random_member(format, draws, draws.between(leading - 2, leading + 2)));
        break;
      case 2: {  // a sum near a tie: b around half a unit in the last place of a
        const Value half =
            nearest(Value::scaled(draws.bits() % 2 == 0, 1, leading - format.precision), format);
        result.emplace_back(a, neighbour(half, format, draws.bits() % 2 == 0));
        result.emplace_back(half, a);
        break;
      }
      case 3:
        result.emplace_back(
            a, random_member(format, draws, draws.between(leading - format.precision - 2, leading)));
        break;
      case 4: {  // around the smallest members
        const Value target = Value::scaled(draws.bits() % 2 == 0, draws.bits() >> 58 | 1, low - 3);
        if (!a.is_zero()) result.emplace_back(a, aimed(a, target, true, format));
        break;
      }
      case 5: {  // around the border of subnormal numbers
        const Value target = random_member(format, draws, low + format.precision - 1 + draws.between(-2, 2));
        if (!a.is_zero()) result.emplace_back(a, aimed(a, target, true, format));
        result.emplace_back(a, aimed(a, target, false, format));
        break;
      }
      case 6: {  // around the largest
        const Value target = i % 16 < 8 ? format.highest : neighbour(format.lowest, format, false);
        if (!a.is_zero()) result.emplace_back(a, aimed(a, target, true, format));
        const Value b = aimed(a, target, false, format);
        result.emplace_back(a, neighbour(b, format, draws.bits() % 2 == 0));
        break;
      }
      default:  // a product with few significant bits: ties
        result.emplace_back(a, Value::scaled(false, 1 + 2 * (draws.bits() >> 62), 0));
        result.back().second = nearest(result.back().second, format);
        break;
    }
  }
  return result;
}

std::vector<std::unique_ptr<LaneKernels>> all_kernels(const Format& format) {
  std::vector<std::unique_ptr<LaneKernels>> result;
  for (const Container container : LaneKernels::containers(format)) {
    for (const Isa isa : {Isa::scalar, Isa::sse4, Isa::avx2, Isa::avx512}) {
      if (supported(isa)) result.push_back(LaneKernels::make(format, container, isa));
    }
  }
  return result;
}

std::string describe(const char* operation, const LaneKernels& kernels) {
  return std::string(operation) + " in " + notation(kernels.format()) + ", " +
         std::string(name(kernels.container())) + " " + std::string(name(kernels.isa()));
}

}  // namespace roundoff::formats::lanes_test
