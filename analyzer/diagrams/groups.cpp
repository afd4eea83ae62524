// How wide the groups of columns are that a program sums up: what a cut proof takes as its variables. Designs
// sum groups of m columns, B^m at least the greatest carry; with the groups' sums as variables a proof has
// one level a group where it had m, and the numbers in between do not occur.
//
// Read off the program without running it: of the nodes that are linear (sums, and products with constants)
// in terms that read what one term of a column reads (a digit, or two that are multiplied), which columns do
// they sum? A wrong guess costs time only, for a cut stands on proofs of its own (cuts.cpp).
#include <algorithm>
#include <array>
#include <bitset>
#include <cmath>
#include <map>
#include <set>

#include "analyzer/diagrams/specification.hpp"
#include "sim/passes/rewriter.hpp"

namespace roundoff::analyzer::diagrams {
namespace {

constexpr int most_columns = 512;
/// A variable with more values costs more than a few variables with fewer.
constexpr double most_values = 512;

class Groups {
 public:
  Groups(const Program& program, const Task& task)
      : program_(program), base_(task.base()), structure_(structure_of(task, program.shape)) {
    for (const std::vector<int>& operand : runs_of(task, program.shape).operands)
      digits_.insert(operand.begin(), operand.end());
    for (std::size_t j = 0; j < structure_.columns.size(); ++j) {
      std::int64_t most = 0;
      for (const Structure::Term& term : structure_.columns[j]) {
        most += term.most;
        column_.try_emplace(term.positions, static_cast<int>(j));
      }
      greatest_column_ = std::max(greatest_column_, most);
    }
    for (const Node& node : program.nodes) read(node);
  }

  int width() const {
    std::map<int, std::set<int>> starts;  // of each width
    for (const Read& read : reads_) {
      if (!read.linear || read.columns.none()) continue;
      int low = 0, high = most_columns - 1;
      while (!read.columns[static_cast<std::size_t>(low)]) ++low;
      while (!read.columns[static_cast<std::size_t>(high)]) --high;
      const int width = high - low + 1;
      if (low % width == 0 && read.columns.count() == static_cast<std::size_t>(width))
        starts[width].insert(low);
    }
    int best = 1;
    std::size_t covered = 0;
    for (const auto& [width, set] : starts)
      if (width > 1 && greatest(width) < most_values &&
          set.size() * static_cast<std::size_t>(width) > covered) {
        covered = set.size() * static_cast<std::size_t>(width);
        best = width;
      }
    return best;
  }

 private:
  struct Read {
    std::array<int, 2> positions{-1, -1};  ///< that hold digits, at most two ...
    bool many = false;                     ///< ... or more
    bool linear = true;
    std::bitset<most_columns> columns;  ///< that it sums, if linear
  };

  /// About the greatest sum of a group.
  double greatest(int width) const {
    const double base = base_;
    return static_cast<double>(greatest_column_) * (std::pow(base, width) - 1) / (base - 1);
  }

  // Of a function of few digits: the column that it is a term of.
  static void add_position(Read& read, int position) {
    for (int& known : read.positions) {
      if (known == position) return;
      if (known < 0) {
        known = position;
        return;
      }
    }
    read.many = true;
  }

  void as_leaf(Read& read) const {
    read.columns.reset();
    read.linear = !read.many;
    if (read.many || read.positions[0] < 0) return;
    std::vector<int> positions;
    for (const int position : read.positions)
      if (position >= 0) positions.push_back(position);
    std::sort(positions.begin(), positions.end());
    const auto found = column_.find(positions);
    read.linear = found != column_.end() && found->second < most_columns;
    if (read.linear) read.columns.set(static_cast<std::size_t>(found->second));
  }

  bool constant(NodeId node) const { return program_.nodes[node].op == Op::constant; }

  void read(const Node& node) {
    Read result;
    if (node.op == Op::embed) {
      const int position = static_cast<int>(node.a);
      if (position > program_.shape.first_output)
        result.many = true;
      else if (digits_.contains(position))
        add_position(result, position);
      as_leaf(result);
      reads_.push_back(result);
      return;
    }
    for_operands(program_, node, [&](NodeId operand) {
      const Read& from = reads_[operand];
      result.many = result.many || from.many;
      for (const int position : from.positions)
        if (position >= 0) add_position(result, position);
      result.columns |= from.columns;
      result.linear = result.linear && from.linear;
    });
    bool sums = node.op == Op::add || node.op == Op::sub || node.op == Op::sum || node.op == Op::round;
    if (node.op == Op::mul) sums = constant(node.a) || constant(node.b);
    if (node.op == Op::dot) {
      sums = true;
      for (std::uint32_t j = 0; j < node.c; ++j)
        sums = sums && (constant(program_.operands[node.a + j]) || constant(program_.operands[node.b + j]));
    }
    if (!sums || !result.linear) as_leaf(result);
    reads_.push_back(result);
  }

  const Program& program_;
  int base_;
  Structure structure_;
  std::set<int> digits_;                    ///< positions of the operands
  std::map<std::vector<int>, int> column_;  ///< of the term that reads these positions
  std::int64_t greatest_column_ = 0;        ///< sum of a column, at most
  std::vector<Read> reads_;
};

}  // namespace

int group_width(const Program& program, const Task& task) { return Groups(program, task).width(); }

}  // namespace roundoff::analyzer::diagrams
