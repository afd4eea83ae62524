// add-dnf: ADD in constant precision by look-ahead, the paper's construction, width O(n^2)
// (theory-notes/add-dnf.md).
//
// The carry into digit i is 1 when some column j < i generates and no column between kills (Feng et al. 2024,
// theorem 4.1: c_i = OR over j of f_j AND g_(j+1) AND ... AND g_(i-1)). One unit a pair (j, i) is the
// conjunction; the knob `window` drops the pairs with i - j > window, and the model then fails exactly where
// a carry travels farther.
#include <algorithm>

#include "constructions/add/column_verdicts.hpp"
#include "constructions/construction.hpp"

namespace roundoff::constructions {

namespace {

std::string refuses_add_dnf(const TaskSize& size, const Policy& policy, const Settings&) {
  return ColumnVerdicts::refuses(size, policy);
}

Model build_add_dnf(const Task& task, const Policy& policy, const Settings& settings) {
  const AddLayout at(task.size());
  const int n = at.n, p = task.size().p, window = settings.at("window");
  const Weight max = largest(policy);

  ModelBuilder model(task);
  const AddColumns columns(model, task.size(), std::make_unique<AntichainCode>(model, "code", n + 1));
  const ColumnVerdicts verdicts(model, n, "not_kill", "blocks");
  const std::vector<Register>&no_source = verdicts.no_source, &blocks = verdicts.holds_not;  // column t kills
  const Slots slots(model, at, 1);
  const Register carry = model.add("carry");

  // Embedding: one-hot digits, and the column of each position in an antichain code.
  columns.embed(model, task, at);
  slots.embed(model, at);

  // Layers 1 and 2. Which columns generate, and which do not kill.
  verdicts.classify(model.layer(), columns, max, [&](int total) { return total > p - 2; });
  verdicts.spread(model.layer(), columns, slots.not_slot, max);

  // Layer 3. The conjunctions: at output i, column j generates and none of j+1 .. i-1 kills. Their disjunction
  // is a saturating sum.
  LayerBuilder& carries = model.layer();
  verdicts.gather(carries);
  for (int i = 1; i <= n; ++i) {
    for (int j = std::max(0, i - window); j < i; ++j) {
      Form none = -max * slots.not_slot[static_cast<std::size_t>(i - 1)] -
                  max * no_source[static_cast<std::size_t>(j)];
      for (int t = j + 1; t < i; ++t) none += -max * blocks[static_cast<std::size_t>(t)];
      carries.unit(none + Weight(1), {{carry, 1}});
    }
  }

  // Layer 4. The digit moves up by one where a carry comes in.
  columns.add_carry(model.layer(), columns.places[0], carry, max);
  columns.logits(model, task, max);
  return model.finish();
}

}  // namespace

Construction add_dnf() {
  return {.name = "add-dnf",
          .task = "add",
          .theorem = "Feng et al. 2024, theorem 4.1",
          .regime = Regime::constant,
          .width = "max(3*n+4*p+antichain(n+1)+7, n*window-window*(window-1)/2, p*p)",
          .family = "fixed(1,0)",
          .summary =
              "look-ahead: a conjunction for each column that generates and each that it may reach; 4 layers",
          .note = "add-dnf",
          .knobs = {{"window", "columns that a carry is followed over",
                     [](const TaskSize& size) { return size.n; }, [](const TaskSize&) { return 1; },
                     [](const TaskSize& size) { return size.n; }, true}},
          .refuses = refuses_add_dnf,
          .build = build_add_dnf};
}

}  // namespace roundoff::constructions
