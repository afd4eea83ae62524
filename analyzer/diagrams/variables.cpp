// Which positions and quantities are variables, and at which level.
#include <algorithm>

#include "analyzer/diagrams/specification.hpp"

namespace roundoff::analyzer::diagrams {

std::vector<Token> Variables::question(std::span<const std::uint16_t> assignment) const {
  std::vector<Token> tokens;
  for (int i = 0; i <= shape.first_output; ++i) {
    const auto& possible = shape.tokens[static_cast<std::size_t>(i)];
    const int at = level[static_cast<std::size_t>(i)];
    tokens.push_back(at < 0 ? possible[0] : possible[assignment[static_cast<std::size_t>(at)]]);
  }
  return tokens;
}

namespace {

// Runs of digit tokens at positions first .. last.
std::vector<std::vector<int>> runs(const SequenceShape& shape, int base, int first, int last) {
  std::vector<std::vector<int>> found;
  bool inside = false;
  for (int i = first; i <= last; ++i) {
    const bool digit = shape.tokens[static_cast<std::size_t>(i)][0] < static_cast<Token>(base);
    if (digit && !inside) found.emplace_back();
    if (digit) found.back().push_back(i);
    inside = digit;
  }
  return found;
}

// The largest sum of each group, from the numbers of the columns' terms and the largest term.
void add_groups(Variables& result, bool product, int width) {
  const int columns = result.answer_tokens();
  result.width = width;
  result.groups = (columns + width - 1) / width;
  const std::int64_t term = product ? (result.base - 1) * (result.base - 1) : result.base - 1;
  for (int group = result.groups; group-- > 0;) {
    std::int64_t most = 0, weight = 1;
    for (int j = group * width; j < std::min(columns, (group + 1) * width); ++j, weight *= result.base) {
      std::int64_t terms = 0;
      if (product) {
        for (int i = 0; i <= j; ++i)
          terms += i < static_cast<int>(result.operands[0].size()) &&
                   j - i < static_cast<int>(result.operands[1].size());
      } else {
        for (const auto& operand : result.operands) terms += j < static_cast<int>(operand.size());
      }
      most += weight * terms * term;
      if (most >= 0xffff) throw Exhausted{"values of a sum of columns"};
    }
    result.arities.push_back(static_cast<std::uint16_t>(most + 1));
    result.position.push_back(-1);
  }
}

}  // namespace

Variables variables(const Task& task, const SequenceShape& shape, Cut cut, int part) {
  Variables result;
  result.shape = shape;
  result.base = task.base();
  result.level.assign(shape.tokens.size(), -1);
  result.operands = runs(shape, result.base, 0, shape.first_output);
  result.lines = runs(shape, result.base, shape.first_output + 1, shape.positions() - 1);
  if (cut == Cut::columns) add_groups(result, task.name() == "mul", part);
  std::vector<std::vector<int>> numbers = result.operands;
  if (cut == Cut::lines) {
    result.line = part;
    numbers.insert(numbers.end(), result.lines.begin(), result.lines.begin() + part);
  }
  std::size_t longest = 0;
  for (const auto& number : numbers) longest = std::max(longest, number.size());
  for (std::size_t significance = longest; significance-- > 0;)
    for (const auto& number : numbers) {
      if (significance >= number.size()) continue;
      const int i = number[number.size() - 1 - significance];
      const auto& possible = shape.tokens[static_cast<std::size_t>(i)];
      if (possible.size() < 2) continue;
      result.level[static_cast<std::size_t>(i)] = static_cast<int>(result.arities.size());
      result.arities.push_back(static_cast<std::uint16_t>(possible.size()));
      result.position.push_back(i);
    }
  return result;
}

}  // namespace roundoff::analyzer::diagrams
