// mul-const: MUL in constant precision, in 2-bit numbers (theory-notes/iteradd-const.md). Every output
// position fetches all digits, forms the two digits of every product x_i y_j by AND, and adds the columns as
// iteradd-const does, with up to 2n items each.
#include <fmt/format.h>

#include "constructions/construction.hpp"
#include "constructions/gadgets/column_counts.hpp"
#include "constructions/mul/mul_layout.hpp"

namespace roundoff::constructions {

namespace {

/// Items in the tallest column: n low digits of products, and for p > 2 as many high ones from the column
/// below.
int most_items(const TaskSize& size) { return size.p == 2 ? size.n : 2 * size.n; }

std::string refuses_mul_const(const TaskSize& size, const Policy& policy, const Settings& settings) {
  if (size.c > 1) return "is built for one digit a token: drop --c";
  return first_reason(
      {needs_levels(most_items(size), 2 * size.n, size.p, settings.at("layers")), needs_columns(policy)});
}

Model build_mul_const(const Task& task, const Policy& policy, const Settings& settings) {
  const MulLayout at(task.size());
  const int p = at.base;
  const Weight max = largest(policy);
  ModelBuilder model(task);
  // Layer 1. All digits, and the products: a unit for each pair of non-zero digit values.
  FetchedDigits digits(model, at.positions(), at.answer, p, max);
  ColumnCounts& columns = digits.columns;
  std::vector<Item> a, b;
  for (int t = 0; t < at.n; ++t) a.push_back(digits.fetch(fmt::format("a{}", t), at.a(t)));
  for (int t = 0; t < at.n; ++t) b.push_back(digits.fetch(fmt::format("b{}", t), at.b(t)));
  for (int i = 0; i < at.n; ++i) {
    for (int j = 0; j < at.n && i + j < at.answer; ++j) {
      const Item low = columns.add_item(fmt::format("a{} b{} low", i, j), p - 1);
      const bool carries = p > 2 && i + j + 1 < at.answer;
      const Item high = carries ? columns.add_item(fmt::format("a{} b{} high", i, j), p - 2) : Item{};
      for (const Item& item : {low, high}) {
        for (std::size_t v = 1; v < item.size(); ++v)
          digits.layer.constant(item[v], 1);  // 0 until a pair of digits says more
      }
      for (int x = 1; x < p; ++x) {
        for (int y = 1; y < p; ++y) {
          std::vector<Target> targets;
          const auto write = [&](const Item& item, int value) {
            if (item.empty() || value == 0) return;
            targets.push_back({item[0], 1});
            targets.push_back({item[static_cast<std::size_t>(value)], -1});
          };
          write(low, x * y % p);
          write(high, x * y / p);
          digits.layer.unit(Form() + 1 - Form(a[static_cast<std::size_t>(i)][static_cast<std::size_t>(x)]) -
                                Form(b[static_cast<std::size_t>(j)][static_cast<std::size_t>(y)]),
                            targets);
        }
      }
      columns.put(i + j, low);
      if (carries) columns.put(i + j + 1, high);
    }
  }
  columns.reduce(settings.at("layers"), nullptr);
  columns.finish(
      task, [&](int i) { return at.output(i); }, at.end(), max);
  return model.finish();
}

}  // namespace

Construction mul_const() {
  return {.name = "mul-const",
          .task = "mul",
          .theorem = "Feng et al. 2024, theorem 4.3 (no polynomial width)",
          .regime = Regime::constant,
          .width = "mul_const(n, l, p, layers)",
          .family = "fixed(1,0)",
          .summary = "products by AND, columns counted by AND and OR in L levels, in 2-bit numbers",
          .note = "iteradd-const",
          .knobs = {layers_knob<most_items>},
          .refuses = refuses_mul_const,
          .build = build_mul_const};
}

}  // namespace roundoff::constructions
