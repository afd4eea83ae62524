// Values: the members of every format.
//
// A Value is canonical (odd significand), so two Values are the same number with the same sign of zero
// exactly when their fields are equal: `==` is equality on bits. (For the comparison of numbers, where -0 =
// +0, see `compare`.)
#pragma once

#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace roundoff::formats {

__extension__ typedef unsigned __int128 u128;
__extension__ typedef __int128 i128;

/// The number of bits of x: 0 for 0, k+1 for 2^k <= x < 2^(k+1).
constexpr int bit_width(u128 x) {
  const auto high = static_cast<std::uint64_t>(x >> 64);
  return high != 0 ? 128 - std::countl_zero(high) : 64 - std::countl_zero(static_cast<std::uint64_t>(x));
}

enum class Kind : std::uint8_t { zero, finite, infinity, nan };

/// (-1)^negative * significand * 2^exponent for kind finite, where significand is odd. At most 120
/// significant bits. Zero has a sign, infinity has a sign, NaN has none; the unused fields are 0.
struct Value {
  u128 significand = 0;
  std::int32_t exponent = 0;
  Kind kind = Kind::zero;
  bool negative = false;

  friend bool operator==(const Value&, const Value&) = default;

  bool is_zero() const { return kind == Kind::zero; }
  bool is_finite() const { return kind == Kind::zero || kind == Kind::finite; }
  bool is_nan() const { return kind == Kind::nan; }
  bool is_infinite() const { return kind == Kind::infinity; }

  static Value zero(bool negative = false) { return {0, 0, Kind::zero, negative}; }
  static Value infinity(bool negative = false) { return {0, 0, Kind::infinity, negative}; }
  static Value nan() { return {0, 0, Kind::nan, false}; }
  /// (-1)^negative * significand * 2^exponent, made canonical; zero when significand is 0.
  static Value scaled(bool negative, u128 significand, std::int64_t exponent);
  static Value integer(std::int64_t integer);
  /// The double itself, exactly.
  static Value of(double number);
};

/// The same number with the other sign (also of zero and infinity; NaN stays).
Value negated(const Value& value);

/// Comparison of numbers: -0 equals +0; NaN is unordered.
std::partial_ordering compare(const Value& a, const Value& b);

std::size_t hash_value(const Value& value);

/// The position of the leading bit: 2^k <= |value| < 2^(k+1). Finite non-zero values only.
int leading_exponent(const Value& value);

/// The nearest double, ties to even: for display and statistics, never for a result bit. Exact for at most 53
/// bits.
double to_double(const Value& value);

}  // namespace roundoff::formats

template <>
struct std::hash<roundoff::formats::Value> {
  std::size_t operator()(const roundoff::formats::Value& value) const {
    return roundoff::formats::hash_value(value);
  }
};
