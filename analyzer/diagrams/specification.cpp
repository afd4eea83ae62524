// Sums of columns in base B = p^c: T_j = (terms of column j) + carry_j, digit T_j mod B, carry T_j div B.
// Terms are added from the least significant variable up, so that every step puts one variable on top of what
// is there.
#include "analyzer/diagrams/specification.hpp"

#include <algorithm>
#include <stdexcept>

namespace roundoff::diagrams {

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

/// Whether one column of the operands decides one answer token, but for a carry.
bool has_column_sums(std::string_view task) { return task == "add" || task == "iteradd" || task == "mul"; }

}  // namespace

Variables variables(const Task& task, const SequenceShape& shape, bool cut) {
  Variables result{shape, task.base(), std::vector<int>(shape.tokens.size(), -1), {}, {}, {}};
  bool inside = false;
  for (int i = 0; i <= shape.first_output; ++i) {
    const bool digit = shape.tokens[static_cast<std::size_t>(i)][0] < task.base();
    if (digit && !inside) result.operands.emplace_back();
    if (digit) result.operands.back().push_back(i);
    inside = digit;
  }
  if (cut) {
    if (!has_column_sums(task.name())) throw Exhausted{"column sums"};
    // the largest sum of each column, from the numbers of its terms and the largest term
    result.columns = result.answer_tokens();
    const bool product = task.name() == "mul";
    const int term = product ? (task.base() - 1) * (task.base() - 1) : task.base() - 1;
    for (int j = result.columns; j-- > 0;) {
      int terms = 0;
      if (product) {
        for (int i = 0; i <= j; ++i)
          terms += i < static_cast<int>(result.operands[0].size()) &&
                   j - i < static_cast<int>(result.operands[1].size());
      } else {
        for (const auto& operand : result.operands) terms += j < static_cast<int>(operand.size());
      }
      if (terms * term >= 0xffff) throw Exhausted{"values of a column sum"};
      result.arities.push_back(static_cast<std::uint16_t>(terms * term + 1));
      result.position.push_back(-1);
    }
  }
  std::size_t longest = 0;
  for (const auto& operand : result.operands) longest = std::max(longest, operand.size());
  for (std::size_t significance = longest; significance-- > 0;)
    for (const auto& operand : result.operands) {
      if (significance >= operand.size()) continue;
      const int i = operand[operand.size() - 1 - significance];
      const auto& possible = shape.tokens[static_cast<std::size_t>(i)];
      if (possible.size() < 2) continue;
      result.level[static_cast<std::size_t>(i)] = static_cast<int>(result.arities.size());
      result.arities.push_back(static_cast<std::uint16_t>(possible.size()));
      result.position.push_back(i);
    }
  return result;
}

namespace {

// The question's digits as diagrams, and exact integer arithmetic on diagrams.
struct Question {
  const Task& task;
  const Variables& variables;
  Algebra& algebra;
  std::vector<std::vector<Ref>> digits;  // per operand, least significant first
  std::vector<Column>* columns;          // of a cut proof
  Ref integer(std::int64_t number) const { return algebra.constant(Value::integer(number)); }
  Ref plus(Ref f, Ref g) const {
    return algebra.apply(algebra.scalars().code({.kind = Operation::exact_add}), f, g);
  }
  Ref times(Ref f, Ref g) const {
    return algebra.apply(algebra.scalars().code({.kind = Operation::exact_mul}), f, g);
  }
  template <class Function>
  Ref map(Ref f, Function&& function) const {
    Scalars& scalars = algebra.scalars();
    return algebra.replace(f, [&](Id id) { return scalars.integer(function(scalars.to_integer(id))); });
  }
};

// The low `count` base-B digits of sum_j terms(j) B^j, least significant first.
template <class Terms>
std::vector<Ref> digits_of_columns(const Question& q, int count, Terms&& terms) {
  const std::int64_t base = q.variables.base;
  std::vector<Ref> digits;
  Ref carry = q.integer(0);
  for (int j = 0; j < count; ++j) {
    Ref total = carry;
    std::vector<Ref> column = terms(j);
    std::stable_sort(column.begin(), column.end(), [&](Ref f, Ref g) {
      return q.algebra.manager().level(f) > q.algebra.manager().level(g);
    });
    if (q.columns) {
      const auto level = static_cast<std::uint32_t>(q.variables.columns - 1 - j);
      std::vector<Ref> values;
      for (int v = 0; v < q.variables.arities[level]; ++v) values.push_back(q.integer(v));
      q.columns->push_back({q.algebra.manager().node(level, values), column});
      column = {q.columns->back().sum};
    }
    for (const Ref term : column) total = q.plus(term, total);
    digits.push_back(q.map(total, [&](std::int64_t t) { return t % base; }));
    carry = q.map(total, [&](std::int64_t t) { return t / base; });
  }
  return digits;
}

std::vector<Ref> sum_of_operands(const Question& q) {
  return digits_of_columns(q, q.variables.answer_tokens(), [&](int j) {
    std::vector<Ref> column;
    for (const auto& operand : q.digits)
      if (static_cast<std::size_t>(j) < operand.size())
        column.push_back(operand[static_cast<std::size_t>(j)]);
    return column;
  });
}

// The l low digits; where l is no multiple of c, the leading token holds l mod c of them.
std::vector<Ref> product_of_operands(const Question& q) {
  const TaskSize& size = q.task.size();
  const int l = size.l > 0 ? size.l : 2 * size.n;
  std::vector<Ref> digits = digits_of_columns(q, q.variables.answer_tokens(), [&](int j) {
    std::vector<Ref> column;
    for (int i = 0; i <= j; ++i) {
      const auto a = static_cast<std::size_t>(i), b = static_cast<std::size_t>(j - i);
      if (a < q.digits[0].size() && b < q.digits[1].size())
        column.push_back(q.times(q.digits[0][a], q.digits[1][b]));
    }
    return column;
  });
  std::int64_t leading = 1;
  for (int i = 0; i < l % size.c; ++i) leading *= size.p;
  if (leading > 1) digits.back() = q.map(digits.back(), [&](std::int64_t t) { return t % leading; });
  return digits;
}

/// Lines joined by `=`, the last one's least significant digit first.
std::vector<Ref> joined(const Question& q, const std::vector<std::vector<Ref>>& lines) {
  std::vector<Ref> tokens;
  for (std::size_t line = lines.size(); line-- > 0;) {
    tokens.insert(tokens.end(), lines[line].begin(), lines[line].end());
    if (line > 0) tokens.push_back(q.integer(q.task.symbol("=")));
  }
  return tokens;
}

// Each running total anew from the operands, so that no error of one line hides in the next.
std::vector<Ref> sums_written_out(const Question& q) {
  const int lines = static_cast<int>(q.digits.size()) - 1;
  const int length = (q.variables.answer_tokens() + 1) / lines - 1;
  std::vector<std::vector<Ref>> totals;
  for (std::size_t last = 1; last < q.digits.size(); ++last) {
    totals.push_back(digits_of_columns(q, length, [&](int j) {
      std::vector<Ref> column;
      for (std::size_t o = 0; o <= last; ++o)
        if (static_cast<std::size_t>(j) < q.digits[o].size())
          column.push_back(q.digits[o][static_cast<std::size_t>(j)]);
      return column;
    }));
  }
  return joined(q, totals);
}

// After round r of digit t the total is a times the digits of b below t, and min(digit t, r) at t.
std::vector<Ref> products_written_out(const Question& q) {
  const TaskSize& size = q.task.size();
  if (size.c > 1) throw Exhausted{"several digits a token"};
  const int l = size.l > 0 ? size.l : 2 * size.n;
  std::vector<std::vector<Ref>> totals(1, std::vector<Ref>(static_cast<std::size_t>(l), q.integer(0)));
  for (int t = 0; t < size.n; ++t) {
    for (int r = 1; r < size.p; ++r) {
      totals.push_back(digits_of_columns(q, l, [&](int j) {
        std::vector<Ref> column;
        for (int of_b = 0; of_b <= std::min(j, t); ++of_b) {
          const int of_a = j - of_b;
          if (of_a >= size.n) continue;
          const Ref digit = q.digits[1][static_cast<std::size_t>(of_b)];
          const Ref times =
              of_b < t ? digit
                       : q.map(digit, [&](std::int64_t value) { return std::min<std::int64_t>(value, r); });
          column.push_back(q.times(q.digits[0][static_cast<std::size_t>(of_a)], times));
        }
        return column;
      }));
    }
  }
  return joined(q, totals);
}

struct Specification {
  std::string_view task;
  std::vector<Ref> (*answer)(const Question& question);  ///< answer tokens, least significant first
};
constexpr Specification specifications[] = {
    {"add", sum_of_operands},          {"iteradd", sum_of_operands},      {"mul", product_of_operands},
    {"cot-iteradd", sums_written_out}, {"cot-mul", products_written_out},
};

const Specification* find(std::string_view task) {
  for (const Specification& specification : specifications)
    if (specification.task == task) return &specification;
  return nullptr;
}

}  // namespace

bool has_specification(std::string_view task) { return find(task) != nullptr; }

std::vector<Ref> right_tokens(const Task& task, const Variables& variables, Algebra& algebra,
                              std::vector<Column>* columns) {
  const Specification* specification = find(task.name());
  if (!specification) return {};
  Manager& manager = algebra.manager();
  Question q{task, variables, algebra, {}, columns};
  std::vector<Ref> tokens;
  for (int i = 0; i <= variables.shape.first_output; ++i) {
    std::vector<Ref> values;
    for (const Token token : variables.shape.tokens[static_cast<std::size_t>(i)])
      values.push_back(q.integer(token));
    const int level = variables.level[static_cast<std::size_t>(i)];
    tokens.push_back(level < 0 ? values[0] : manager.node(static_cast<std::uint32_t>(level), values));
  }
  for (const auto& positions : variables.operands) {
    q.digits.emplace_back();
    for (std::size_t j = positions.size(); j-- > 0;)
      q.digits.back().push_back(tokens[static_cast<std::size_t>(positions[j])]);
  }
  const std::vector<Ref> answer = specification->answer(q);
  if (static_cast<int>(answer.size()) != variables.answer_tokens())
    throw std::logic_error("the specification's answer has another length than the task's");
  tokens.insert(tokens.end(), answer.rbegin(), answer.rend());
  tokens.push_back(q.integer(task.eos()));
  return tokens;
}

}  // namespace roundoff::diagrams
