// Loops over rows of lanes, for inputs made many at once: element `lane` of a row belongs to that lane's
// input. Compiled once per instruction set; the same bytes on all of them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "constructions/names.hpp"
#include "sim/program/program.hpp"

namespace roundoff::constructions {

/// digits[row * stride + lane] = digit `row` of `rows` that Draws(seed, first + lane).digits draws in base p.
void draw_rows(std::uint64_t seed, std::uint64_t first, int p, std::size_t rows, std::size_t count,
               std::size_t stride, std::uint8_t* digits);

/// One column of an addition in base p <= 256: out = (a + b + carry) mod p, and carry (0 or 1) becomes that
/// of the next column. `out` may be `a` or `b`.
void add_column(const std::uint8_t* a, const std::uint8_t* b, std::uint8_t* carry, std::uint8_t* out, int p,
                std::size_t count);

/// tokens = digits.
void to_tokens(const std::uint8_t* digits, LaneToken* tokens, std::size_t count);

/// marks[lane] |= whether a and b differ in that lane in any of these rows, `stride` apart.
void mark_differences(const LaneToken* a, const LaneToken* b, std::size_t rows, std::size_t stride,
                      std::size_t count, std::uint8_t* marks);

}  // namespace roundoff::constructions
