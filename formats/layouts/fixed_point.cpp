// Fixed point: S * 2^-f with a bounded integer S (semantics.md, section 1, first three rows of the table).
// A grid with the one step 2^-f: quantum = -f, precision = i+f (so |S| < 2^precision but for the lowest of
// twos).
#include <string>

#include "formats/error.hpp"
#include "formats/layouts/layouts.hpp"

namespace roundoff::formats {
namespace {

constexpr int most_bits = 120;  // a Value's significand

Format grid(Layout layout, Parameters parameters) {
  Format format;
  format.layout = layout;
  format.encoding = Encoding::integer;
  format.first = in_range("i", parameters[0], 0, most_bits);
  format.second = in_range("f", parameters[1], 0, most_bits);
  format.precision = in_range("i+f", parameters[0] + parameters[1], 1, most_bits);
  format.bits = format.precision + (layout == Layout::ufixed ? 0 : 1);
  format.quantum = -format.second;
  format.highest = all_ones(false, format.precision, format.quantum);
  return format;
}

Format named(const char* name, Format format) {
  format.name = name;
  return format;
}

}  // namespace

Value all_ones(bool negative, int bits, std::int64_t exponent) {
  return Value::scaled(negative, (u128{1} << bits) - 1, exponent);
}

int in_range(const char* name, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value < low || value > high) {
    throw UsageError(std::string(name) + " is " + std::to_string(value) + "; it must be " +
                     std::to_string(low) + " to " + std::to_string(high));
  }
  return static_cast<int>(value);
}

Format make_fixed(Parameters i_f) {
  Format format = grid(Layout::fixed, i_f);
  format.lowest = negated(format.highest);
  return format;
}

Format make_twos(Parameters i_f) {
  Format format = grid(Layout::twos, i_f);
  format.lowest = Value::scaled(true, 1, format.first);
  return format;
}

Format make_ufixed(Parameters i_f) { return grid(Layout::ufixed, i_f); }

Format make_int8(Parameters) {
  const std::int64_t i_f[] = {7, 0};
  return named("int8", make_twos(i_f));
}

Format make_int4(Parameters) {
  const std::int64_t i_f[] = {3, 0};
  return named("int4", make_twos(i_f));
}

}  // namespace roundoff::formats
