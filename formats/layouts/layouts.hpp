// Builders: the parameters of a notation to the facts of a format, with its default rounding and overflow.
// One file a family of formats, which lists its entries of the catalogue in NAME_entries() (layouts.inc). Parameters
// that make no format throw UsageError saying the bound.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "formats/format.hpp"
#include "formats/notation/catalogue.hpp"

namespace roundoff::formats {

#define LAYOUT(name) std::span<const CatalogueEntry> name##_entries();
#include "formats/layouts/layouts.inc"
#undef LAYOUT

/// Sources that several files have.
inline constexpr std::string_view ofp8 = "OCP 8-bit Floating Point Specification (OFP8) 1.0, 2023";
inline constexpr std::string_view mx = "OCP Microscaling Formats (MX) Specification 1.0, 2023";

/// IEEE 754 style fields (ieee.cpp), which others bend at the ends of their range.
Format make_float(Parameters e_p_b);

/// Biases that a notation may choose, in magnitude.
inline constexpr std::int64_t most_bias = 1 << 18;

/// (2^bits - 1) * 2^exponent, and its negative: the ends of a symmetric range. bits in 1..120.
Value all_ones(bool negative, int bits, std::int64_t exponent);
/// UsageError "NAME is VALUE; at least LOW, at most HIGH" unless low <= value <= high.
int in_range(const char* name, std::int64_t value, std::int64_t low, std::int64_t high);

}  // namespace roundoff::formats
