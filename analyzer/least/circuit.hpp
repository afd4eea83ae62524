// Circuits over numbers of a format, as clauses: what a rounded operation gives, for unknown operands.
//
// A number of a format with few values is in order encoding: literal t says that it is at least the t-th value.
// Every operation is a table of the format's own arithmetic (formats), so that nothing is defined twice here.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <vector>

#include "analyzer/least/drat.hpp"
#include "formats/format.hpp"
#include "formats/value.hpp"

namespace roundoff::analyzer {

/// Literals [value >= values[1]], [value >= values[2]], ...: each implies the one before.
using Number = std::vector<int>;

class Circuit {
 public:
  /// UsageError for a format with more than 15 values, or with NaN, infinities or -0.
  explicit Circuit(const Format& format);

  const Formula& formula() const { return formula_; }
  const std::vector<Value>& values() const { return values_; }

  int always() const { return always_; }
  int fresh();
  void clause(Clause clause) { formula_.clauses.push_back(std::move(clause)); }
  int both(int a, int b);
  int either(int a, int b) { return -both(-a, -b); }

  Number unknown();
  Number constant(const Value& value);

  // The rounded operations, by their tables.
  Number add(const Number& a, const Number& b) { return binary(add_, a, b); }
  Number sub(const Number& a, const Number& b) { return binary(sub_, a, b); }
  Number mul(const Number& a, const Number& b) { return binary(mul_, a, b); }
  /// A quotient by 0 is taken as 0: no softmax has one, since its greatest term is exp(0) = 1.
  Number div(const Number& a, const Number& b) { return binary(div_, a, b); }
  Number exp(const Number& a) { return unary(exp_, a); }
  Number relu(const Number& a) { return unary(relu_, a); }
  Number max(const Number& a, const Number& b);

  /// a >= b, and a > b, as clauses.
  void require_not_less(const Number& a, const Number& b);
  void require_greater(const Number& a, const Number& b);

 private:
  using Table = std::vector<std::vector<std::size_t>>;  ///< [a][b]: the index of the result
  Number binary(const Table& table, const Number& a, const Number& b);
  Number unary(const std::vector<std::size_t>& table, const Number& a);
  std::size_t index_of(const Value& value) const;
  int at_least(const Number& a, std::size_t index) const;
  int equal(const Number& a, std::size_t index);

  Formula formula_;
  int always_;
  std::vector<Value> values_;
  Table add_, sub_, mul_, div_;
  std::vector<std::size_t> exp_, relu_;
  std::map<std::array<int, 2>, int> gates_;
};

}  // namespace roundoff::analyzer
