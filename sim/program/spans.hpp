// What a value can be, while it is recorded: an interval of integers, in steps of its format.
//
// The pass `ranges` knows more and works in the exact numbers of every format; this is what recording can
// afford for each of the n^2 scores of an attention. Kept for formats that are integers times one step,
// without -0, inf and NaN, that saturate and round by a rule (Spans::keeps); of all others nothing is known.
//
// Why it is right. Every rounding rule takes a number to the grid point below or above it, and saturation to
// the nearer end of the range. So with the lower end of the exact result rounded down, the upper end rounded
// up, and both clamped, the rounded result lies between. Sums are such steps in the order that they are
// formed in; where the order is not the terms', only the format's own range is claimed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <vector>

#include "sim/program/program.hpp"

namespace roundoff::sim {

/// Every value is low .. high steps of the format of its node; low > high: nothing is known.
struct Span {
  std::int64_t low = 1, high = 0;
  bool known() const { return low <= high; }
  bool single() const { return low == high; }
};

class Spans {
 public:
  /// Formats and nodes of the program may still grow.
  explicit Spans(const Program& program) : program_(program) {}

  static bool keeps(const Format& format);

  /// Of a node that is about to be appended: its operands are recorded.
  Span of(const Node& node);
  /// Appends the span of the program's next node.
  void append(Span span) { spans_.push_back(span); }
  const Span& operator[](NodeId node) const { return spans_[node]; }
  /// What is known beside: the node lies in `fact`, too (without effect where nothing is known of its format).
  void narrow(NodeId node, const Span& fact);

  /// Of a dot product of recorded nodes in a format, and of what a span becomes in another one.
  Span dot(std::span<const NodeId> x, std::span<const NodeId> y, const Reduction& reduction,
           std::uint8_t format);
  Span round(const Span& x, std::uint8_t from, std::uint8_t to);
  /// rnd(a - b) of values of the formats `from`.
  Span difference(const Span& a, const Span& b, std::uint8_t from, std::uint8_t to);
  Span applied(Function function, const Span& x, std::uint8_t from, std::uint8_t to);
  /// rnd(x y) of factors in steps of 2^quantum in all, and rnd(a + b) of two members.
  Span product(const Span& x, const Span& y, int quantum, std::uint8_t format) const;
  Span sum(const Span& a, const Span& b, std::uint8_t format) const;
  /// Every member of a format.
  Span all(std::uint8_t format) const { return facts(format).all(); }
  /// A member of a format in steps; unknown where it is none.
  Span point(const Value& value, std::uint8_t format) const;
  Value value(std::int64_t steps, std::uint8_t format) const;

 private:
  struct Facts {
    bool kept = false;
    int quantum = 0;
    std::int64_t lowest = 0, highest = 0;
    Span all() const { return kept ? Span{lowest, highest} : Span{}; }
  };
  const Facts& facts(std::uint8_t format) const;
  Span settled(i128 low, i128 high, int quantum, const Facts& to) const;
  Span in_format(NodeId node, std::uint8_t format) const;
  Span sum(std::span<const NodeId> terms, const Reduction& reduction, std::uint8_t format) const;
  Span product(NodeId x, NodeId y, std::uint8_t format) const;

  const Program& program_;
  mutable std::vector<Facts> facts_;  // by format
  std::vector<Span> spans_;           // by node
  std::map<std::tuple<Function, std::int64_t, std::uint8_t, std::uint8_t>, Span> applied_;
};

}  // namespace roundoff::sim
