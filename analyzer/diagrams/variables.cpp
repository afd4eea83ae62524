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

// The largest sum of each group of columns.
void add_groups(Variables& result, int width) {
  const Structure::Columns& sums = result.structure.columns;
  const int columns = static_cast<int>(sums.size());
  result.width = width;
  result.groups = (columns + width - 1) / width;
  for (int at = 0; at < result.groups; ++at) {
    const int group = result.group_of_level(at);
    std::int64_t most = 0, weight = 1;
    for (int j = group * width; j < std::min(columns, (group + 1) * width); ++j, weight *= result.base) {
      for (const Structure::Term& term : sums[static_cast<std::size_t>(j)]) most += weight * term.most;
      if (most >= 0xffff) throw Exhausted{{Reason::column_sums}};
    }
    result.arities.push_back(static_cast<std::uint16_t>(most + 1));
    result.position.push_back(-1);
  }
}

}  // namespace

Variables variables(const Task& task, const SequenceShape& shape, Cut cut, int part, Significance order) {
  Variables result;
  result.order = order;
  result.shape = shape;
  result.base = task.base();
  result.level.assign(shape.tokens.size(), -1);
  Runs runs = runs_of(task, shape);
  result.operands = std::move(runs.operands);
  result.lines = std::move(runs.lines);
  if (cut != Cut::none) result.structure = structure_of(task, shape);
  if (cut == Cut::columns) add_groups(result, part);
  std::vector<std::vector<int>> numbers = result.operands;
  if (cut == Cut::lines) {
    result.line = part;
    numbers.insert(numbers.end(), result.lines.begin(), result.lines.begin() + part);
  }
  std::size_t longest = 0;
  for (const auto& number : numbers) longest = std::max(longest, number.size());
  for (std::size_t step = 0; step < longest; ++step) {
    const std::size_t significance = order == Significance::least_first ? step : longest - 1 - step;
    for (const auto& number : numbers) {
      if (significance >= number.size()) continue;
      const int i = number[number.size() - 1 - significance];
      const auto& possible = shape.tokens[static_cast<std::size_t>(i)];
      if (possible.size() < 2) continue;
      result.level[static_cast<std::size_t>(i)] = static_cast<int>(result.arities.size());
      result.arities.push_back(static_cast<std::uint16_t>(possible.size()));
      result.position.push_back(i);
    }
  }
  return result;
}

}  // namespace roundoff::analyzer::diagrams
