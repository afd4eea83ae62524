// A sum while its terms come in: what is kept of those so far, in the orders in which a bounded number of values is
// enough (formats/rounding/reduce.cpp spells the orders out; tests compare the two).
#pragma once

#include <vector>

#include "analyzer/names.hpp"
#include "formats/rounding/arithmetic.hpp"
#include "sim/program/program.hpp"

namespace roundoff::analyzer::automata {

/// A sum or a dot product of terms that come one by one.
class Running {
 public:
  /// What is kept: nothing at first; a partial sum; under blocked order the sum of whole blocks, that of the block
  /// that is begun, and `terms` that it has.
  struct State {
    std::vector<Value> kept;
    int terms = 0;
    friend bool operator==(const State&, const State&) = default;
  };

  Running(const Format& format, const Reduction& how) : format_(format), how_(how) {}
  /// Whether finitely many values are kept, whatever the number of terms.
  static bool is_finite(const Reduction& how) {
    return how.mode != DotMode::exact_dot && how.order.kind != SumOrder::tree &&
           how.order.kind != SumOrder::exact;
  }

  void add(State& state, const Value& term) const;
  /// Of a dot product: x * y comes in.
  void add_product(State& state, const Value& x, const Value& y) const;
  /// Of at least one term.
  Value total(const State& state) const;

 private:
  Format format_;
  Reduction how_;
};

}  // namespace roundoff::analyzer::automata
