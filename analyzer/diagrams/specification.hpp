// What a task's right answers are, as diagrams over the question's tokens: the task's own specification
// (Task::specification) run on diagrams, independent of any model and of Task::answer (a test compares the two).
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "analyzer/diagrams/cut.hpp"
#include "analyzer/diagrams/interpreter.hpp"
#include "analyzer/diagrams/structure.hpp"
#include "analyzer/names.hpp"
#include "constructions/tasks/task.hpp"

namespace roundoff::analyzer::diagrams {

/// Which digits stand at the root of the diagrams. Neither order is the better one for all: what "the nearest
/// column above" is takes n nodes one way and n^2 the other, and the columns below it the other way round.
enum class Significance : std::uint8_t { least_first, most_first };

/// Where the variables stand. A variable is a position that holds one of several digit tokens; its level in
/// the diagrams goes by significance, operands interleaved (a column of digits is consecutive): one operand
/// before the other is exponential.
struct Variables {
  SequenceShape shape;
  int base = 2;            ///< p^c
  std::vector<int> level;  ///< by position; -1: not a variable
  std::vector<std::vector<int>>
      operands;                        ///< positions of each operand's digit tokens, most significant first
  std::vector<std::uint16_t> arities;  ///< by level
  std::vector<int> position;           ///< by level; -1: a sum of columns
  Significance order = Significance::least_first;
  /// Cut::columns: the first levels are the sums c_j + B c_(j+1) + .. of groups of `width` columns, j a
  /// multiple of it, in the same order; `groups` of them.
  int groups = 0, width = 1;
  Structure structure;  ///< under a cut
  /// Cut::lines: the line that is proved; the tokens of earlier lines are variables.
  int line = -1;
  std::vector<std::vector<int>> lines;  ///< positions of each line's digit tokens, most significant first

  /// The level of a group's sum, counted from the least significant one, and the group of a level.
  int level_of_group(int group) const {
    return order == Significance::least_first ? group : groups - 1 - group;
  }
  int group_of_level(int at) const { return level_of_group(at); }

  int answer_tokens() const { return shape.positions() - shape.first_output - 1; }
  /// The question that an assignment of the variables stands for.
  std::vector<Token> question(std::span<const std::uint16_t> assignment) const;
};

/// How a proof of sequences of this shape may be cut; `none` where there is no cut.
Cut cut_of(const Task& task, const SequenceShape& shape);
/// `part`: under Cut::columns how many of them make a group, under Cut::lines which one is proved.
Variables variables(const Task& task, const SequenceShape& shape, Cut cut = Cut::none, int part = 1,
                    Significance order = Significance::least_first);
/// The width of groups of columns that a program sums up (1: none), for Cut::columns: a guess from which
/// digits its linear nodes read (groups.cpp).
int group_width(const Program& program, const Task& task);

/// One diagram a position, whose terminals are token ids: the question's variables and symbols, then the
/// right answer (teacher forcing); one more at the end for <eos>. So entry i + 1 is what the output at
/// position i must be. Empty when the task has no symbolic specification.
/// Under Cut::columns the answer is computed from the groups' sums, and `columns` receives them. Under
/// Cut::lines the tokens of earlier lines are variables, and later ones are not given: no_ref.
std::vector<Ref> right_tokens(const Task& task, const Variables& variables, Algebra& algebra,
                              std::vector<Column>* columns = nullptr);
bool has_specification(const Task& task);

/// 1 on the assignments that the task admits as inputs, else 0; no_ref where it admits all.
Ref admitted(const Task& task, const Variables& variables, Algebra& algebra);

}  // namespace roundoff::analyzer::diagrams
