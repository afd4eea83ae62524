// Numbers as text (commands.md, "Numbers in text"), and bit patterns.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "formats/rounding/arithmetic.hpp"

namespace roundoff::formats {

/// Decimal, fraction `1/3`, hexadecimal float, inf, -inf, nan, -0, or a code: `#x3f` of `format` (a member already),
/// `#binary32:x3f8ccccd` of another; rounded into the format. Throws UsageError naming the text.
Rounded parse_number(std::string_view text, const Format& format, Draw draw = {});

/// The member that a code says: `#x3f` of `format`, `#binary32:x3f8ccccd` of another. UsageError.
Value parse_code(std::string_view text, const Format& format);

/// The number exactly, for weights: decimal that is a dyadic rational, hexadecimal float, fraction with a
/// power of two below; UsageError otherwise.
Value parse_exact(std::string_view text);

/// Exact: `0x1.8p-2`, `inf`, `-inf`, `nan`, `-0x0p+0`, `0x0p+0`.
std::string hex(const Value& value);

/// Short decimal for people: the exact decimal when it is at most 12 characters, else 6 significant digits.
std::string decimal(const Value& value);

/// `inexact,overflow` or `-`.
std::string describe(Flags flags);

/// The bit pattern of a member, or nothing for formats without codes (F(e,s)). Most significant bit first:
/// sign, exponent, significand; integer S in two's complement for fixed, twos, ufixed.
std::optional<u128> encode(const Value& value, const Format& format);
/// The member with this bit pattern. UsageError when the code is too wide or no member has it.
Value decode(u128 code, const Format& format);
/// `#x3f`, with (bits+3)/4 digits.
std::string code_text(u128 code, const Format& format);

}  // namespace roundoff::formats
