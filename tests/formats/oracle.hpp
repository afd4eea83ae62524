// A second opinion on small formats. It enumerates the set of values from the table of semantics.md (not from
// the Format record), finds where an exact result lies among the members and the boundaries between them by
// integer comparison, and reads the answer off by the words of semantics.md. Slow, and independent of
// formats/rounding/rounding.cpp.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "formats/rounding/exact.hpp"

namespace roundoff::formats::oracle {

/// A value with flags, or (no value) a trap.
struct Answer {
  std::optional<Value> value;
  Flags flags = 0;
};

/// The set of values of one format; rounding and overflow are asked later.
class Values {
 public:
  /// A notation without modifiers, as in "float(4,4)".
  explicit Values(const std::string& notation);

  struct Entry {
    Integer scaled;    ///< value * 2^scale
    Integer boundary;  ///< where nearest rounding turns to the next entry, * 2^scale
    bool odd = false;
  };
  /// All finite members ascending, between two that are none: what would come next if the range were
  /// unbounded.
  std::vector<Entry> ladder;
  int scale = 0;
  int bits = 0;
  bool negative_zero = false, infinity = false, nan = false, zero = true;
  bool fixed = false, uniform = false, papers = false, posit = false;
  bool p3109 = false, is_signed = true;
  bool ends = false;  ///< nothing comes after the last member: what lies beyond it is beyond the range
  Integer normal = 0;  ///< the smallest normal magnitude * 2^scale

  Value value(std::size_t index) const;
  /// Every member, specials included.
  std::vector<Value> members() const;
  /// x * 2^scale for a finite member.
  Integer scaled(const Value& x) const;
};

/// An operation on operands, ready to be answered for any rounding and overflow.
struct Question {
  /// Set where the answer is decided by cases (NaN, infinities, zeros, poles); else a finite non-zero real is
  /// rounded.
  std::function<Answer(const Format&)> special;
  bool negative = false;
  std::ptrdiff_t below = 0;  ///< index of the largest entry of the ladder <= x, or -1
  bool exact = false;        ///< x is that entry
  int side = 0;              ///< else the sign of x - its boundary
  Integer whole = 0;         ///< floor(|x| * 2^scale), and whether that is less: for fixed point
  bool sticky = false;
  Integer numerator = 0, denominator = 1;  ///< |x| * 2^scale where rational
};

Question ask(const Values& values, char op, const Value& a, const Value& b);  ///< + - * /
Question ask_fma(const Values& values, const Value& a, const Value& b, const Value& c);
Question ask(const Values& values, Function function, const Value& x);
Answer answer(const Question& question, const Values& values, const Format& format, Draw draw = {});

/// Fills in where x lies; `compare(c)` is the sign of x - c / 2^scale.
void locate(Question& q, const Values& values, const std::function<int(const Integer&)>& compare);

// Answers by cases.
Answer not_a_number(const Values& values, Flags flags);
Answer infinite(const Values& values, const Format& format, bool negative);
Answer zero(const Values& values, const Format& format, bool negative);
Answer pole(const Values& values, const Format& format, bool negative);

}  // namespace roundoff::formats::oracle
