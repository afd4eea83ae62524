// Names of operations for stochastic rounding.
#pragma once

#include <cstdint>

#include "sim/program/program.hpp"

namespace roundoff::sim {

/// A function of an operation's site and kind, so that it is the same in every batch, recorded or not.
std::uint64_t draw_place(Op op, const Site& site);

}  // namespace roundoff::sim
