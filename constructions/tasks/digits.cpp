// Schoolbook arithmetic on digit strings; see digits.hpp.
#include "constructions/tasks/digits.hpp"

namespace roundoff::constructions {

namespace {

/// The digit of weight p^i, zero beyond the string.
int digit(const Digits& digits, int i) {
  const int size = static_cast<int>(digits.size());
  return i < size ? digits[static_cast<std::size_t>(size - 1 - i)] : 0;
}

}  // namespace

Digits plus(const Digits& a, const Digits& b, int p, int length) {
  Digits sum(static_cast<std::size_t>(length));
  int carry = 0;
  for (int i = 0; i < length; ++i) {
    const int column = digit(a, i) + digit(b, i) + carry;
    sum[static_cast<std::size_t>(length - 1 - i)] = static_cast<std::uint8_t>(column % p);
    carry = column / p;
  }
  return sum;
}

Digits times(const Digits& a, const Digits& b, int p, int length) {
  Digits product(static_cast<std::size_t>(length));
  std::int64_t carry = 0;
  for (int i = 0; i < length; ++i) {
    std::int64_t column = carry;
    for (int j = 0; j <= i; ++j) column += digit(a, j) * digit(b, i - j);
    product[static_cast<std::size_t>(length - 1 - i)] = static_cast<std::uint8_t>(column % p);
    carry = column / p;
  }
  return product;
}

Digits digits_of(std::uint64_t value, int p, int length) {
  Digits digits(static_cast<std::size_t>(length));
  for (int i = length - 1; i >= 0; --i) {
    digits[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(value % static_cast<std::uint64_t>(p));
    value /= static_cast<std::uint64_t>(p);
  }
  return digits;
}

double power(int base, int exponent) {
  double product = 1;
  for (int i = 0; i < exponent; ++i) product *= base;
  return product;
}

int ceil_log(int base, std::uint64_t value) {
  int exponent = 0;
  std::uint64_t rest = value - 1;  // base^e >= value exactly when dividing value-1 by base e times gives 0
  while (rest != 0) {
    rest /= static_cast<std::uint64_t>(base);
    ++exponent;
  }
  return exponent;
}

std::vector<int> groups(const Digits& digits, int p, int c) {
  std::vector<int> values;
  const int size = static_cast<int>(digits.size());
  int value = 0;
  for (int i = 0; i < size; ++i) {
    value = value * p + digits[static_cast<std::size_t>(i)];
    if ((size - 1 - i) % c == 0) {
      values.push_back(value);
      value = 0;
    }
  }
  return values;
}

}  // namespace roundoff::constructions
