// Sums of columns in base B = p^c: T_j = (terms of column j) + carry_j, digit T_j mod B, carry T_j div B; or
// of groups of columns. Terms are added from the least significant variable up, so that every step puts one
// variable on top of what is there.
#include "analyzer/diagrams/specification.hpp"

#include <algorithm>
#include <stdexcept>

namespace roundoff::analyzer::diagrams {

namespace {

// A number, as diagrams of its digits, least significant first.
using Number = std::vector<Ref>;

// The question's digits as diagrams, and exact integer arithmetic on diagrams.
struct Operands {
  const Task& task;
  const Variables& variables;
  Algebra& algebra;
  std::vector<Number> digits;    // per operand, tokens
  std::vector<Number> lines;     // under Cut::lines: of the lines before the one that is proved
  std::vector<Column>* columns;  // under Cut::columns
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
  Ref sum(std::vector<Ref> terms, Ref total) const {
    std::stable_sort(terms.begin(), terms.end(),
                     [&](Ref f, Ref g) { return algebra.manager().level(f) > algebra.manager().level(g); });
    for (const Ref term : terms) total = plus(term, total);
    return total;
  }
};

std::int64_t power(std::int64_t base, int exponent) {
  std::int64_t result = 1;
  for (int i = 0; i < exponent; ++i) result *= base;
  return result;
}

// The low `count` digits of sum_j terms(j) base^j.
template <class Terms>
Number digits_of_columns(const Operands& q, std::int64_t base, int count, Terms&& terms) {
  Number digits;
  Ref carry = q.integer(0);
  const int width = q.columns ? q.variables.width : 1;
  for (int first = 0; first < count; first += width) {
    std::vector<Ref> group;
    std::int64_t weight = 1;
    const int last = std::min(count, first + width);
    for (int j = first; j < last; ++j, weight *= base)
      for (const Ref term : terms(j)) group.push_back(weight == 1 ? term : q.times(q.integer(weight), term));
    if (q.columns && group.size() < 2) {
      // The model may compute it as well as its sum: both are the one digit or product.
      q.columns->push_back({q.sum(group, q.integer(0)), group});
    } else if (q.columns) {
      const auto level = static_cast<std::uint32_t>(q.variables.groups - 1 - first / width);
      std::vector<Ref> values;
      for (int v = 0; v < q.variables.arities[level]; ++v) values.push_back(q.integer(v));
      q.columns->push_back({q.algebra.manager().node(level, values), group});
      group = {q.columns->back().sum};
    }
    const Ref total = q.sum(group, carry);
    std::int64_t below = 1;
    for (int j = first; j < last; ++j, below *= base)
      digits.push_back(q.map(total, [&](std::int64_t t) { return t / below % base; }));
    carry = q.map(total, [&](std::int64_t t) { return t / below; });
  }
  return digits;
}

Number sum_of(const Operands& q, int tokens, std::span<const Number> numbers) {
  return digits_of_columns(q, q.variables.base, tokens, [&](int j) {
    std::vector<Ref> column;
    for (const Number& number : numbers)
      if (static_cast<std::size_t>(j) < number.size()) column.push_back(number[static_cast<std::size_t>(j)]);
    return column;
  });
}

// An answer: tokens in writing order, without <eos>.
using Answer = std::vector<Ref>;

Answer written(Number number) { return {number.rbegin(), number.rend()}; }

Answer sum_of_operands(const Operands& q) {
  return written(sum_of(q, q.variables.answer_tokens(), q.digits));
}

int low_digits(const Operands& q) {
  const TaskSize& size = q.task.size();
  return size.l > 0 ? size.l : 2 * size.n;
}

// The l low digits; where l is no multiple of c, the leading token holds l mod c of them.
Answer product_of_operands(const Operands& q) {
  const TaskSize& size = q.task.size();
  Number digits = digits_of_columns(q, q.variables.base, q.variables.answer_tokens(), [&](int j) {
    std::vector<Ref> column;
    for (int i = 0; i <= j; ++i) {
      const auto a = static_cast<std::size_t>(i), b = static_cast<std::size_t>(j - i);
      if (a < q.digits[0].size() && b < q.digits[1].size())
        column.push_back(q.times(q.digits[0][a], q.digits[1][b]));
    }
    return column;
  });
  const std::int64_t leading = power(size.p, low_digits(q) % size.c);
  if (leading > 1) digits.back() = q.map(digits.back(), [&](std::int64_t t) { return t % leading; });
  return written(std::move(digits));
}

// Of the bits' number.
template <bool (*decide)(std::int64_t ones, std::int64_t k)>
Answer bit_of_count(const Operands& q) {
  std::vector<Ref> bits;
  for (const Number& operand : q.digits) bits.push_back(operand[0]);
  const auto k = static_cast<std::int64_t>(bits.size());
  return {q.map(q.sum(bits, q.integer(0)), [&](std::int64_t ones) { return std::int64_t{decide(ones, k)}; })};
}
bool majority(std::int64_t ones, std::int64_t k) { return 2 * ones > k; }
bool parity(std::int64_t ones, std::int64_t) { return ones % 2 == 1; }

// Lines of a chain of thought: each is the one before plus something. Under Cut::lines only one is computed.
template <class Next>
Answer chain(const Operands& q, Number before, Next&& next) {
  const int count = static_cast<int>(q.variables.lines.size());
  const auto tokens = q.variables.lines[0].size();
  Answer answer;
  for (int line = 0; line < count; ++line) {
    if (line > 0) answer.push_back(q.integer(q.task.symbol("=")));
    if (line < q.variables.line) {
      before = q.lines[static_cast<std::size_t>(line)];
    } else if (q.variables.line >= 0 && line > q.variables.line) {
      before.assign(tokens, no_ref);
    } else {
      before = next(line, before, static_cast<int>(tokens));
    }
    answer.insert(answer.end(), before.rbegin(), before.rend());
  }
  return answer;
}

Answer running_sums(const Operands& q) {
  return chain(q, q.digits[0], [&](int line, const Number& before, int tokens) {
    return sum_of(q, tokens, std::vector<Number>{before, q.digits[static_cast<std::size_t>(line) + 1]});
  });
}

// Line 0 is 0; step (t, r), r = 1 .. p-1, adds a p^t where digit t of b is at least r. In base p, token by
// token only at the ends: p^t is no power of B.
Answer running_products(const Operands& q) {
  const TaskSize& size = q.task.size();
  const std::int64_t p = size.p;
  const auto digits_of = [&](const Number& tokens, int count) {
    Number digits;
    for (int i = 0; i < count; ++i) {
      const std::int64_t below = power(p, i % size.c);
      digits.push_back(q.map(tokens[static_cast<std::size_t>(i / size.c)],
                             [&](std::int64_t token) { return token / below % p; }));
    }
    return digits;
  };
  const Number a = digits_of(q.digits[0], size.n), b = digits_of(q.digits[1], size.n);
  return chain(q, {}, [&](int line, const Number& before, int tokens) -> Number {
    if (line == 0) return Number(static_cast<std::size_t>(tokens), q.integer(0));
    const int l = low_digits(q), t = (line - 1) / (size.p - 1), r = (line - 1) % (size.p - 1) + 1;
    const Ref adds =
        q.map(b[static_cast<std::size_t>(t)], [&](std::int64_t digit) { return std::int64_t{digit >= r}; });
    const Number total = digits_of(before, l);
    const Number sum = digits_of_columns(q, p, l, [&](int j) {
      std::vector<Ref> column = {total[static_cast<std::size_t>(j)]};
      if (j >= t && j - t < size.n) column.push_back(q.times(adds, a[static_cast<std::size_t>(j - t)]));
      return column;
    });
    Number grouped;
    for (int i = 0; i < l; ++i) {
      if (i % size.c == 0) grouped.push_back(q.integer(0));
      grouped.back() =
          q.plus(grouped.back(), q.times(q.integer(power(p, i % size.c)), sum[static_cast<std::size_t>(i)]));
    }
    return grouped;
  });
}

struct Specification {
  std::string_view task;
  Answer (*answer)(const Operands& question);
  Cut cut = Cut::none;
};
constexpr Specification specifications[] = {
    {"add", sum_of_operands, Cut::columns},     {"iteradd", sum_of_operands, Cut::columns},
    {"mul", product_of_operands, Cut::columns}, {"majority", bit_of_count<majority>},
    {"parity", bit_of_count<parity>},           {"cot-iteradd", running_sums, Cut::lines},
    {"cot-mul", running_products, Cut::lines},
};

const Specification* find(std::string_view task) {
  for (const Specification& specification : specifications)
    if (specification.task == task) return &specification;
  return nullptr;
}

}  // namespace

bool has_specification(std::string_view task) { return find(task) != nullptr; }

Cut cut_of(std::string_view task) {
  const Specification* specification = find(task);
  return specification ? specification->cut : Cut::none;
}

std::vector<Ref> right_tokens(const Task& task, const Variables& variables, Algebra& algebra,
                              std::vector<Column>* columns) {
  const Specification* specification = find(task.name());
  if (!specification) return {};
  Manager& manager = algebra.manager();
  Operands q{task, variables, algebra, {}, {}, columns};
  const auto token_at = [&](int i) {
    std::vector<Ref> values;
    for (const Token token : variables.shape.tokens[static_cast<std::size_t>(i)])
      values.push_back(q.integer(token));
    const int level = variables.level[static_cast<std::size_t>(i)];
    return level < 0 ? values[0] : manager.node(static_cast<std::uint32_t>(level), values);
  };
  const auto number = [&](const std::vector<int>& positions) {
    Number digits;
    for (std::size_t j = positions.size(); j-- > 0;) digits.push_back(token_at(positions[j]));
    return digits;
  };
  std::vector<Ref> tokens;
  for (int i = 0; i <= variables.shape.first_output; ++i) tokens.push_back(token_at(i));
  for (const auto& positions : variables.operands) q.digits.push_back(number(positions));
  for (int line = 0; line < variables.line; ++line)
    q.lines.push_back(number(variables.lines[static_cast<std::size_t>(line)]));
  const Answer answer = specification->answer(q);
  if (static_cast<int>(answer.size()) != variables.answer_tokens())
    throw std::logic_error("the specification's answer has another length than the task's");
  tokens.insert(tokens.end(), answer.begin(), answer.end());
  tokens.push_back(q.integer(task.eos()));
  return tokens;
}

}  // namespace roundoff::analyzer::diagrams
