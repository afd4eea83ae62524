// Numbers as digit strings in base p, most significant digit first: the arithmetic that defines right
// answers. It shares no code with the simulator, so that a verdict compares two independent computations.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace roundoff::constructions {

using Digits = std::vector<std::uint8_t>;

/// The low `length` digits of a + b.
Digits plus(const Digits& a, const Digits& b, int p, int length);
/// The low `length` digits of a * b.
Digits times(const Digits& a, const Digits& b, int p, int length);
/// The low `length` digits of value.
Digits digits_of(std::uint64_t value, int p, int length);
/// base^exponent, as a real number where it does not fit.
double power(int base, int exponent);
/// The least e with base^e >= value, value >= 1: ceil(log_base(value)), in integers.
int ceil_log(int base, std::uint64_t value);

/// Values of the groups of c digits, aligned at the least significant end; the first group may be shorter.
std::vector<int> groups(const Digits& digits, int p, int c);

}  // namespace roundoff::constructions
