// add-lookahead: ADD in constant precision by look-ahead with masks, width O(n), whatever the order of sums
// (theory-notes/add-lookahead.md).
//
// The paper's look-ahead has a unit for each pair (j, i): column j generates, and none between j and i kills
// (add-dnf, O(n^2)). But an output needs one i only, its own. It masks the columns from i up first, and then
// n conjunctions are enough: column j sends, and none above it that is left stops.
#include "constructions/add/column_verdicts.hpp"
#include "constructions/construction.hpp"

namespace roundoff::constructions {

namespace {

std::string refuses_add_lookahead(const TaskSize& size, const Policy& policy, const Settings&) {
  return ColumnVerdicts::refuses(size, policy);
}

Model build_add_lookahead(const Task& task, const Policy& policy, const Settings&) {
  const AddLayout at(task.size());
  const int p = task.size().p;
  const auto n = static_cast<std::size_t>(at.n);
  const Weight max = largest(policy);

  ModelBuilder model(task);
  const AddColumns columns(model, task.size(), std::make_unique<AntichainCode>(model, "code", at.n + 1));
  const ColumnVerdicts verdicts(model, at.n, "not_propagate", "propagates");
  const std::vector<Register>&no_source = verdicts.no_source, &propagates = verdicts.holds_not;
  const std::vector<Register> elsewhere = model.add("elsewhere", at.n);  // 0 at b_t, and at outputs above t
  const std::vector<Register> sends = model.add("sends", at.n), stops = model.add("stops", at.n);
  const Register carry = model.add("carry");

  // Embedding: one-hot digits, the column of each position in an antichain code, and which columns count.
  columns.embed(model, task, at);
  for (int position = 0; position < at.positions(); ++position) {
    for (int t = 0; t < at.n; ++t) {
      const bool below = position >= at.equals() && position < at.output(t);
      if (position != at.b(t) && !below) model.position(position, elsewhere[static_cast<std::size_t>(t)], 1);
    }
  }

  // Layers 1 and 2. Which columns generate, and which do not propagate.
  verdicts.classify(model.layer(), columns, max, [&](int total) { return total != p - 1; });
  verdicts.spread(model.layer(), columns, elsewhere, max);

  // Layer 3. A column below the output sends if it generates, and stops if it does not propagate.
  LayerBuilder& masks = model.layer();
  verdicts.gather(masks);
  for (std::size_t t = 0; t < n; ++t) {
    masks.unit(-max * no_source[t] - max * elsewhere[t] + Weight(1), {{sends[t], 1}});
    masks.unit(-max * propagates[t] - max * elsewhere[t] + Weight(1), {{stops[t], 1}});
  }

  // Layer 4. The carry comes from the highest column left that does not propagate, if it generates.
  LayerBuilder& carries = model.layer();
  Form stopped;
  for (std::size_t t = n; t-- > 0;) {
    carries.unit(sends[t] - stopped, {{carry, 1}});
    stopped += Form(stops[t]);
  }

  // Layer 5. The digit moves up by one where a carry comes in.
  AddColumns::add_carry(model.layer(), columns.places[0], carry, max);
  columns.logits(model, task, max);
  return model.finish();
}

}  // namespace

Construction add_lookahead() {
  return {.name = "add-lookahead",
          .task = "add",
          .theorem = "beyond the paper (Feng et al. 2024, theorem 4.1, has O(n^2))",
          .regime = Regime::constant,
          .width = "max(5*n + 4*p + antichain(n+1) + 7, p*p)",
          .family = "fixed(1,0)",
          .summary =
              "look-ahead over the columns below the output alone; 5 layers, width O(n), any order of sums",
          .note = "add-lookahead",
          .knobs = {},
          .refuses = refuses_add_lookahead,
          .build = build_add_lookahead};
}

}  // namespace roundoff::constructions
