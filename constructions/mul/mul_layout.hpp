// Where the digits of MUL stand. Digit t has weight B^t, B = p^c; an operand has n tokens and the answer
// `answer`, the low ones of the product. Where c does not divide l, the leading answer token holds l mod c
// digits only.
#pragma once

#include "constructions/tasks/digits.hpp"
#include "constructions/tasks/task.hpp"

namespace roundoff::constructions {

struct MulLayout {
  explicit MulLayout(const TaskSize& size)
      : base(static_cast<int>(power(size.p, size.c))),
        n((size.n + size.c - 1) / size.c),
        answer((length(size) + size.c - 1) / size.c),
        top_base(static_cast<int>(power(size.p, (length(size) - 1) % size.c + 1))) {}

  int base;      ///< B
  int n;         ///< tokens per operand
  int answer;    ///< tokens of the answer
  int top_base;  ///< the leading answer token is below this: B, or p^(l mod c)

  int a(int t) const { return n - 1 - t; }
  int times() const { return n; }
  int b(int t) const { return 2 * n - t; }
  int equals() const { return 2 * n + 1; }
  /// The position that predicts digit i, 0 <= i < answer.
  int output(int i) const { return equals() + answer - 1 - i; }
  /// The position of the last answer token, which predicts <eos>.
  int end() const { return equals() + answer; }
  int positions() const { return end() + 1; }

 private:
  static int length(const TaskSize& size) { return size.l == 0 ? 2 * size.n : size.l; }
};

}  // namespace roundoff::constructions
