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

constexpr std::string_view complement = "two's complement";

constexpr CatalogueEntry fixed_point_list[] = {
    {.name = "fixed(i,f)",
     .example = "fixed(8,8)",
     .summary = "S * 2^-f, |S| <= 2^(i+f)-1: symmetric fixed point",
     .source = "two's complement without its lowest value",
     .make_from = make_fixed},
    {.name = "twos(i,f)",
     .example = "twos(3,4)",
     .summary = "S * 2^-f, -2^(i+f) <= S <= 2^(i+f)-1: two's complement",
     .source = complement,
     .make_from = make_twos,
     .aliases = "int{N}=twos({N}-1,0) Q{I}.{F}=twos({I}-1,{F})"},
    {.name = "ufixed(i,f)",
     .example = "ufixed(4,4)",
     .summary = "S * 2^-f, 0 <= S <= 2^(i+f)-1: unsigned fixed point",
     .source = "binary numbers",
     .make_from = make_ufixed,
     .aliases = "uint{N}=ufixed({N},0) UQ{I}.{F}=ufixed({I},{F})"},
    {.name = "int8",
     .example = "int8",
     .summary = "8-bit integer, twos(7,0)",
     .source = complement,
     .definition = "twos(7,0)"},
    {.name = "int4",
     .example = "int4",
     .summary = "4-bit integer, twos(3,0)",
     .source = complement,
     .definition = "twos(3,0)"},
};

}  // namespace

std::span<const CatalogueEntry> fixed_point_entries() { return fixed_point_list; }

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

}  // namespace roundoff::formats
