// What the numbers of every site did, over all positions and sequences: their range, and the first that was NaN or
// infinite, overflowed or saturated. Counted while the tape runs, always.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/program/program.hpp"
#include "sim/tensors/numbers.hpp"

namespace roundoff::sim {

/// Figures of one site of one layer; intermediate steps of the site count with it.
struct SiteFigures {
  std::int64_t values = 0, zeros = 0, nans = 0, infinities = 0;
  std::int64_t limits = 0;     ///< finite values that are the largest or the smallest of their format
  double least = 0, most = 0;  ///< of the finite values
  bool any_finite = false;
  void add(const SiteFigures& other);
};

/// What is remembered of the first number of its kind, in the order of a recorded program: by sequence, position,
/// then the order of operations.
struct Event {
  enum Kind : std::uint8_t { nan, infinity, overflow, saturation };
  int sequence = 0;
  std::uint64_t step = 0;
  Site site;
  Value value;
  std::string operands;  ///< "65504 * 2"
  bool before(const Event& other) const;
};
inline constexpr int event_kinds = 4;
std::string_view name(Event::Kind kind);

/// Why a result is what it is: its operands in words, and the flags of the definition.
struct Cause {
  std::string operands;
  Flags flags = 0;
};

class Statistics {
 public:
  using Key = std::pair<int, SiteName>;  ///< layer, site
  std::map<Key, SiteFigures> sites;
  std::array<std::optional<Event>, event_kinds> first;

  void add(const Statistics& other);
};

/// The figures of an array, by plain loops over its container.
struct Scanned {
  SiteFigures figures;
  bool unusual = false;  ///< some value is NaN, infinite or at a limit
};
Scanned scan(const Number& number, const void* data, std::size_t count);

}  // namespace roundoff::sim
