// Cuts: which few values a node is a function of; and that function as a table, from the operations between (its cone).
#pragma once

#include <array>
#include <optional>
#include <tuple>
#include <vector>

#include "sim/passes/intervals.hpp"

namespace roundoff::sim {

/// A token at a position, or a node with few possible values.
using Leaf = std::uint32_t;
constexpr Leaf token_bit = 0x80000000;
constexpr Leaf token_leaf(std::uint32_t position) { return token_bit | position; }
constexpr bool is_token(Leaf leaf) { return (leaf & token_bit) != 0; }
constexpr std::uint32_t position_of(Leaf leaf) { return leaf & ~token_bit; }

/// A set of leaves through which all inputs of a node pass.
struct Cut {
  static constexpr std::size_t most_leaves = 3;

  std::array<Leaf, most_leaves> leaves{};  ///< increasing
  std::uint8_t count = 0;
  std::uint32_t entries = 1;  ///< the product of the leaves' spans

  friend bool operator==(const Cut&, const Cut&) = default;
  friend bool operator<(const Cut& a, const Cut& b) {
    return std::tie(a.leaves, a.count, a.entries) < std::tie(b.leaves, b.count, b.entries);
  }
};

/// The values that leaves can have, as places on a grid: of a token, its place among those allowed; of a
/// node, the multiples of its quantum in its interval.
class Leaves {
 public:
  Leaves(const Program& program, const std::vector<Range>& ranges);

  /// Places of the grid; 0 where it is no leaf: too many, or maybe NaN or infinite, or a constant.
  std::uint32_t span(Leaf leaf) const {
    return is_token(leaf) ? token_span_[position_of(leaf)] : node_span_[leaf];
  }

  struct Domain {
    std::vector<Value>
        values;  ///< of a node: every member on the grid, -0 too where it may be; of a token: none
    std::vector<std::uint32_t> places;  ///< of each value or allowed token; -0 and +0 share one
  };
  Domain domain(Leaf leaf) const;

  /// The union of two cuts, or nothing when it has too many leaves or entries.
  std::optional<Cut> join(const Cut& a, const Cut& b) const;
  /// The cut of one leaf, or nothing.
  std::optional<Cut> single(Leaf leaf) const;

 private:
  const Program& program_;
  const std::vector<Range>& ranges_;
  std::vector<std::uint32_t> token_span_, node_span_;
};

/// A function of the leaves of a cut. Entry j belongs to one combination of leaf values, the last leaf
/// varying fastest.
struct LookUp {
  struct Entry {
    std::uint32_t place;          ///< sum over leaves of place * (product of the spans of later leaves)
    std::optional<Value> result;  ///< nothing where the combination cannot occur
  };
  std::vector<Entry> entries;
};

/// Tables of nodes that share a cut; nothing for a node that has no table over it (tabulate.cpp).
std::vector<std::optional<LookUp>> look_ups(const Program& program, const Leaves& leaves, const Cut& cut,
                                            const std::vector<NodeId>& nodes);

}  // namespace roundoff::sim
