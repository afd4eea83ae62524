// iteradd-const: IterADD in constant precision, in 2-bit numbers (theory-notes/iteradd-const.md). Every
// output position fetches all n k digits, counts each column by AND and OR in L levels of blocks, and adds
// the counts' digits. The units a column are exp(Theta(k^(1/L) log k)): superpolynomial for every L, as
// theorem 4.2 says it must be.
#include <fmt/format.h>

#include "constructions/construction.hpp"
#include "constructions/gadgets/column_counts.hpp"
#include "constructions/iteradd/iteradd_layout.hpp"

namespace roundoff::constructions {

namespace {

int operands(const TaskSize& size) { return size.k; }

std::string refuses_iteradd_const(const TaskSize& size, const Policy& policy, const Settings& settings) {
  if (size.c > 1) return "is built for one digit a token: drop --c";
  if (size.ragged)
    return "needs operands of n digits, for the positions of digits are built in: drop --ragged";
  if (size.k < 2) return "needs at least two operands: take k >= 2";
  return first_reason({needs_levels(size.k, size.n, size.p, settings.at("layers")), needs_columns(policy)});
}

Model build_iteradd_const(const Task& task, const Policy& policy, const Settings& settings) {
  const IterAddLayout at(task.size());
  const int p = task.size().p;
  const Weight max = largest(policy);
  ModelBuilder model(task);
  const Register one = model.add("one");
  const std::vector<Register> is_not = model.add("token !=", p);
  ColumnCounts columns(model, one, at.answer, p);

  for (int position = 0; position < at.positions(); ++position) model.position(position, one, 1);
  for (int d = 0; d < p; ++d) {
    for (int v = 0; v < p; ++v) {
      if (v != d) model.token(static_cast<Token>(d), is_not[static_cast<std::size_t>(v)], 1);
    }
  }
  // Layer 1. One head a digit: the score is MAX at its position and 0 elsewhere.
  LayerBuilder& first = model.layer();
  for (int t = 0; t < at.n; ++t) {
    for (int j = 0; j < at.k; ++j) {
      const Register here = model.add(fmt::format("is digit {} of {}", t, j));
      model.position(at.digit(j, t), here, 1);
      const Item item = columns.add_item(fmt::format("digit {} of {}", t, j), p - 1);
      HeadBuilder& fetch = first.head();
      fetch.score(one, max * here);
      for (std::size_t v = 0; v < item.size(); ++v) fetch.copy(is_not[v], item[v]);
      columns.put(t, item);
    }
  }
  columns.reduce(settings.at("layers"), &first);
  columns.finish(
      task, [&](int i) { return at.output(i); }, at.end(), max);
  return model.finish();
}

}  // namespace

Construction iteradd_const() {
  return {.name = "iteradd-const",
          .task = "iteradd",
          .theorem = "Feng et al. 2024, theorem 4.2 (no polynomial width)",
          .regime = Regime::constant,
          .width = "iteradd_const(n, k, p, layers)",
          .family = "fixed(1,0)",
          .summary = "columns counted by AND and OR in L levels: exp(k^(1/L) log k) units, in 2-bit numbers",
          .note = "iteradd-const",
          .knobs = {layers_knob<operands>},
          .refuses = refuses_iteradd_const,
          .build = build_iteradd_const};
}

}  // namespace roundoff::constructions
