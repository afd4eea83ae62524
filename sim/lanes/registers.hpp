// Where the values of a compiled program stand: one register a value that is needed, free again after its last use
// (linear scan over the single-assignment order; Poletto and Sarkar, 1999). Constants have registers of their own.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/lanes/fusion.hpp"
#include "sim/program/program.hpp"

namespace roundoff::sim {

struct Registers {
  std::uint32_t count = 0;
  std::vector<std::uint32_t> of;  ///< by node; of a node that is not computed, 0
  std::vector<bool> read;         ///< by node: some node reads it
};

/// Registers of all nodes that `fusion` leaves to compute. `keep_all`: none is used twice, so that every value is
/// there at the end.
Registers allocate_registers(const Program& program, const Fusion& fusion, bool keep_all);

}  // namespace roundoff::sim
