// What terminals mean: numbers (the members of all formats), tuples of terminals, and the trap; and the
// rounded operations on them, each computed once by formats/rounding/arithmetic.hpp and remembered.
//
// The trap is a terminal like any other and absorbs: an operation on it is the trap. It is the least
// terminal, NaN the next, so that a diagram contains one of them exactly when its least terminal is one.
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "analyzer/diagrams/manager.hpp"
#include "analyzer/names.hpp"
#include "formats/rounding/arithmetic.hpp"

namespace roundoff::analyzer::diagrams {

/// An operation on terminals, as a value: two equal ones are the same function.
struct Operation {
  enum Kind : std::uint8_t {
    round,  ///< x into `format`
    add,
    sub,
    mul,
    div,
    max,                  ///< the trap where either is NaN
    max_or_nan,           ///< NaN where either is
    fma_tail,             ///< s, x: rnd(s + x) where x is an exact product outside the format
    apply,                ///< rnd(function(x))
    apply_to_difference,  ///< s, m: rnd(function(rnd(s - m))), one operation for softmax's exp(s - max)
    exact_add,
    exact_mul,  ///< no rounding; the trap when a value would need more than 120 bits
    pair,       ///< the tuple (a, b)
    contend,    ///< (best, index), x: (x, parameter) if x > best, else the first; the trap where x is NaN
    contend_or_nan,  ///< likewise, and NaN is above all
    winner,          ///< (best, index): index
    enter,  ///< s, v: the state of a contest (contests.cpp) with the one key of score s and value v; s = -inf: none
    contest,  ///< two states, of keys one after the other: of all; parameter: the code of exp(s - m)
  } kind = round;
  Function function = Function::identity;
  std::uint32_t parameter = 0;
  Format format = {};
  friend bool operator==(const Operation&, const Operation&) = default;
};

class Scalars {
 public:
  static constexpr Id trap = 0;
  static constexpr Id nan = 1;
  static bool is_tuple(Id id) { return id >> 31; }

  Scalars();

  Id id(const Value& value);
  Id integer(std::int64_t number) { return id(Value::integer(number)); }
  const Value& value(Id id) const { return values_[id]; }  ///< of a number
  std::int64_t to_integer(Id id) const;                    ///< of a number that is a small integer
  Id pair(Id a, Id b);
  /// A contest's state: the largest score, and the keys that count beside it, in order.
  struct Key {
    Id score, value;
  };
  Id largest(Id state) const { return parts(state).first; }
  std::vector<Key> keys(Id state) const;
  /// Whether rnd(exp(rnd(a - b))) is 0, and a < b.
  bool vanishes(std::uint32_t exp_of_difference, Id a, Id b);
  std::pair<Id, Id> parts(Id tuple) const { return tuples_[tuple & 0x7fffffff]; }
  std::size_t numbers() const { return values_.size(); }
  std::size_t tuples() const { return tuples_.size(); }

  /// The order of terminals: trap < NaN < -inf < ... < -0 < +0 < ... < inf < tuples. Of tuples those that start
  /// with a number come first, by it.
  bool less(Id a, Id b) const;
  /// trap or NaN
  static bool special(Id id) { return id <= nan; }

  /// A small number for an operation, from 1 on.
  std::uint32_t code(const Operation& operation);
  const Operation& operation(std::uint32_t code) const { return operations_[code]; }
  /// The result, remembered. `b` is 0 for operations of one argument.
  Id compute(std::uint32_t code, Id a, Id b = 0);
  /// Rounded operations asked for and computed (the rest was remembered).
  std::size_t computed() const { return filled_; }

 private:
  struct Entry {
    std::uint32_t code = 0;
    Id a = 0, b = 0, result = 0;
  };
  Id evaluate(const Operation& operation, Id a, Id b);
  Id contest(std::uint32_t exp_of_difference, Id a, Id b);
  void grow();
  static std::size_t hash(std::uint32_t code, Id a, Id b);

  std::vector<Value> values_;
  std::vector<double> order_;  ///< nearest doubles: a first comparison
  std::unordered_map<Value, Id> ids_;
  std::vector<std::pair<Id, Id>> tuples_;
  std::deque<Operation> operations_;  ///< references stay valid
  std::uint32_t pair_code_ = 0;
  std::vector<Entry> memo_;  ///< open addressing
  std::size_t filled_ = 0;
};

/// a + b and a * b exactly; NaN where the exact value has more than 120 significant bits or is not finite.
Value exact_sum(const Value& a, const Value& b);
Value exact_product(const Value& a, const Value& b);

}  // namespace roundoff::analyzer::diagrams
