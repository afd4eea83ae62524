// See column_counts.hpp.
#include "constructions/gadgets/column_counts.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "constructions/gadgets/lookup.hpp"
#include "constructions/tasks/digits.hpp"

namespace roundoff::constructions {

namespace {

constexpr std::int64_t most_units = 1'000'000'000'000'000;

/// Sizes of `parts` nearly equal parts of `whole`, the larger ones first.
std::vector<int> even_parts(int whole, int parts) {
  std::vector<int> sizes;
  for (int i = 0; i < parts; ++i) sizes.push_back(whole / parts + (i < whole % parts ? 1 : 0));
  return sizes;
}

/// Tuples of a block: base^items, capped.
std::int64_t tuples(std::int64_t base, int items) {
  std::int64_t count = 1;
  for (int i = 0; i < items && count < most_units; ++i) count = std::min(most_units, count * base);
  return count;
}

/// Units a column for merging `from` blocks of k items into `to`; sizes are rounded up.
std::int64_t level_units(int k, int p, int from, int to) {
  const std::int64_t values = std::int64_t{(k + from - 1) / from} * (p - 1) + 1;
  return std::min(most_units, to * tuples(values, (from + to - 1) / to));
}

/// Numbers of blocks after each level, k > b_1 > .. > b_L = 1 (so L < k), with the least greatest number of
/// units. Only the last level may leave one block: it writes the count's digits, and no level after one that
/// leaves a count alone would.
std::vector<int> plan_levels(int k, int p, int layers) {
  const auto at = [k](int level, int blocks) { return static_cast<std::size_t>(level * (k + 1) + blocks); };
  std::vector<std::int64_t> best(at(layers, k) + 1, most_units * 2);
  std::vector<int> from(best.size(), 0);
  best[at(0, k)] = 0;
  for (int level = 1; level <= layers; ++level) {
    for (int before = 2; before <= k; ++before) {
      if (best[at(level - 1, before)] > most_units) continue;
      for (int after = 1; after < before; ++after) {
        const std::int64_t cost = std::max(best[at(level - 1, before)], level_units(k, p, before, after));
        if (cost < best[at(level, after)]) {
          best[at(level, after)] = cost;
          from[at(level, after)] = before;
        }
      }
    }
  }
  std::vector<int> blocks(static_cast<std::size_t>(layers), 1);
  for (int level = layers; level > 1; --level) {
    blocks[static_cast<std::size_t>(level - 2)] =
        from[at(level, blocks[static_cast<std::size_t>(level - 1)])];
  }
  return blocks;
}

}  // namespace

std::int64_t ColumnCounts::units(int k, int p, int layers) {
  std::int64_t most = 0;
  int before = k;
  for (const int after : plan_levels(k, p, layers)) {
    most = std::max(most, level_units(k, p, before, after));
    before = after;
  }
  return most;
}

ColumnCounts::ColumnCounts(ModelBuilder& model, Register one, int columns, int p)
    : model_(model), one_(one), p_(p), items_(static_cast<std::size_t>(columns)) {}

Item ColumnCounts::add_item(const std::string& name, int greatest) {
  return model_.add(name + " !=", greatest + 1);
}

LayerBuilder& ColumnCounts::next() {
  LayerBuilder& layer = free_ != nullptr ? *free_ : model_.layer();
  free_ = nullptr;
  return layer;
}

void ColumnCounts::add_block(LayerBuilder& layer, const std::vector<Item>& block, const Writes& writes) {
  std::vector<std::size_t> values(block.size(), 0);
  for (;;) {
    Form unit = Form() + 1;
    int total = 0;
    for (std::size_t i = 0; i < block.size(); ++i) {
      unit += -1 * block[i][values[i]];
      total += static_cast<int>(values[i]);
    }
    layer.unit(unit, writes(total));
    std::size_t i = 0;
    while (i < block.size() && ++values[i] == block[i].size()) values[i++] = 0;
    if (i == block.size()) return;
  }
}

// Every column of two items or more becomes the base-p digits of its sum, digit e in column t+e.
void ColumnCounts::add_columns(LayerBuilder& layer) {
  std::vector<std::vector<Item>> sums(items_.size());
  for (std::size_t t = 0; t < items_.size(); ++t) {
    const std::vector<Item>& column = items_[t];
    if (column.size() < 2) {
      sums[t].insert(sums[t].end(), column.begin(), column.end());
      continue;
    }
    int greatest = 0;
    for (const Item& item : column) greatest += static_cast<int>(item.size()) - 1;
    std::vector<Item> digits;
    for (std::int64_t weight = 1; weight <= greatest && t + digits.size() < items_.size(); weight *= p_) {
      digits.push_back(add_item(fmt::format("column {} digit {}", t, digits.size()),
                                static_cast<int>(std::min<std::int64_t>(p_ - 1, greatest / weight))));
      for (const Register reg : digits.back()) layer.constant(reg, 1);
    }
    add_block(layer, column, [&](int sum) {
      std::vector<Target> targets;
      for (const Item& digit : digits) {
        targets.push_back({digit[static_cast<std::size_t>(sum % p_)], -1});
        sum /= p_;
      }
      return targets;
    });
    for (std::size_t e = 0; e < digits.size(); ++e) sums[t + e].push_back(digits[e]);
  }
  items_ = std::move(sums);
}

void ColumnCounts::reduce(int layers, LayerBuilder* free) {
  free_ = free;
  const auto tallest = [this] {
    std::size_t most = 0;
    for (const auto& column : items_) most = std::max(most, column.size());
    return static_cast<int>(most);
  };
  if (tallest() <= 2) return;
  const std::vector<int> levels = plan_levels(tallest(), p_, layers);
  for (std::size_t level = 0; level + 1 < levels.size(); ++level) {
    LayerBuilder& layer = next();
    for (auto& column : items_) {
      const int blocks = levels[level];
      if (static_cast<int>(column.size()) <= blocks) continue;
      std::vector<Item> merged;
      auto first = column.begin();
      for (const int size : even_parts(static_cast<int>(column.size()), blocks)) {
        const std::vector<Item> block(first, first + size);
        first += size;
        if (size == 1) {
          merged.push_back(block[0]);
          continue;
        }
        int greatest = 0;
        for (const Item& item : block) greatest += static_cast<int>(item.size()) - 1;
        const Item count = add_item("count", greatest);
        for (const Register reg : count) layer.constant(reg, 1);
        add_block(layer, block, [&](int sum) {
          return std::vector<Target>{{count[static_cast<std::size_t>(sum)], -1}};
        });
        merged.push_back(count);
      }
      column = std::move(merged);
    }
  }
  do {
    add_columns(next());
  } while (tallest() > 2);
}

void ColumnCounts::finish(const Task& task, const std::function<int(int)>& output, int end,
                          const Weight& max) {
  const int columns = static_cast<int>(items_.size());
  const auto index = [](int i) { return static_cast<std::size_t>(i); };
  std::vector<Item> digit;
  for (int t = 0; t < columns; ++t) digit.push_back(add_item(fmt::format("sum {}", t), p_ - 1));
  const FlipFlop flipflop(model_, "verdict", columns);
  const std::vector<Register> not_output = model_.add("not output", columns);
  const Item chosen = add_item("digit", p_ - 1), carry = add_item("carry", 1);
  const std::vector<Register> written = model_.add("written", p_);
  const Register at_end = model_.add("end");
  for (int position = output(columns - 1); position <= end; ++position) {
    for (int t = 0; t < columns; ++t) {
      if (position == end || position != output(t)) model_.position(position, not_output[index(t)], 1);
    }
  }
  model_.position(end, at_end, 1);

  // The column's sum modulo p, and its verdict: +1 where it generates a carry, -1 where it kills one.
  LayerBuilder& verdicts = next();
  for (int t = 0; t < columns; ++t) {
    for (const Register reg : digit[index(t)]) verdicts.constant(reg, 1);
    add_block(verdicts, items_[index(t)], [&](int sum) {
      std::vector<Target> targets = {{digit[index(t)][index(sum % p_)], -1}};
      if (sum != p_ - 1) {
        const std::vector<Target> pushes = flipflop.write(t, sum >= p_ ? 1 : -1);
        targets.insert(targets.end(), pushes.begin(), pushes.end());
      }
      return targets;
    });
  }
  // The carry into the output's column, and the digit there.
  LayerBuilder& carries = next();
  for (const Register reg : chosen) carries.constant(reg, 1);
  carries.constant(carry[1], 1);  // no carry until a flip-flop says so
  for (int t = 0; t < columns; ++t) {
    const Register other = not_output[index(t)];
    if (t > 0) {
      carries.unit(flipflop.state(0, t, one_, max) - max * other - (max - 1),
                   {{carry[0], 1}, {carry[1], -1}});
    }
    for (int v = 0; v < p_; ++v) {
      carries.unit(Form() + 1 - Form(digit[index(t)][index(v)]) - Form(other), {{chosen[index(v)], -1}});
    }
  }
  LayerBuilder& sums = next();
  add_block(sums, {chosen, carry}, [&](int sum) {
    return std::vector<Target>{{written[index(sum % p_)], 1}};
  });
  for (int d = 0; d < p_; ++d) model_.logit(static_cast<Token>(d), written[index(d)] - max * at_end);
  model_.logit(task.eos(), at_end);
}

FetchedDigits::FetchedDigits(ModelBuilder& model, int positions, int count, int p, const Weight& max)
    : model_(model),
      max_(max),
      one_(model.add("one")),
      is_not_(model.add("token !=", p)),
      columns(model, one_, count, p),
      layer(model.layer()) {
  for (int position = 0; position < positions; ++position) model.position(position, one_, 1);
  for (int d = 0; d < p; ++d) {
    for (int v = 0; v < p; ++v) {
      if (v != d) model.token(static_cast<Token>(d), is_not_[static_cast<std::size_t>(v)], 1);
    }
  }
}

Item FetchedDigits::fetch(const std::string& name, int position) {
  const Register here = model_.add("is " + name);
  model_.position(position, here, 1);
  const Item item = columns.add_item(name, static_cast<int>(is_not_.size()) - 1);
  HeadBuilder& head = layer.head();
  head.score(one_, max_ * here);
  for (std::size_t v = 0; v < item.size(); ++v) head.copy(is_not_[v], item[v]);
  return item;
}

std::int64_t column_width(std::vector<std::vector<int>> greatest, int p, int layers, std::int64_t own,
                          std::int64_t heads, std::int64_t units) {
  const auto columns = static_cast<std::int64_t>(greatest.size());
  const auto tallest = [&] {
    std::size_t most = 0;
    for (const auto& column : greatest) most = std::max(most, column.size());
    return static_cast<int>(most);
  };
  const auto add = [](auto first, auto last, std::int64_t& tuple_count) {
    int total = 0;
    std::int64_t count = 1;
    for (; first != last; ++first) total += *first, count *= *first + 1;
    tuple_count += count;
    return total;
  };
  if (tallest() > 2) {
    const std::vector<int> levels = plan_levels(tallest(), p, layers);
    for (std::size_t level = 0; level + 1 < levels.size(); ++level) {
      std::int64_t layer = 0;
      for (auto& column : greatest) {
        if (static_cast<int>(column.size()) <= levels[level]) continue;
        std::vector<int> merged;
        auto first = column.begin();
        for (const int size : even_parts(static_cast<int>(column.size()), levels[level])) {
          merged.push_back(size == 1 ? *first : add(first, first + size, layer));
          if (size > 1) own += merged.back() + 1;
          first += size;
        }
        column = std::move(merged);
      }
      units = std::max(units, layer);
    }
    do {
      std::int64_t layer = 0;
      std::vector<std::vector<int>> sums(greatest.size());
      for (std::size_t t = 0; t < greatest.size(); ++t) {
        if (greatest[t].size() == 1) sums[t].push_back(greatest[t][0]);
        if (greatest[t].size() < 2) continue;
        std::size_t place = t;
        for (int rest = add(greatest[t].begin(), greatest[t].end(), layer); rest > 0 && place < sums.size();
             rest /= p) {
          sums[place++].push_back(std::min(p - 1, rest));
          own += std::min(p - 1, rest) + 1;
        }
      }
      greatest = std::move(sums);
      units = std::max(units, layer);
    } while (tallest() > 2);
  }
  std::int64_t pairs = 0;
  for (const auto& column : greatest) add(column.begin(), column.end(), pairs);
  const std::int64_t registers = own + columns * (p + FlipFlop::copies + 1) + 2 * p + 3;
  return std::max({registers, heads, units, pairs, columns * (p + 1) - 1, std::int64_t{2} * p});
}

std::int64_t iteradd_const_width(int n, int k, int p, int layers) {
  const int columns = n + ceil_log(p, static_cast<std::uint64_t>(k));
  std::vector<std::vector<int>> greatest(static_cast<std::size_t>(columns));
  for (int t = 0; t < n; ++t)
    greatest[static_cast<std::size_t>(t)].assign(static_cast<std::size_t>(k), p - 1);
  const std::int64_t digits = std::int64_t{n} * k;
  return column_width(greatest, p, layers, 1 + p + digits * (p + 1), digits * p, 0);
}

std::int64_t mul_const_width(int n, int l, int p, int layers) {
  std::vector<std::vector<int>> greatest(static_cast<std::size_t>(l));
  std::int64_t own = 1 + p + std::int64_t{2} * n * (p + 1), products = 0;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n && i + j < l; ++j) {
      greatest[static_cast<std::size_t>(i + j)].push_back(p - 1);
      own += p;
      products += std::int64_t{p - 1} * (p - 1);
      if (p == 2 || i + j + 1 >= l) continue;
      greatest[static_cast<std::size_t>(i + j + 1)].push_back(p - 2);
      own += p - 1;
    }
  }
  return column_width(greatest, p, layers, own, std::int64_t{2} * n * p, products);
}

std::string needs_levels(int tallest, int columns, int p, int layers) {
  const std::int64_t units = ColumnCounts::units(tallest, p, layers);
  if (units <= 4'000'000 / columns) return "";
  return fmt::format("would take about {} units for each of {} columns: take more layers (--set layers=...)",
                     units, columns);
}

std::string needs_columns(const Policy& policy) {
  if (floating(policy))
    return "needs fixed point: in floating point MAX - 1 is not a number, and the flip-flop takes it off; "
           "use fixed(1,0)";
  const Format& softmax = policy[Role::softmax];
  if (!apply(Function::exp, policy[Role::scores].lowest, softmax).value.is_zero()) {
    return fmt::format(
        "exp(-MAX) does not round to 0 in {}: no attention is hard; round to nearest, rtz or rdn",
        notation(softmax));
  }
  return first_reason({needs_fixed_exp(policy), needs_weight(policy, 1, "the weight 1"),
                       needs_saturation(policy), needs_sequential_sums(policy), needs_stable_softmax(policy),
                       needs_flipflop(policy, 1, -1), needs_symmetric_range(policy)});
}

}  // namespace roundoff::constructions
