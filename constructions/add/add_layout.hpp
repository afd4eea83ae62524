// Where the digits of ADD stand. Digit t has weight B^t, B = p^c; an operand has n tokens and the answer L.
// `+` doubles as digit n of both operands (value 0), so that the top output digit needs no special case, and
// `=` predicts that digit.
#pragma once

#include "constructions/tasks/task.hpp"

namespace roundoff::constructions {

struct AddLayout {
  explicit AddLayout(const TaskSize& size)
      : n((size.n + size.c - 1) / size.c), answer((size.n + size.c) / size.c) {}

  int n;       ///< tokens per operand
  int answer;  ///< tokens of the answer: ceil((n+1)/c)

  int a(int t) const { return n - 1 - t; }
  int plus() const { return n; }
  int b(int t) const { return 2 * n - t; }
  int equals() const { return 2 * n + 1; }
  /// The position that predicts digit i, 0 <= i < answer.
  int output(int i) const { return 2 * n + answer - i; }
  /// The position of the last answer token, which predicts <eos>.
  int end() const { return 2 * n + 1 + answer; }
  int positions() const { return end() + 1; }
};

}  // namespace roundoff::constructions
