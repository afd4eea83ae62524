// What a step is trained on: sequences of tokens, one after the other. A *lane* is a position of a sequence; lanes are
// ordered sequence by sequence, in each from its first position on.
#pragma once

#include <vector>

#include "training/names.hpp"

#include "sim/model/model.hpp"

namespace roundoff::training {

struct Batch {
  struct Sequence {
    std::size_t first = 0;   ///< lane
    std::size_t length = 0;  ///< positions
  };
  std::vector<Sequence> sequences;
  std::vector<Token> tokens;  ///< by lane
  std::vector<int> targets;   ///< by lane: the token to be predicted there, -1 where none is

  std::size_t lanes() const { return tokens.size(); }
  /// Appends a sequence: its tokens and, of the same number, its targets.
  void add(const std::vector<Token>& sequence, const std::vector<int>& wanted) {
    sequences.push_back({tokens.size(), sequence.size()});
    tokens.insert(tokens.end(), sequence.begin(), sequence.end());
    targets.insert(targets.end(), wanted.begin(), wanted.end());
  }
  std::size_t target_count() const {
    std::size_t count = 0;
    for (const int target : targets) count += target >= 0 ? 1 : 0;
    return count;
  }
};

}  // namespace roundoff::training
