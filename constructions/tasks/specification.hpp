// What a right answer is, in exact integers: a task says how its answer's tokens come from the question's, and
// whoever asks brings the integers. Over decision diagrams (analyzer/diagrams) that is the answer to all inputs
// at once, which a certificate compares with; over bounds it shows what the answer is made of.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "constructions/names.hpp"

namespace roundoff::constructions {

/// An integer that depends on the question: a handle that belongs to an `Integers`.
enum class Term : std::uint32_t {};

/// A number by its digits in some base, least significant first.
using Number = std::vector<Term>;

class Integers {
 public:
  virtual ~Integers() = default;

  virtual Term constant(std::int64_t value) = 0;
  virtual Term plus(Term a, Term b) = 0;
  virtual Term times(Term a, Term b) = 0;
  /// Any function of one integer, or of two; it must be a pure function.
  virtual Term map(Term a, const std::function<std::int64_t(std::int64_t)>& function) = 0;
  virtual Term map(Term a, Term b,
                   const std::function<std::int64_t(std::int64_t, std::int64_t)>& function) = 0;

  /// The low `count` digits in `base` of sum_j (sum of column(j)) base^j: the way through which the sums of
  /// many digits, or of products of digits, become a number. `column` is asked once for every j, upwards; its
  /// terms are not negative. Proofs may be cut at the sums of the columns.
  virtual Number digits_of_columns(std::int64_t base, int count,
                                   const std::function<std::vector<Term>(int)>& column) = 0;
  /// A number of `tokens` digits that the answer writes out on the way (a line of a chain of thought). Proofs
  /// may take it line by line: `compute` is called only where its value is wanted.
  virtual Number line(int tokens, const std::function<Number()>& compute) = 0;
};

/// The low `count` digits of the sum of numbers in one base.
Number sum_of(Integers& integers, std::int64_t base, int count, const std::vector<Number>& numbers);

/// Digits in writing order, most significant first.
inline std::vector<Term> written(const Number& number) { return {number.rbegin(), number.rend()}; }

}  // namespace roundoff::constructions
