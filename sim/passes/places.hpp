// Places in joint tables: small integers in a format of their own, which nothing rounds.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/program/program.hpp"

namespace roundoff::sim {

inline constexpr std::uint32_t most_places = 4096;

/// In uniform formats of one quantum places have the same quantum, so that they fit the same container.
inline int place_quantum(const Program& program) {
  int quantum = 0;
  bool first = true;
  for (const Format& format : program.formats) {
    if (!format.is_uniform() || (!first && format.quantum != quantum)) return 0;
    quantum = format.quantum;
    first = false;
  }
  return quantum;
}
inline Value place_value(const Program& program, std::uint32_t place) {
  return Value::scaled(false, place, place_quantum(program));
}
inline Format place_format(const Program& program) {
  const int fraction = std::max(0, -place_quantum(program));
  return fixed_point(std::max(0, 12 - fraction), fraction);
}

}  // namespace roundoff::sim
