// See structure.hpp.
#include "analyzer/diagrams/structure.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

namespace roundoff::analyzer::diagrams {
namespace {

constexpr std::int64_t unknown = -1;  ///< of Structure::Term::most
/// Functions of one integer are bounded by trying all of its values, up to this many.
constexpr std::int64_t most_tried = 4096;

class Bounds final : public Integers {
 public:
  explicit Bounds(Structure& structure) : structure_(structure) {}

  constructions::Term digit(int position, std::int64_t most) { return keep({most, {position}, true}); }

  constructions::Term constant(std::int64_t value) override {
    return keep({value < 0 ? unknown : value, {}, false});
  }
  constructions::Term plus(constructions::Term a, constructions::Term b) override {
    return join(a, b, [](std::int64_t x, std::int64_t y) { return x + y; });
  }
  constructions::Term times(constructions::Term a, constructions::Term b) override {
    return join(a, b, [](std::int64_t x, std::int64_t y) {
      return y != 0 && x > std::numeric_limits<std::int32_t>::max() / y ? unknown : x * y;
    });
  }
  constructions::Term map(constructions::Term a,
                          const std::function<std::int64_t(std::int64_t)>& function) override {
    Structure::Term result = of(a);
    result.digit = false;
    const std::int64_t values = result.most;
    if (values > most_tried) result.most = unknown;
    if (result.most != unknown) {
      result.most = 0;
      std::int64_t least = 0;
      for (std::int64_t x = 0; x <= values; ++x) {
        const std::int64_t y = function(x);
        result.most = std::max(result.most, y);
        least = std::min(least, y);
      }
      if (least < 0) result.most = unknown;
    }
    return keep(std::move(result));
  }
  constructions::Term map(constructions::Term a, constructions::Term b,
                          const std::function<std::int64_t(std::int64_t, std::int64_t)>&) override {
    return join(a, b, [](std::int64_t, std::int64_t) { return unknown; });
  }

  Number digits_of_columns(std::int64_t base, int count,
                           const std::function<std::vector<constructions::Term>(int)>& column) override {
    Structure::Columns columns;
    bool known = true;
    for (int j = 0; j < count; ++j) {
      columns.emplace_back();
      for (const constructions::Term term : column(j)) {
        const Structure::Term& bounds = of(term);
        known = known && bounds.most != unknown && !bounds.positions.empty() && bounds.positions.size() <= 2;
        columns.back().push_back(bounds);
      }
    }
    // Two sums are not one sum: the first of them would hide the second's columns.
    if (summed_) known = false;
    summed_ = true;
    structure_.columns = known ? std::move(columns) : Structure::Columns{};
    return Number(static_cast<std::size_t>(count), keep({base - 1, {}, false}));
  }
  Number line(int tokens, const std::function<Number()>&) override {
    ++structure_.lines;
    return Number(static_cast<std::size_t>(tokens), keep({unknown, {}, false}));
  }

 private:
  const Structure::Term& of(constructions::Term term) const { return terms_[static_cast<std::size_t>(term)]; }
  constructions::Term keep(Structure::Term term) {
    terms_.push_back(std::move(term));
    return static_cast<constructions::Term>(terms_.size() - 1);
  }
  template <class Join>
  constructions::Term join(constructions::Term a, constructions::Term b, Join&& most) {
    const Structure::Term &x = of(a), &y = of(b);
    Structure::Term result;
    result.most = x.most == unknown || y.most == unknown ? unknown : most(x.most, y.most);
    std::set_union(x.positions.begin(), x.positions.end(), y.positions.begin(), y.positions.end(),
                   std::back_inserter(result.positions));
    return keep(std::move(result));
  }

  Structure& structure_;
  std::vector<Structure::Term> terms_;
  bool summed_ = false;
};

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

}  // namespace

bool Structure::independent() const {
  std::vector<int> seen;
  for (const std::vector<Term>& column : columns)
    for (const Term& term : column) {
      if (!term.digit) return false;
      seen.push_back(term.positions.front());
    }
  std::sort(seen.begin(), seen.end());
  return std::adjacent_find(seen.begin(), seen.end()) == seen.end();
}

// Two small digits are no more than their sum.
bool Structure::worth_cutting() const {
  return std::any_of(columns.begin(), columns.end(), [](const std::vector<Term>& column) {
    return column.size() > 2 || std::any_of(column.begin(), column.end(),
                                            [](const Term& term) { return !term.digit || term.most > 2; });
  });
}

Runs runs_of(const Task& task, const SequenceShape& shape) {
  Runs found{runs(shape, task.base(), 0, shape.first_output),
             runs(shape, task.base(), shape.first_output + 1, shape.positions() - 1)};
  if (task.least_first())
    for (std::vector<int>& operand : found.operands) std::reverse(operand.begin(), operand.end());
  return found;
}

Structure structure_of(const Task& task, const SequenceShape& shape) {
  Structure structure;
  Bounds bounds(structure);
  std::vector<Number> operands;
  for (const std::vector<int>& positions : runs_of(task, shape).operands) {
    Number& digits = operands.emplace_back();
    for (std::size_t j = positions.size(); j-- > 0;) {
      const std::vector<Token>& possible = shape.tokens[static_cast<std::size_t>(positions[j])];
      digits.push_back(bounds.digit(positions[j], possible.back()));
    }
  }
  structure.specified = !task.specification(bounds, operands).empty();
  if (structure.lines > 0) structure.columns.clear();
  return structure;
}

}  // namespace roundoff::analyzer::diagrams
