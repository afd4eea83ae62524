// How wide the groups of columns are that a program sums up: what a cut proof takes as its variables. Designs
// sum groups of m columns, B^m at least the greatest carry; with the groups' sums as variables a proof has
// one level a group where it had m, and the numbers in between do not occur.
//
// Read off the program without running it: of the nodes that are linear (sums, and products with constants)
// in terms that read one digit, or for products one digit of each operand, which columns do they sum? A wrong
// guess costs time only, for a cut stands on proofs of its own (cuts.cpp).
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
      : program_(program), product_(task.name() == "mul"), places_(variables(task, program.shape)) {
    for (std::size_t o = 0; o < places_.operands.size(); ++o)
      for (std::size_t i = 0; i < places_.operands[o].size(); ++i)
        digit_[places_.operands[o][i]] = {o, static_cast<int>(places_.operands[o].size() - 1 - i)};
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
    const double base = places_.base, terms = static_cast<double>(places_.operands[0].size());
    const double column = product_ ? terms * (base - 1) * (base - 1)
                                   : static_cast<double>(places_.operands.size()) * (base - 1);
    return column * (std::pow(base, width) - 1) / (base - 1);
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
    const auto first = digit_.at(read.positions[0]);
    int column = first.second;
    if (product_ != (read.positions[1] >= 0)) {
      read.linear = false;
      return;
    }
    if (product_) {
      const auto second = digit_.at(read.positions[1]);
      read.linear = first.first != second.first;
      column += second.second;
    }
    if (column >= most_columns) read.linear = false;
    if (read.linear) read.columns.set(static_cast<std::size_t>(column));
  }

  bool constant(NodeId node) const { return program_.nodes[node].op == Op::constant; }

  void read(const Node& node) {
    Read result;
    if (node.op == Op::embed) {
      const int position = static_cast<int>(node.a);
      if (position > program_.shape.first_output)
        result.many = true;
      else if (digit_.contains(position))
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
  bool product_;
  Variables places_;
  std::map<int, std::pair<std::size_t, int>> digit_;  ///< by position: operand and significance
  std::vector<Read> reads_;
};

}  // namespace

int group_width(const Program& program, const Task& task) { return Groups(program, task).width(); }

}  // namespace roundoff::analyzer::diagrams
