// The class of an automaton: what its words do to its states (the transition monoid; of a minimal automaton the
// syntactic monoid of its outputs). Schuetzenberger 1965: aperiodic = star-free = first-order definable; Brzozowski and
// Fich 1980: R-trivial = no two states lie on a cycle (partially ordered), which is the fragment LTL[P].
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "analyzer/names.hpp"
#include "constructions/automata/automaton.hpp"

namespace roundoff::analyzer {

/// From the smallest class that holds: r_trivial is aperiodic, too; a group is one of more than one element; mixed: a
/// group is in it, beside what is none.
enum class MonoidClass : std::uint8_t { r_trivial, aperiodic, group, mixed, undecided };
std::string_view name(MonoidClass c);

struct Monoid {
  MonoidClass kind = MonoidClass::undecided;
  std::uint64_t elements = 0;  ///< the identity included; 0: more than were counted
  int period = 0;              ///< the longest cycle of states under repetition of one word; 0: not decided
  std::vector<int>
      turning;  ///< a shortest word of which some power turns a cycle of states; empty: there is none
};

/// Of a minimal automaton. `most`: numbers of states in lists of states that are kept.
Monoid monoid(const Automaton& automaton, std::uint64_t most = 50'000'000);

}  // namespace roundoff::analyzer
