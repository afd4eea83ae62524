// Keys and values: what is kept of every position, scores against it, and what is done to scores. A vector of
// scores is a row of visible keys for every lane, one row behind the other.
#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "sim/program/draws.hpp"
#include "sim/tensors/tape.hpp"

namespace roundoff::sim {

Tensors::Memory Tensors::memory(int groups, int d_k, int d_v) {
  const Number& accumulators = number(format_of(Role::accumulators));
  const Number& cache = number(format_of(Role::cache));
  const bool members = accumulators.kernels() != nullptr && contains(accumulators, cache);
  return {groups, d_k, d_v, members ? &accumulators : &cache, {}};
}

namespace {

/// Room for another slot, or for more positions: what is kept moves along.
Tensors::Memory::Kept& kept_of(Tensors::Memory& memory, int slot, std::size_t capacity) {
  const auto s = static_cast<std::size_t>(slot);
  if (memory.slots.size() <= s) memory.slots.resize(s + 1);
  Tensors::Memory::Kept& kept = memory.slots[s];
  if (kept.capacity >= capacity) return kept;
  const std::size_t size = memory.number->size();
  const auto groups = static_cast<std::size_t>(memory.groups), d_k = static_cast<std::size_t>(memory.d_k),
             d_v = static_cast<std::size_t>(memory.d_v);
  Tensors::Memory::Kept larger{capacity, Array(groups * d_k * capacity * size),
                               Array(groups * d_v * capacity * size)};
  for (std::size_t r = 0; r < groups * d_k && kept.capacity > 0; ++r)
    std::memcpy(larger.keys.data() + r * capacity * size, kept.keys.data() + r * kept.capacity * size,
                kept.capacity * size);
  for (std::size_t g = 0; g < groups && kept.capacity > 0; ++g)
    std::memcpy(larger.values.data() + g * capacity * d_v * size,
                kept.values.data() + g * kept.capacity * d_v * size, kept.capacity * d_v * size);
  kept = std::move(larger);
  return kept;
}

}  // namespace

void Tensors::keep_key(Memory& memory, int group, const Entries& key) {
  const std::size_t size = memory.number->size(), n = lanes();
  const Number& from = number(key.format);
  Array elements(static_cast<std::size_t>(key.count) * n * size);
  sim::convert({&from, key.data()}, *memory.number, elements.data(), static_cast<std::size_t>(key.count) * n);
  const std::lock_guard lock(formats_);
  for (std::size_t i = 0; i < n; ++i) {
    Memory::Kept& kept = kept_of(memory, positions_[i].slot, capacity_);
    for (std::size_t t = 0; t < static_cast<std::size_t>(key.count); ++t) {
      const std::size_t row = static_cast<std::size_t>(group * memory.d_k) + t;
      std::memcpy(
          kept.keys.data() + (row * kept.capacity + static_cast<std::size_t>(positions_[i].position)) * size,
          elements.data() + (t * n + i) * size, size);
    }
  }
}

void Tensors::keep_value(Memory& memory, int group, const Entries& value) {
  const std::size_t size = memory.number->size(), n = lanes();
  const auto d_v = static_cast<std::size_t>(memory.d_v);
  Array elements(d_v * n * size);
  sim::convert({&number(value.format), value.data()}, *memory.number, elements.data(), d_v * n);
  const std::lock_guard lock(formats_);
  for (std::size_t i = 0; i < n; ++i) {
    Memory::Kept& kept = kept_of(memory, positions_[i].slot, capacity_);
    const std::size_t row =
        (static_cast<std::size_t>(group) * kept.capacity + static_cast<std::size_t>(positions_[i].position)) *
        d_v;
    for (std::size_t t = 0; t < d_v; ++t)
      std::memcpy(kept.values.data() + (row + t) * size, elements.data() + (t * n + i) * size, size);
  }
}

Tensors::Entries Tensors::scores(const Memory& memory, int group, const Entries& query, Role role,
                                 const Place& where) {
  const Place place = where.before(!same_format(Role::accumulators, role));
  const std::uint8_t format = format_of(Role::accumulators);
  const Number& result = number(format);
  const bool members =
      result.kernels() != nullptr && memory.number == &result && contains(result, number(query.format));
  const Entries q = members ? as_elements(query, format) : query;
  const Number& q_number = number(q.format);
  const Array rows = by_lane(q);
  const auto d_k = static_cast<std::size_t>(memory.d_k);
  Entries made = room(Entries::keys, 0, format);
  std::vector<std::uint8_t> trapped(all_keys_);
  std::vector<const void*> keys(d_k);
  const auto key_at = [&](std::size_t lane, std::size_t t) {
    const Memory::Kept& kept = memory.slots[static_cast<std::size_t>(positions_[lane].slot)];
    return kept.keys.data() +
           (static_cast<std::size_t>(group * memory.d_k) + t) * kept.capacity * memory.number->size();
  };
  for (std::size_t i = 0; i < lanes(); ++i) {
    const Lane& lane = positions_[i];
    if (lane.keys == 0) continue;
    for (std::size_t t = 0; t < d_k; ++t) keys[t] = key_at(i, t) + lane.begin * memory.number->size();
    const Terms terms{.x_number = memory.number,
                      .x = keys.data(),
                      .y_number = &q_number,
                      .weights = rows.data() + i * d_k * q_number.size(),
                      .count = d_k,
                      .lanes = lane.keys};
    (*dots_)(terms, made.data() + lane.first * result.size(), trapped.data() + lane.first, own().room,
             [&](std::size_t j) { return draw_place(Op::dot, site(place, Entries::keys, lane.first + j)); });
  }
  note(made, place, trapped, [&](std::size_t element) {
    const Site at = site(place, Entries::keys, element);
    std::size_t i = 0;
    while (i + 1 < lanes() && positions_[i + 1].first <= element) ++i;
    std::vector<Value> x, y;
    for (std::size_t t = 0; t < d_k; ++t) {
      x.push_back(q_number.load(rows.data() + (i * d_k + t) * q_number.size()));
      y.push_back(
          memory.number->load(key_at(i, t) + static_cast<std::size_t>(at.key) * memory.number->size()));
    }
    return dot_cause(x, y, result.format());
  });
  return from_accumulators(made, role, where);
}

Tensors::Entries Tensors::mix(const Memory& memory, int group, const Entries& weights, Role role,
                              const Place& where) {
  const Place place = where.before(!same_format(Role::accumulators, role));
  const std::uint8_t format = format_of(Role::accumulators);
  const Number& result = number(format);
  const bool members =
      result.kernels() != nullptr && memory.number == &result && contains(result, number(weights.format));
  const Entries a = members ? as_elements(weights, format) : weights;
  const Number& a_number = number(a.format);
  const auto d_v = static_cast<std::size_t>(memory.d_v);
  const std::size_t n = lanes();
  Entries made = room(Entries::lanes, memory.d_v, format);
  std::vector<std::uint8_t> trapped(d_v * n), marks(d_v);
  Array mixed(d_v * result.size());
  std::vector<const void*> values;
  const auto value_at = [&](std::size_t lane, std::size_t j) {
    const Memory::Kept& kept = memory.slots[static_cast<std::size_t>(positions_[lane].slot)];
    return kept.values.data() +
           (static_cast<std::size_t>(group) * kept.capacity + j) * d_v * memory.number->size();
  };
  for (std::size_t i = 0; i < n; ++i) {
    const Lane& lane = positions_[i];
    if (lane.keys == 0) {
      for (std::size_t t = 0; t < d_v; ++t)
        result.store(Value::zero(), made.data() + (t * n + i) * result.size());
      continue;
    }
    values.resize(lane.keys);
    for (std::size_t j = 0; j < lane.keys; ++j) values[j] = value_at(i, lane.begin + j);
    const Terms terms{.x_number = memory.number,
                      .x = values.data(),
                      .y_number = &a_number,
                      .weights = a.data() + lane.first * a_number.size(),
                      .count = lane.keys,
                      .lanes = d_v};
    marks.assign(d_v, 0);
    (*dots_)(terms, mixed.data(), marks.data(), own().room,
             [&](std::size_t t) { return draw_place(Op::dot, site(place, Entries::lanes, t * n + i)); });
    for (std::size_t t = 0; t < d_v; ++t) {
      std::memcpy(made.data() + (t * n + i) * result.size(), mixed.data() + t * result.size(), result.size());
      trapped[t * n + i] = marks[t];
    }
  }
  note(made, place, trapped, [&](std::size_t element) {
    const std::size_t t = element / n, i = element % n;
    std::vector<Value> x, y;
    for (std::size_t j = 0; j < positions_[i].keys; ++j) {
      x.push_back(a_number.load(a.data() + (positions_[i].first + j) * a_number.size()));
      y.push_back(memory.number->load(value_at(i, positions_[i].begin + j) + t * memory.number->size()));
    }
    return dot_cause(x, y, result.format());
  });
  return from_accumulators(made, role, where);
}

// Sequential sums of many lanes of a sequence go key by key, over the lanes that see the key; what is left, and
// other orders, lane by lane.
Tensors::Entries Tensors::sum_of_keys(const Entries& a, Role role, const Place& where) {
  const std::uint8_t format = format_of(role);
  const Number& result = number(format);
  const bool members = result.kernels() != nullptr && contains(result, number(a.format)) &&
                       (!a.more || contains(result, number(a.more->format)));
  const Entries x = members ? as_elements(a, format) : a;
  std::optional<Entries> more;
  if (a.more) more = members ? as_elements(*a.more, format) : *a.more;
  if (more && more->format != x.format) more = as_elements(*more, x.format);
  const Number& kept = number(x.format);
  const std::size_t n = lanes(), s = kept.size();
  Entries made = room(Entries::lanes, 1, format);
  std::vector<std::uint8_t> trapped(n);
  const auto more_at = [&](std::size_t lane) {
    return more->data() + (more->shape == Entries::uniform ? 0 : lane) * s;
  };
  std::vector<const void*> terms;
  const auto lane_by_lane = [&](std::size_t first, std::size_t end) {
    for (std::size_t i = first; i < end; ++i) {
      if (positions_[i].keys == 0) continue;
      terms.clear();
      for (std::size_t j = 0; j < positions_[i].keys; ++j)
        terms.push_back(x.data() + (positions_[i].first + j) * s);
      if (more) terms.push_back(more_at(i));
      sums_[static_cast<std::size_t>(role)](
          {.x_number = &kept, .x = terms.data(), .count = terms.size(), .lanes = 1},
          made.data() + i * result.size(), trapped.data() + i, own().room,
          [&](std::size_t) { return draw_place(Op::sum, site(where, Entries::lanes, i)); });
    }
  };
  constexpr std::size_t few = 8;
  std::size_t first = 0;
  Array column;
  for (const Feed& feed : feeds_) {
    const std::size_t end = first + feed.tokens.size();
    if (!members || policy_.order.kind != SumOrder::sequential || end - first < few) {
      lane_by_lane(first, end);
    } else {
      std::byte* next = column.room((end - first) * s);
      for (std::size_t j = 0; j < positions_[end - 1].keys; ++j) {
        // Lanes from `seeing` on see key j, and the first of them, where its position is j, begins with it.
        std::size_t seeing = first;
        while (positions_[seeing].keys <= j) ++seeing;
        for (std::size_t i = seeing; i < end; ++i)
          std::memcpy(next + (i - seeing) * s, x.data() + (positions_[i].first + j) * s, s);
        std::byte* sums = made.data() + seeing * s;
        if (j == 0)
          std::memcpy(sums, next, (end - seeing) * s);
        else
          result.kernels()->add(result.kernels()->context(), sums, next, sums, end - seeing,
                                trapped.data() + seeing);
      }
      if (more) {
        for (std::size_t i = first; i < end; ++i) std::memcpy(next + (i - first) * s, more_at(i), s);
        std::byte* sums = made.data() + first * s;
        result.kernels()->add(result.kernels()->context(), sums, next, sums, end - first,
                              trapped.data() + first);
      }
    }
    first = end;
  }
  // A lane that sees nothing divides zeros by this.
  const Value one = formats::round(Value::integer(1), result.format()).value;
  for (std::size_t i = 0; i < n; ++i) {
    if (positions_[i].keys > 0) continue;
    result.store(one.is_zero() ? result.format().highest : one, made.data() + i * result.size());
    trapped[i] = 0;
  }
  note(made, where, trapped, [&](std::size_t lane) {
    std::vector<Value> values;
    for (std::size_t j = 0; j < positions_[lane].keys; ++j)
      values.push_back(kept.load(x.data() + (positions_[lane].first + j) * s));
    if (more) values.push_back(kept.load(more_at(lane)));
    const Rounded summed = formats::sum(values, policy_.order, result.format());
    return Cause{fmt::format("a sum of {} terms", values.size()), summed.flags};
  });
  return made;
}

Tensors::Entries Tensors::running_max(const Entries& x, bool forward, Role role, const Place& where) {
  const Number& kept = number(x.format);
  Entries made = room(Entries::keys, 0, format_of(role));
  const Number& result = number(made.format);
  for (const Lane& lane : positions_) {
    Value seen = Value::zero();
    for (std::size_t step = 0; step < lane.keys; ++step) {
      const std::size_t at = lane.first + (forward ? step : lane.keys - 1 - step);
      result.store(seen, made.data() + at * result.size());
      const Value own_value = kept.load(x.data() + at * kept.size());
      if (step > 0 && (own_value.is_nan() || seen.is_nan())) {
        if (policy_.nan == NanRule::trap)
          throw Trap(fmt::format("NaN reaches a max ({})", describe(site(where, Entries::keys, at))));
        seen = Value::nan();
      } else {
        seen = step == 0 ? own_value : maximum(own_value, seen);
      }
    }
  }
  return made;
}

Tensors::Entries Tensors::of_keys(const std::function<Value(int, int)>& of, Role role) {
  Entries made = room(Entries::keys, 0, format_of(role));
  const Number& kept = number(made.format);
  for (const Lane& lane : positions_)
    for (std::size_t j = 0; j < lane.keys; ++j)
      kept.store(formats::round(of(lane.position, static_cast<int>(lane.begin + j)), kept.format()).value,
                 made.data() + (lane.first + j) * kept.size());
  return made;
}

}  // namespace roundoff::sim
