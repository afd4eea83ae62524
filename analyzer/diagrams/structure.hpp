// What a task's answer is made of, found by running its specification (constructions/tasks/specification.hpp) on
// bounds instead of numbers: which columns of digits or products it sums, and how many lines it writes. From
// this a proof takes its cuts.
#pragma once

#include <cstdint>
#include <vector>

#include "analyzer/names.hpp"
#include "constructions/tasks/task.hpp"

namespace roundoff::analyzer::diagrams {

struct Structure {
  /// One term of a column: it takes values 0 .. most, and depends on the tokens at these positions.
  struct Term {
    std::int64_t most = 0;
    std::vector<int> positions;  ///< ascending
    bool digit = false;          ///< it is the token at its one position
    friend bool operator==(const Term&, const Term&) = default;
  };
  using Columns = std::vector<std::vector<Term>>;

  bool specified = false;  ///< the task has a specification
  /// The columns whose sums the answer is, by significance, each term a function of one or two tokens; empty where
  /// it is no such sum, or where a term's bounds are not known.
  Columns columns;
  int lines = 0;  ///< that it writes on the way, one after the other

  /// Every term is a digit, and no digit stands in two columns: so sums of columns occur in any combination.
  bool independent() const;
  /// A sum of a column says less than its terms do: a cut at the sums is worth trying.
  bool worth_cutting() const;
};

/// Positions of each operand's digit tokens in the question, and of each line's in the answer, most significant
/// first.
struct Runs {
  std::vector<std::vector<int>> operands, lines;
};
Runs runs_of(const Task& task, const SequenceShape& shape);

Structure structure_of(const Task& task, const SequenceShape& shape);

}  // namespace roundoff::analyzer::diagrams
