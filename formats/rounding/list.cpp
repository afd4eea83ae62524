// Rounding to a list of values (nf4): the two members around the number, one of them maybe zero, and the same
// decision as everywhere, away from zero or not, by its place between them; a member is odd when its code is.
#include "formats/rounding/list.hpp"

#include <algorithm>

#include "formats/rounding/exact.hpp"
#include "formats/rounding/rounding.hpp"

namespace roundoff::formats {
namespace {

Value without_sign(Value value) {
  value.negative = false;
  return value;
}

Integer scaled(const Value& value, std::int64_t low) {
  if (value.is_zero()) return 0;
  return to_integer(value.significand) << static_cast<unsigned>(value.exponent - low);
}

/// significand * 2^exponent against a magnitude; of equal ones the sticky number is the larger.
int order(u128 significand, std::int64_t exponent, bool sticky, const Value& other) {
  if (other.is_zero()) return 1;
  const std::int64_t leading = exponent + bit_width(significand) - 1;
  if (leading != leading_exponent(other)) return leading > leading_exponent(other) ? 1 : -1;
  const u128 a = significand << (128 - bit_width(significand)),
             b = other.significand << (128 - bit_width(other.significand));
  return a > b ? 1 : a < b ? -1 : sticky ? 1 : 0;
}

}  // namespace

Place place_between(const Value& u, const Value& w, u128 significand, std::int64_t exponent) {
  const std::int64_t low =
      std::min({u.is_zero() ? exponent : std::int64_t{u.exponent}, std::int64_t{w.exponent}, exponent});
  const Integer base = scaled(u, low);
  const Integer part = (to_integer(significand) << static_cast<unsigned>(exponent - low)) - base;
  const Integer whole = scaled(w, low) - base;
  Integer quotient, remainder;
  divide_qr(Integer(part << 64), whole, quotient, remainder);
  return {static_cast<std::uint64_t>(quotient), remainder != 0};
}

Rounded round_list(bool negative, u128 significand, std::int64_t exponent, bool sticky, const Format& format,
                   Draw draw) {
  const auto members = format.list->members;
  // Outwards from zero; `place` is the code of the last member that is not beyond the number.
  auto place = static_cast<std::size_t>(
      std::find_if(members.begin(), members.end(), [](const Value& v) { return v.is_zero(); }) -
      members.begin());
  const std::size_t last = negative ? 0 : members.size() - 1;
  const auto outwards = [&](std::size_t i) { return negative ? i - 1 : i + 1; };
  while (place != last && order(significand, exponent, sticky, without_sign(members[outwards(place)])) >= 0)
    place = outwards(place);
  const Value inner = without_sign(members[place]);
  const int side = order(significand, exponent, sticky, inner);
  if (side == 0) return {members[place], 0};
  if (place == last) return overflowed(negative, format, 0);
  Place between{
      0, true};  // so near to `inner` that only the sticky bit tells them apart, or far below the first
  const Value outer = without_sign(members[outwards(place)]);
  if (exponent + bit_width(significand) - 1 >= outer.exponent - 256)
    between = place_between(inner, outer, significand, exponent);
  const bool away =
      rounds_away(format, negative, (place & 1) != 0, between.fraction, sticky || between.sticky, draw);
  const Value result = members[away ? outwards(place) : place];
  return {result, static_cast<Flags>(flag_inexact | (result.is_zero() ? flag_underflow : 0))};
}

}  // namespace roundoff::formats
