// Rounded operations on diagrams: memoised application with the short cuts that their meaning allows.
//
// Rounding to nearest or in a direction is monotone (not `wrap`, not `sr`), so a monotone operation whose
// results at the extremes of its operands are the same terminal is that constant everywhere: f - m for f far
// below m, whose exp rounds to 0, costs one step. The extremes stand in every node (Manager::least,
// greatest).
#pragma once

#include <span>
#include <vector>

#include "analyzer/diagrams/manager.hpp"
#include "analyzer/diagrams/scalars.hpp"

namespace roundoff::analyzer::diagrams {

class Algebra {
 public:
  Algebra(Manager& manager, Scalars& scalars) : manager_(manager), scalars_(scalars) {}

  Manager& manager() { return manager_; }
  Scalars& scalars() { return scalars_; }

  Ref constant(const Value& value) { return manager_.terminal(scalars_.id(value)); }
  bool is_constant(Ref f) const { return manager_.is_terminal(f); }
  bool is_zero(Ref f) const { return is_number(f) && scalars_.value(manager_.id(f)).is_zero(); }
  bool is_one(Ref f) const { return is_number(f) && scalars_.value(manager_.id(f)) == Value::integer(1); }
  /// No input leads to the trap or to NaN.
  bool is_regular(Ref f) const { return !Scalars::special(manager_.least(f)); }
  bool traps_somewhere(Ref f) const { return manager_.least(f) == Scalars::trap; }

  /// `members`: the operands are known to be members of the operation's format, so that x + 0 = x and 1 * x =
  /// x in plain formats.
  Ref apply(std::uint32_t code, Ref f, bool members = false);
  Ref apply(std::uint32_t code, Ref f, Ref g, bool members = false);
  /// The tuple of two diagrams.
  Ref pair(Ref f, Ref g);
  /// f with every terminal replaced by map(terminal); `map` is called once a terminal.
  template <class Map>
  Ref replace(Ref f, Map&& map);

  /// max over |terminal| of a regular diagram of numbers.
  Value magnitude(Ref f) const;

 private:
  enum class Monotone : std::uint8_t { no, rising, falling_second, corners, divisor };
  struct Traits {
    bool known = false, commutes = false, plain = false, zero_is_unsigned = false;
    Monotone monotone = Monotone::no;
    Operation::Kind kind = Operation::round;
    Function function = Function::identity;
    std::uint32_t exp_of_difference = 0;  // of a contest
  };
  const Traits& traits(std::uint32_t code);
  bool is_number(Ref f) const {
    return manager_.is_terminal(f) && !Scalars::special(manager_.id(f)) && !Scalars::is_tuple(manager_.id(f));
  }
  Ref settled(const Traits& traits, Id low, Id high);
  Ref shortcut(const Traits& traits, std::uint32_t code, bool members, Ref f);
  Ref shortcut(const Traits& traits, std::uint32_t code, bool members, Ref f, Ref g);

  Manager& manager_;
  Scalars& scalars_;
  std::vector<Traits> traits_;
};

template <class Map>
Ref Algebra::replace(Ref f, Map&& map) {
  struct Replace {
    std::uint32_t code;
    Map& map;
    Id operator()(Id id) const { return map(id); }
    Ref shortcut(Ref) const { return no_ref; }
  };
  return manager_.apply(Replace{manager_.fresh_code(), map}, f);
}

}  // namespace roundoff::analyzer::diagrams
