// What dots of two vectors of diagrams are made of (products.cpp); of use to the interpreter alone.
#pragma once

#include <array>
#include <limits>
#include <unordered_map>
#include <vector>

#include "analyzer/diagrams/interpreter.hpp"

namespace roundoff::analyzer::diagrams {

/// A vector of diagrams as one diagram of tuples, and the spans of its entries below each of its nodes.
struct Interpreter::Side {
  std::vector<Ref> parts;
  Ref tuple = no_ref;
  std::vector<sim::Span> spans;  ///< of each node's entries, one after the other
  std::unordered_map<Ref, std::size_t> row;

  const sim::Span* of(Ref node) const { return spans.data() + row.at(node); }
};

struct Interpreter::TwoSides {
  struct Factor {
    bool constant = false;
    std::size_t place = 0;  ///< in its side
    Id id = 0;              ///< of a constant
    sim::Span span;
  };
  struct Term {
    std::array<Factor, 2> factors;
    int quantum = 0;  ///< a product is a multiple of 2^quantum
  };
  std::vector<Term> terms;
  const Side* sides[2] = {nullptr, nullptr};
  std::uint8_t format = 0;
  bool bounded = false;  ///< spans mean something for these formats
};

/// Scores that count nothing beside `score` need not be told from one another.
struct Interpreter::Floor {
  Id score, nothing;
  std::uint32_t exp;  ///< the code of exp(s - m)
  std::int64_t below =
      std::numeric_limits<std::int64_t>::min();  ///< in steps of the scores: these count nothing
};

struct Interpreter::Contest {
  NodeId max = no_node, sum = no_node;
  std::uint8_t softmax = 0, quotient = 0;
  std::vector<NodeId> scores, values;  ///< by key; no_node: the value is 0
  /// Of a score that is a dot whose factors are computed and that is not: its terms. Else empty.
  std::vector<std::vector<std::size_t>> terms;
  std::size_t kind = 0;
};

}  // namespace roundoff::analyzer::diagrams
