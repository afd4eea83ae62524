// A task's specification over diagrams. Sums of columns T_j = (terms of column j) + carry_j have the digit
// T_j mod B and the carry T_j div B; or those of groups of columns. Terms are added from the least significant
// variable up, so that every step puts one variable on top of what is there.
#include "analyzer/diagrams/specification.hpp"

#include <algorithm>
#include <stdexcept>

namespace roundoff::analyzer::diagrams {

namespace {

using constructions::Term;

Ref ref(Term term) { return static_cast<Ref>(term); }
Term term(Ref f) { return static_cast<Term>(f); }

// `columns`: under Cut::columns.
class Diagrams final : public Integers {
 public:
  Diagrams(const Variables& variables, Algebra& algebra, std::vector<Column>* columns)
      : variables_(variables), algebra_(algebra), columns_(columns) {
    for (int line = 0; line < variables.line; ++line)
      given_.push_back(number(variables.lines[static_cast<std::size_t>(line)]));
  }

  /// The token at a position of the sequence.
  Ref token_at(int i) {
    std::vector<Ref> values;
    for (const Token token : variables_.shape.tokens[static_cast<std::size_t>(i)])
      values.push_back(integer(token));
    const int level = variables_.level[static_cast<std::size_t>(i)];
    return level < 0 ? values[0] : algebra_.manager().node(static_cast<std::uint32_t>(level), values);
  }
  Number number(const std::vector<int>& positions) {
    Number digits;
    for (std::size_t j = positions.size(); j-- > 0;) digits.push_back(term(token_at(positions[j])));
    return digits;
  }

  Ref integer(std::int64_t value) { return algebra_.constant(Value::integer(value)); }
  Term constant(std::int64_t value) override { return term(integer(value)); }
  Term plus(Term a, Term b) override { return term(sum(ref(a), ref(b))); }
  Term times(Term a, Term b) override { return term(product(ref(a), ref(b))); }
  Term map(Term a, const std::function<std::int64_t(std::int64_t)>& function) override {
    return term(mapped(ref(a), function));
  }
  Term map(Term a, Term b, const std::function<std::int64_t(std::int64_t, std::int64_t)>& function) override {
    struct Both {
      std::uint32_t code;
      bool commutes;
      Scalars& scalars;
      const std::function<std::int64_t(std::int64_t, std::int64_t)>& function;
      Id operator()(Id x, Id y) const {
        return scalars.integer(function(scalars.to_integer(x), scalars.to_integer(y)));
      }
      Ref shortcut(Ref, Ref) const { return no_ref; }
    };
    Manager& manager = algebra_.manager();
    return term(
        manager.apply(Both{manager.fresh_code(), false, algebra_.scalars(), function}, ref(a), ref(b)));
  }

  Number digits_of_columns(std::int64_t base, int count,
                           const std::function<std::vector<Term>(int)>& column) override {
    Number digits;
    Ref carry = integer(0);
    const int width = columns_ ? variables_.width : 1;
    for (int first = 0; first < count; first += width) {
      std::vector<Ref> group;
      std::int64_t weight = 1;
      const int last = std::min(count, first + width);
      for (int j = first; j < last; ++j, weight *= base)
        for (const Term each : column(j))
          group.push_back(weight == 1 ? ref(each) : product(integer(weight), ref(each)));
      if (columns_ && group.size() < 2) {
        // The model may compute it as well as its sum: both are the one digit or product.
        columns_->push_back({total(group, integer(0)), group});
      } else if (columns_) {
        const auto level = static_cast<std::uint32_t>(variables_.level_of_group(first / width));
        std::vector<Ref> values;
        for (int v = 0; v < variables_.arities[level]; ++v) values.push_back(integer(v));
        columns_->push_back({algebra_.manager().node(level, values), group});
        group = {columns_->back().sum};
      }
      const Ref all = total(group, carry);
      std::int64_t below = 1;
      for (int j = first; j < last; ++j, below *= base)
        digits.push_back(term(mapped(all, [&](std::int64_t t) { return t / below % base; })));
      carry = mapped(all, [&](std::int64_t t) { return t / below; });
    }
    return digits;
  }

  // Under Cut::lines earlier lines are given, and later ones are not asked for.
  Number line(int tokens, const std::function<Number()>& compute) override {
    const int at = line_++;
    if (at < variables_.line) return given_[static_cast<std::size_t>(at)];
    if (variables_.line >= 0 && at > variables_.line)
      return Number(static_cast<std::size_t>(tokens), term(no_ref));
    return compute();
  }

 private:
  Ref sum(Ref f, Ref g) {
    return algebra_.apply(algebra_.scalars().code({.kind = Operation::exact_add}), f, g);
  }
  Ref product(Ref f, Ref g) {
    return algebra_.apply(algebra_.scalars().code({.kind = Operation::exact_mul}), f, g);
  }
  template <class Function>
  Ref mapped(Ref f, Function&& function) {
    Scalars& scalars = algebra_.scalars();
    return algebra_.replace(f, [&](Id id) { return scalars.integer(function(scalars.to_integer(id))); });
  }
  Ref total(std::vector<Ref> terms, Ref start) {
    std::stable_sort(terms.begin(), terms.end(),
                     [&](Ref f, Ref g) { return algebra_.manager().level(f) > algebra_.manager().level(g); });
    for (const Ref each : terms) start = sum(each, start);
    return start;
  }

  const Variables& variables_;
  Algebra& algebra_;
  std::vector<Column>* columns_;
  std::vector<Number> given_;  ///< lines
  int line_ = 0;
};

}  // namespace

bool has_specification(const Task& task) {
  return structure_of(task, task.shape(task.sample(1, 0))).specified;
}

Cut cut_of(const Task& task, const SequenceShape& shape) {
  const Structure structure = structure_of(task, shape);
  if (structure.lines > 0) return Cut::lines;
  return structure.worth_cutting() ? Cut::columns : Cut::none;
}

Ref admitted(const Task& task, const Variables& variables, Algebra& algebra) {
  Diagrams diagrams(variables, algebra, nullptr);
  std::vector<Number> operands;
  for (const auto& positions : variables.operands) operands.push_back(diagrams.number(positions));
  const std::optional<Term> inputs = task.admitted(diagrams, operands);
  return inputs ? ref(*inputs) : no_ref;
}

std::vector<Ref> right_tokens(const Task& task, const Variables& variables, Algebra& algebra,
                              std::vector<Column>* columns) {
  Diagrams diagrams(variables, algebra, columns);
  std::vector<Ref> tokens;
  for (int i = 0; i <= variables.shape.first_output; ++i) tokens.push_back(diagrams.token_at(i));
  std::vector<Number> operands;
  for (const auto& positions : variables.operands) operands.push_back(diagrams.number(positions));
  const std::vector<Term> answer = task.specification(diagrams, operands);
  if (answer.empty()) return {};
  if (static_cast<int>(answer.size()) != variables.answer_tokens())
    throw std::logic_error("the specification's answer has another length than the task's");
  for (const Term each : answer) tokens.push_back(ref(each));
  tokens.push_back(diagrams.integer(task.eos()));
  return tokens;
}

}  // namespace roundoff::analyzer::diagrams
