// What a task's right answers are, as diagrams over the question's tokens: from column sums and carries in
// exact integers, independent of any model and of Task::answer (a test compares the two).
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "analyzer/diagrams/interpreter.hpp"
#include "constructions/task.hpp"

namespace roundoff::diagrams {

/// Where the question's variables stand. A variable is a position that holds one of several digit tokens; its
/// level in the diagrams goes by significance, the most significant at the root, operands interleaved (a
/// column of digits is consecutive): least significant first costs 15 times at n = 32, one operand before the
/// other is exponential.
struct Variables {
  SequenceShape shape;
  int base = 2;            ///< p^c
  std::vector<int> level;  ///< by position; -1: not a variable
  std::vector<std::vector<int>>
      operands;                        ///< positions of each operand's digit tokens, most significant first
  std::vector<std::uint16_t> arities;  ///< by level
  std::vector<int> position;           ///< by level; -1: a column sum
  /// In a cut proof the first levels are the column sums, one an answer token, most significant first.
  int columns = 0;

  int answer_tokens() const { return shape.positions() - shape.first_output - 1; }
  /// The question that an assignment of the variables stands for.
  std::vector<Token> question(std::span<const std::uint16_t> assignment) const;
};
/// `cut`: with the column sums as variables too (UsageError where the task has none).
Variables variables(const Task& task, const SequenceShape& shape, bool cut = false);

/// One diagram a position, whose terminals are token ids: the question's variables and symbols, then the
/// right answer (teacher forcing); one more at the end for <eos>. So entry i + 1 is what the output at
/// position i must be. Empty when the task has no symbolic specification.
/// In a cut proof the answer is computed from the column sums, and `columns` receives them.
std::vector<Ref> right_tokens(const Task& task, const Variables& variables, Algebra& algebra,
                              std::vector<Column>* columns = nullptr);
bool has_specification(std::string_view task);

}  // namespace roundoff::diagrams
