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
  // Layer 1. The digits of every column.
  FetchedDigits digits(model, at.positions(), at.answer, p, max);
  ColumnCounts& columns = digits.columns;
  for (int t = 0; t < at.n; ++t) {
    for (int j = 0; j < at.k; ++j)
      columns.put(t, digits.fetch(fmt::format("digit {} of {}", t, j), at.digit(j, t)));
  }
  columns.reduce(settings.at("layers"), &digits.layer);
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
