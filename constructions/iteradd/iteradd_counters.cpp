// iteradd-counters: IterADD_2 in constant precision by counters in place: about 4 n k / 3 units, but a depth that
// grows, Theta(log k) for one column (theory-notes/iteradd-counters.md). Theorem 4.2 speaks of constant depth
// and is not touched.
//
// One unit tells whether t or more of some bits are 1, for t up to 2 MAX: start at MAX - t, add the bits, cut at
// MAX. With thresholds a block of 2 MAX + 1 bits of one weight is replaced by the binary digits of their number, in
// registers of the block itself: 3 to 2 in 2-bit numbers (carry-save addition), 7 to 3 in fixed(2,0).
#include "constructions/iteradd/iteradd_counters.hpp"

#include <algorithm>
#include <bit>
#include <map>

#include <fmt/format.h>

#include "constructions/add/add_columns.hpp"
#include "constructions/construction.hpp"
#include "constructions/iteradd/iteradd_layout.hpp"

namespace roundoff::constructions {

namespace {

/// Bits of one weight, by their slots; afterwards bit j of their number is in slot j.
struct Block {
  int weight;
  std::vector<int> slots;
  int digits() const { return static_cast<int>(std::bit_width(slots.size())); }
};
using Level = std::vector<Block>;
using BitSlots = std::map<int, std::vector<int>>;  ///< the slots that hold bits of a weight

/// What to count next: full blocks of three bits or more, so that every column shrinks; and pairs once no column
/// has more than two.
Level next_level(const BitSlots& columns, int block_size) {
  const bool low = std::all_of(columns.begin(), columns.end(),
                               [](const auto& column) { return column.second.size() <= 2; });
  Level level;
  for (const auto& [weight, slots] : columns) {
    std::size_t first = 0;
    while (slots.size() - first >= (low ? 2 : 3)) {
      const std::size_t size = std::min(static_cast<std::size_t>(block_size), slots.size() - first);
      level.push_back({weight,
                       {slots.begin() + static_cast<std::ptrdiff_t>(first),
                        slots.begin() + static_cast<std::ptrdiff_t>(first + size)}});
      first += size;
    }
  }
  return level;
}

BitSlots count(const BitSlots& columns, const Level& level) {
  BitSlots counted = columns;
  for (const Block& block : level) {
    std::vector<int>& from = counted[block.weight];
    std::erase_if(from, [&](int slot) {
      return std::find(block.slots.begin(), block.slots.end(), slot) != block.slots.end();
    });
  }
  for (const Block& block : level) {
    for (int j = 0; j < block.digits(); ++j)
      counted[block.weight + j].push_back(block.slots[static_cast<std::size_t>(j)]);
  }
  for (auto& [weight, slots] : counted) std::sort(slots.begin(), slots.end());
  std::erase_if(counted, [](const auto& column) { return column.second.empty(); });
  return counted;
}

struct Plan {
  std::vector<Level> levels;
  BitSlots rest;  ///< one slot a column
};

Plan plan(int n, int k, int max) {
  BitSlots columns;
  for (int t = 0; t < n; ++t) {
    for (int j = 0; j < k; ++j) columns[t].push_back(t * k + j);
  }
  Plan plan;
  for (;;) {
    Level level = next_level(columns, 2 * max + 1);
    if (level.empty()) break;
    columns = count(columns, level);
    plan.levels.push_back(std::move(level));
  }
  plan.rest = columns;
  return plan;
}

/// Units of a block: each bit but the first moves into the sum, and thresholds; see `lay`.
int units(const Block& block, int max) {
  const int size = static_cast<int>(block.slots.size());
  return max == 1 ? size + 1 : size - 1 + size / 2;
}

int answer_digits(int n, int k) { return n + ceil_log(2, static_cast<std::uint64_t>(k)); }

std::string refuses_iteradd_counters(const TaskSize& size, const Policy& policy, const Settings&) {
  if (size.p != 2 || size.c != 1) return "counts bits: use --p 2 and no --c, or iteradd-const";
  if (size.ragged)
    return "needs operands of n digits, for the positions of digits are built in: drop --ragged";
  if (size.k < 2) return "needs at least two operands: take k >= 2";
  if (floating(policy)) {
    return fmt::format(
        "counts in sums that saturate at MAX, and MAX - 1 is MAX in floating point ({}): use fixed(1,0)",
        notation(policy[Role::accumulators]));
  }
  return first_reason({needs_saturation(policy), needs_sequential_sums(policy), needs_stable_softmax(policy),
                       needs_constant_attention(policy, 1, 1),
                       needs_weight(policy, largest(policy) - Weight(1), "MAX - 1")});
}

/// Puts the number of ones of a block into its first slots. The lowest digit is the sum less twice the thresholds
/// at 2, 4, ..., formed in an order that stays in range: x_1 + x_2 - 2 t_2 + x_3 + x_4 - 2 t_4 ..., to which the
/// residual adds x_0; where 2 is no number (MAX = 1), - t_2 + x_1 + x_2 - t_2. Digit j changes at even thresholds
/// only, by +-1, and slot j loses its own bit.
void lay(LayerBuilder& layer, const Block& block, const std::vector<Register>& slots, Register one,
         const Weight& max) {
  const int size = static_cast<int>(block.slots.size());
  const auto slot = [&](int j) {
    return slots[static_cast<std::size_t>(block.slots[static_cast<std::size_t>(j)])];
  };
  Form ones;
  for (int j = 0; j < size; ++j) ones += Form(slot(j));
  const auto threshold = [&](int t, int factor, bool digits) {
    std::vector<Target> targets = {{slot(0), factor}};
    for (int j = 1; digits && j < block.digits(); ++j) {
      const int change = (t >> j & 1) - ((t - 1) >> j & 1);
      if (change != 0) targets.push_back({slot(j), change});
    }
    // min(MAX, MAX - t + number) - (MAX - 1): 1 from t on, below at most 0.
    layer.unit((max - Weight(t)) * Form(one) + ones - (max - Weight(1)), targets);
  };
  const bool single = whole_part(max) == 1;
  if (single) threshold(2, -1, true);
  for (int j = 1; j < size; ++j) {
    layer.unit(slot(j), {{slot(0), 1}, {slot(j), -1}});
    const int t = j % 2 == 0 ? j : j + 1;
    if (!single && (j % 2 == 0 || j == size - 1) && t <= size) threshold(t, -2, true);
  }
  if (single) threshold(2, -1, false);
}

Model build_iteradd_counters(const Task& task, const Policy& policy, const Settings&) {
  const IterAddLayout at(task.size());
  const Weight max = largest(policy);
  const Plan plan = constructions::plan(at.n, at.k, whole_part(max));

  ModelBuilder model(task);
  const Register one = model.add("one");
  const std::vector<Register> slots =
      model.add("bit", at.n * at.k);  // 1 at its own position, until it is fetched
  const Register x = model.add("x");  // the token's digit
  const std::vector<Register> asks = model.add("asks", at.answer);
  const Register digit = model.add("digit"), end = model.add("end");

  model.token(1, x, 1);
  for (int position = 0; position < at.positions(); ++position) model.position(position, one, 1);
  for (int i = 0; i < at.answer; ++i) model.position(at.output(i), asks[static_cast<std::size_t>(i)], 1);
  model.position(at.end(), end, 1);

  // Layer 1. Every output fetches all bits, a head each; then levels of counters in place.
  LayerBuilder& first = model.layer();
  for (int t = 0; t < at.n; ++t) {
    for (int j = 0; j < at.k; ++j) {
      const Register slot = slots[static_cast<std::size_t>(t * at.k + j)];
      model.position(at.digit(j, t), slot, 1);
      first.head().score(max * one, slot).copy(x, slot);
    }
  }
  for (std::size_t level = 0; level < plan.levels.size(); ++level) {
    LayerBuilder& layer = level == 0 ? first : model.layer();
    for (const Block& block : plan.levels[level]) lay(layer, block, slots, one, max);
  }

  // Last layer. One bit a column is left: the answer's digits.
  LayerBuilder& answer = model.layer();
  for (const auto& [weight, left] : plan.rest) {
    if (weight >= at.answer) continue;
    answer.unit(
        slots[static_cast<std::size_t>(left.front())] + Form(asks[static_cast<std::size_t>(weight)]) - one,
        {{digit, 1}});
  }
  model.logit(1, digit);
  model.logit(task.eos(), end);
  return model.finish();
}

}  // namespace

std::int64_t iteradd_counters_width(int n, int k, int max) {
  int widest = n * k + answer_digits(n, k) + 4;
  for (const Level& level : plan(n, k, max).levels) {
    int count = 0;
    for (const Block& block : level) count += units(block, max);
    widest = std::max(widest, count);
  }
  return widest;
}

Construction iteradd_counters() {
  return {.name = "iteradd-counters",
          .task = "iteradd",
          .theorem = "beyond the paper: depth grows (theorem 4.2 speaks of constant depth)",
          .regime = Regime::constant,
          .width = "iteradd_counters(n, k, MAX)",
          .family = "fixed(1,0)",
          .summary = "bits counted in place, 2 MAX + 1 at a time: width about 4nk/3, layers grow with log k",
          .note = "iteradd-counters",
          .knobs = {},
          .deepens = true,
          .refuses = refuses_iteradd_counters,
          .build = build_iteradd_counters};
}

}  // namespace roundoff::constructions
