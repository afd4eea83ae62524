// Byte-pair encoding of one word (Sennrich et al. 2016): of all neighbours, the pair with the lowest rank is joined, the
// leftmost first, until none is left that the table has.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "sim/model/model.hpp"

namespace roundoff::sim {

class BytePairs {
 public:
  /// Ranks in the order of calls; a pair that is there keeps its rank.
  void add(Token left, Token right, Token joined);
  /// `symbols`, joined. Time n log n.
  std::vector<Token> join(const std::vector<Token>& symbols) const;

 private:
  struct Merge {
    std::uint32_t rank;
    Token joined;
  };
  static std::uint64_t key(Token left, Token right) { return std::uint64_t{left} << 32 | right; }
  std::unordered_map<std::uint64_t, Merge> merges_;
};

}  // namespace roundoff::sim
