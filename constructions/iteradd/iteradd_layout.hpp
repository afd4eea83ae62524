// Where the digits of IterADD stand. Digit t has weight B^t, B = p^c; an operand has n tokens and the answer
// `answer`.
#pragma once

#include "constructions/tasks/digits.hpp"
#include "constructions/tasks/task.hpp"

namespace roundoff::constructions {

struct IterAddLayout {
  explicit IterAddLayout(const TaskSize& size)
      : n((size.n + size.c - 1) / size.c),
        k(size.k),
        answer((size.n + ceil_log(size.p, static_cast<std::uint64_t>(size.k)) + size.c - 1) / size.c) {}

  int n;       ///< tokens per operand
  int k;       ///< operands
  int answer;  ///< tokens of the answer

  /// Digit t of operand j, 0 <= j < k.
  int digit(int j, int t) const { return j * (n + 1) + n - 1 - t; }
  /// The symbol after operand j: `+`, or `=` after the last.
  int symbol(int j) const { return j * (n + 1) + n; }
  int equals() const { return symbol(k - 1); }
  /// The position that predicts digit i, 0 <= i < answer.
  int output(int i) const { return equals() + answer - 1 - i; }
  /// The position of the last answer token, which predicts <eos>.
  int end() const { return equals() + answer; }
  int positions() const { return end() + 1; }
};

}  // namespace roundoff::constructions
