// Single lanes done again, where a vectorised operation met numbers that its inequality excludes: in double
// containers, where those of float are ordinary ones, or by definition.
#pragma once

#include <cstddef>
#include <cstdint>

#include "formats/lanes/context.hpp"

namespace roundoff::formats::lanes {

enum class Operator : std::uint8_t { div, fma };

/// results[i] of a/b (or a*b + c) for every lane i < count with chosen[i] != 0; a Trap sets trapped[i].
void fallback_lanes(const LaneKernels::Context& context, Operator op, const void* a, const void* b,
                    const void* c, void* results, const std::uint8_t* chosen, std::size_t count,
                    std::uint8_t* trapped);

}  // namespace roundoff::formats::lanes
