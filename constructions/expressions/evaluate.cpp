// See evaluate.hpp.
#include "constructions/expressions/evaluate.hpp"

#include <algorithm>
#include <limits>

#include "formats/error.hpp"

namespace roundoff::constructions {
namespace {

using Kind = IntegerExpression::Kind;

constexpr unsigned most_bits = 1'000'000;

void check_size(const Integer& value) {
  if (value != 0 && boost::multiprecision::msb(abs(value)) > most_bits)
    throw UsageError("a value of more than a million bits");
}

/// Rounded towards minus infinity, as // and % of Python: a = q b + r with r of the sign of b.
void floor_divide(const Integer& a, const Integer& b, Integer& quotient, Integer& remainder) {
  if (b == 0) throw UsageError("division by zero");
  boost::multiprecision::divide_qr(a, b, quotient, remainder);
  if (remainder != 0 && (remainder < 0) != (b < 0)) {
    quotient -= 1;
    remainder += b;
  }
}

Integer integer_power(const Integer& base, const Integer& exponent) {
  if (exponent < 0) throw UsageError("a negative exponent");
  if (base == 0 || base == 1) return exponent == 0 ? Integer(1) : base;
  if (base == -1) return exponent % 2 == 0 ? Integer(1) : base;
  const std::uint64_t bits = boost::multiprecision::msb(abs(base)) + 1;
  if (exponent > most_bits || bits * static_cast<std::uint64_t>(exponent) > 2 * std::uint64_t{most_bits})
    throw UsageError("a value of more than a million bits");
  return boost::multiprecision::pow(base, static_cast<unsigned>(exponent));
}

}  // namespace

Integer evaluate(const IntegerExpression& e, std::span<const Integer> operands) {
  const auto part = [&](std::size_t i) { return evaluate(e.parts[i], operands); };
  Integer result = 0;
  switch (e.kind) {
    case Kind::number:
      return Integer(e.digits.substr(std::min(e.digits.find_first_not_of('0'), e.digits.size() - 1)));
    case Kind::operand:
      return operands[static_cast<std::size_t>(e.index)];
    case Kind::negative:
      return -part(0);
    case Kind::plus:
      return part(0) + part(1);
    case Kind::minus:
      return part(0) - part(1);
    case Kind::times:
      result = part(0) * part(1);
      check_size(result);
      return result;
    case Kind::quotient:
    case Kind::remainder: {
      Integer quotient, remainder;
      floor_divide(part(0), part(1), quotient, remainder);
      return e.kind == Kind::quotient ? quotient : remainder;
    }
    case Kind::power:
      return integer_power(part(0), part(1));
    case Kind::equal:
      return part(0) == part(1) ? 1 : 0;
    case Kind::less:
      return part(0) < part(1) ? 1 : 0;
    case Kind::at_most:
      return part(0) <= part(1) ? 1 : 0;
    case Kind::both:
      result = part(0);
      return result == 0 ? result : part(1);
    case Kind::either:
      result = part(0);
      return result != 0 ? result : part(1);
    case Kind::negation:
      return part(0) == 0 ? 1 : 0;
    case Kind::magnitude:
      return abs(part(0));
    case Kind::choice:
      return part(0) != 0 ? part(1) : part(2);
    case Kind::least:
    case Kind::greatest:
    case Kind::total:
      result = part(0);
      for (std::size_t i = 1; i < e.parts.size(); ++i) {
        const Integer next = part(i);
        if (e.kind == Kind::total)
          result += next;
        else if (e.kind == Kind::least ? next < result : next > result)
          result = next;
      }
      return result;
  }
  return result;
}

Integer to_number(const Digits& digits, int p) {
  Integer value = 0;
  for (const std::uint8_t digit : digits) value = value * p + int{digit};
  return value;
}

std::optional<Digits> to_digits(Integer value, int p, int length) {
  if (value < 0) return std::nullopt;
  Digits digits(static_cast<std::size_t>(length), 0);
  for (int i = length; i-- > 0 && value != 0;) {
    digits[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(static_cast<unsigned>(value % p));
    value /= p;
  }
  if (value != 0) return std::nullopt;
  return digits;
}

std::optional<std::int64_t> to_int64(const Integer& value) {
  if (value < std::numeric_limits<std::int64_t>::min() || value > std::numeric_limits<std::int64_t>::max())
    return std::nullopt;
  return static_cast<std::int64_t>(value);
}

}  // namespace roundoff::constructions
