// A detour through double: formats whose container is float or an integer have division and first steps of
// functions there, since every member is a double exactly.
#pragma once

#include <cstddef>
#include <cstdint>

#include "formats/lanes/context.hpp"

namespace roundoff::formats::lanes {

/// The container has a way to double and back, of `count` elements. (int64 has none: its members may have
/// more than 53 bits.)
bool has_doubles(const LaneKernels::Context& context);
void to_doubles(const LaneKernels::Context& context, const void* elements, double* numbers,
                std::size_t count);
/// Numbers must be members.
void from_doubles(const LaneKernels::Context& context, const double* numbers, void* elements,
                  std::size_t count);

/// LaneKernels::round_f64 and div by the kernels of context.doubles.
void round_in_doubles(const LaneKernels::Context& context, const void* a, void* out, std::size_t count,
                      std::uint8_t* trapped);
void divide_in_doubles(const LaneKernels::Context& context, const void* a, const void* b, void* out,
                       std::size_t count, std::uint8_t* trapped);

}  // namespace roundoff::formats::lanes
