// Canonical dyadic numbers. Nothing here rounds, but for to_double, which is for display only.
#include "formats/value.hpp"

#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

namespace roundoff::formats {
namespace {

int trailing_zeros(u128 x) {
  const auto low = static_cast<std::uint64_t>(x);
  return low != 0 ? std::countr_zero(low) : 64 + std::countr_zero(static_cast<std::uint64_t>(x >> 64));
}

std::uint64_t mix(std::uint64_t h) {  // the finaliser of splitmix64
  h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9U;
  h = (h ^ (h >> 27)) * 0x94d049bb133111ebU;
  return h ^ (h >> 31);
}

}  // namespace

Value Value::scaled(bool negative, u128 significand, std::int64_t exponent) {
  if (significand == 0) return zero(negative);
  const int zeros = trailing_zeros(significand);
  significand >>= zeros;
  exponent += zeros;
  assert(bit_width(significand) <= 120);
  assert(exponent >= std::numeric_limits<std::int32_t>::min() &&
         exponent <= std::numeric_limits<std::int32_t>::max());
  return {significand, static_cast<std::int32_t>(exponent), Kind::finite, negative};
}

Value Value::integer(std::int64_t integer) {
  const bool negative = integer < 0;
  const auto bits = static_cast<std::uint64_t>(integer);
  return scaled(negative, negative ? 0 - bits : bits, 0);
}

Value Value::of(double number) {
  const auto bits = std::bit_cast<std::uint64_t>(number);
  const bool negative = (bits >> 63) != 0;
  const int field = static_cast<int>(bits >> 52) & 0x7ff;
  const std::uint64_t trailing = bits & ((std::uint64_t{1} << 52) - 1);
  if (field == 0x7ff) return trailing != 0 ? nan() : infinity(negative);
  if (field == 0) return scaled(negative, trailing, -1074);
  return scaled(negative, trailing | (std::uint64_t{1} << 52), field - 1075);
}

Value negated(const Value& value) {
  Value result = value;
  if (value.kind != Kind::nan) result.negative = !value.negative;
  return result;
}

int leading_exponent(const Value& value) {
  assert(value.kind == Kind::finite);
  return value.exponent + bit_width(value.significand) - 1;
}

namespace {

/// Whether value * 2^16 is an integer below 2^63 in magnitude.
bool is_small(const Value& value) {
  return value.kind <= Kind::finite && value.significand < (u128{1} << 31) && value.exponent >= -16 &&
         value.exponent < 16;
}
std::int64_t scaled_up(const Value& value) {
  const auto magnitude =
      static_cast<std::int64_t>(static_cast<std::uint64_t>(value.significand) << (value.exponent + 16));
  return value.negative ? -magnitude : magnitude;
}

}  // namespace

std::partial_ordering compare(const Value& a, const Value& b) {
  if (is_small(a) && is_small(b)) return scaled_up(a) <=> scaled_up(b);
  if (a.is_nan() || b.is_nan()) return std::partial_ordering::unordered;
  auto sign = [](const Value& v) { return v.is_zero() ? 0 : v.negative ? -1 : 1; };
  if (sign(a) != sign(b) || sign(a) == 0) return sign(a) <=> sign(b);
  auto magnitudes = [&]() -> std::strong_ordering {
    if (a.is_infinite() || b.is_infinite()) return a.is_infinite() <=> b.is_infinite();
    const int la = leading_exponent(a), lb = leading_exponent(b);
    if (la != lb) return la <=> lb;
    return a.significand << (128 - bit_width(a.significand)) <=> b.significand
                                                                     << (128 - bit_width(b.significand));
  };
  const std::strong_ordering order = magnitudes();
  return sign(a) > 0 ? order : 0 <=> order;
}

std::size_t hash_value(const Value& value) {
  std::uint64_t h = mix(static_cast<std::uint64_t>(value.significand) + 0x9e3779b97f4a7c15U);
  h = mix(h ^ static_cast<std::uint64_t>(value.significand >> 64));
  h = mix(h ^ static_cast<std::uint32_t>(value.exponent));
  return mix(h ^ (static_cast<std::uint64_t>(value.kind) << 1) ^ static_cast<std::uint64_t>(value.negative));
}

double to_double(const Value& value) {
  const double sign = value.negative ? -1.0 : 1.0;
  switch (value.kind) {
    case Kind::nan:
      return std::numeric_limits<double>::quiet_NaN();
    case Kind::infinity:
      return sign * std::numeric_limits<double>::infinity();
    case Kind::zero:
      return sign * 0.0;
    case Kind::finite:
      break;
  }
  const int leading = leading_exponent(value);
  if (leading > 1023) return sign * std::numeric_limits<double>::infinity();
  if (leading < -1076) return sign * 0.0;
  const int quantum = std::max(-1074, leading - 52);  // of the result
  u128 kept = value.significand;
  if (const int drop = quantum - value.exponent; drop > 0) {  // at most 120 + 2 bits
    const u128 rest = kept & ((u128{1} << drop) - 1), half = u128{1} << (drop - 1);
    kept >>= drop;
    if (rest > half || (rest == half && (kept & 1) != 0)) ++kept;
    return sign * std::ldexp(static_cast<double>(static_cast<std::uint64_t>(kept)), quantum);
  }
  return sign * std::ldexp(static_cast<double>(static_cast<std::uint64_t>(kept)), value.exponent);
}

}  // namespace roundoff::formats
