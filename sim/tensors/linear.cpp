// Linear maps and dot products. A product of a map with the vectors of all lanes is done in one of two ways, with
// the same sums in the same order: a block of rows as lanes, one token after the other; or the tokens as lanes, one
// row after the other. Products commute on bits, so that weights may be either factor.
#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "formats/notation/text.hpp"
#include "sim/program/draws.hpp"
#include "sim/tensors/tape.hpp"

namespace roundoff::sim {

namespace {

constexpr std::size_t unit = 64;  // lanes that the kernels' loops take at a time, about

std::size_t units(std::size_t lanes) { return (lanes + unit - 1) / unit; }

std::vector<const void*> pointers(const std::byte* first, std::size_t count, std::size_t bytes) {
  std::vector<const void*> made(count);
  for (std::size_t j = 0; j < count; ++j) made[j] = first + j * bytes;
  return made;
}

}  // namespace

Tensors::Map Tensors::prepare(const Linear& map, bool in_layer) {
  const std::uint64_t matrix = ++matrices_;
  const Number& weights = number(format_of(Role::weights));
  Map made{StoredMatrix(
               map.weight, weights, in_layer ? weight_quantiser_ : std::nullopt,
               [matrix](int r, int c) {
                 return matrix << 40 | static_cast<std::uint64_t>(r) << 20 | static_cast<std::uint64_t>(c);
               },
               workers_),
           {}};
  if (!map.bias) return made;
  Entries& bias = made.bias.emplace(room(Entries::uniform, map.weight.rows(), format_of(Role::weights)));
  for (std::size_t r = 0; r < map.bias->size(); ++r)
    weights.store(formats::round((*map.bias)[r], weights.format(), {matrix << 40 | 1ULL << 39 | r, 0}).value,
                  bias.data() + r * weights.size());
  return made;
}

Cause Tensors::dot_cause(const std::vector<Value>& x, const std::vector<Value>& y,
                         const Format& format) const {
  // Throws the Trap, where there is one.
  const Rounded result = formats::dot(x, y, policy_.order, policy_.dot, format);
  const auto whole = [&] { return Cause{fmt::format("a dot product of {} terms", x.size()), result.flags}; };
  if (policy_.order.kind != SumOrder::sequential || policy_.dot != DotMode::rounded || format.is_stochastic())
    return whole();
  const auto usual = [&](const Value& v) {
    return v.is_finite() && v != format.highest && (v != format.lowest || v.is_zero());
  };
  Value s;
  for (std::size_t j = 0; j < x.size(); ++j) {
    const Value term = mul(x[j], y[j], format).value;
    if (!usual(term))
      return {fmt::format("{} * {}, term {} of {}", decimal(x[j]), decimal(y[j]), j + 1, x.size()),
              result.flags};
    const Value next = j == 0 ? term : add(s, term, format).value;
    if (!usual(next))
      return {fmt::format("{} + {}, term {} of {}", decimal(s), decimal(term), j + 1, x.size()),
              result.flags};
    s = next;
  }
  return whole();
}

Tensors::Entries Tensors::apply(Map& map, const Entries& input, Role role, SiteName name, bool inner) {
  const Place where = Place::entries(name).before(inner);
  const bool converts = !same_format(Role::accumulators, role);
  const Place dots = where.before(map.bias || converts);
  const std::uint8_t format = format_of(Role::accumulators);
  const Number& result = number(format);
  const std::size_t n = lanes();
  const auto rows = static_cast<std::size_t>(map.weight.rows()),
             terms = static_cast<std::size_t>(map.weight.columns());

  // Elements of the result's format where both factors are its members.
  const Entries everywhere = spread(input);
  const bool members = result.kernels() != nullptr && contains(result, number(everywhere.format)) &&
                       contains(result, map.weight.number());
  const Entries x = members ? as_elements(everywhere, format) : everywhere;
  const Number& x_number = number(x.format);
  const Number& w_number = members ? result : map.weight.number();
  const bool by_rows = n * units(rows) <= rows * units(n);
  const Array tokens = by_rows ? by_lane(x) : Array();
  const std::vector<const void*> columns =
      by_rows ? std::vector<const void*>() : pointers(x.data(), terms, n * x_number.size());

  Entries made = room(Entries::lanes, static_cast<int>(rows), format);
  std::vector<std::uint8_t> trapped(result.may_trap() ? rows * n : 0);
  const bool draw = result.draws() || (wide_ && wide_->draws());
  const std::size_t blocks = units(rows);
  workers_.each(blocks, [&](std::size_t block) {
    Own& mine = own();
    const std::size_t first = block * unit, count = std::min(unit, rows - first);
    std::byte* weights = mine.left.room(count * terms * w_number.size());
    Array results(count * result.size());
    std::vector<std::uint8_t> marks(count);
    const auto place = [&](std::size_t row, std::size_t lane) {
      return draw_place(Op::dot, site(dots, Entries::lanes, row * n + lane));
    };
    if (by_rows) {
      map.weight.unpack_transposed(static_cast<int>(first), static_cast<int>(count), w_number, weights);
      const std::vector<const void*> arrays = pointers(weights, terms, count * w_number.size());
      for (std::size_t i = 0; i < n; ++i) {
        const Terms dot{.x_number = &w_number,
                        .x = arrays.data(),
                        .y_number = &x_number,
                        .weights = tokens.data() + i * terms * x_number.size(),
                        .count = terms,
                        .lanes = count};
        if (!trapped.empty()) marks.assign(count, 0);
        (*dots_)(dot, results.data(), trapped.empty() ? nullptr : marks.data(), mine.room,
                 draw ? PlaceOf([&](std::size_t r) { return place(first + r, i); }) : PlaceOf());
        for (std::size_t r = 0; r < count; ++r) {
          const std::size_t to = (first + r) * n + i;
          std::memcpy(made.data() + to * result.size(), results.data() + r * result.size(), result.size());
          if (!trapped.empty()) trapped[to] = marks[r];
        }
      }
    } else {
      map.weight.unpack(static_cast<int>(first), static_cast<int>(count), w_number, weights);
      for (std::size_t r = 0; r < count; ++r) {
        const Terms dot{.x_number = &x_number,
                        .x = columns.data(),
                        .y_number = &w_number,
                        .weights = weights + r * terms * w_number.size(),
                        .count = terms,
                        .lanes = n};
        const std::size_t to = (first + r) * n;
        (*dots_)(dot, made.data() + to * result.size(), trapped.empty() ? nullptr : trapped.data() + to,
                 mine.room, draw ? PlaceOf([&](std::size_t i) { return place(first + r, i); }) : PlaceOf());
      }
    }
  });
  note(made, dots, trapped, [&](std::size_t element) {
    const std::size_t row = element / n, lane = element % n;
    Array weights(terms * w_number.size());
    map.weight.unpack(static_cast<int>(row), 1, w_number, weights.data());
    std::vector<Value> left, right;
    for (std::size_t j = 0; j < terms; ++j) {
      left.push_back(w_number.load(weights.data() + j * w_number.size()));
      right.push_back(x_number.load(x.data() + (j * n + lane) * x_number.size()));
    }
    return dot_cause(left, right, result.format());
  });
  if (map.bias) made = binary(Op::add, made, *map.bias, format, where.before(converts));
  return from_accumulators(made, role, where);
}

Tensors::Entries Tensors::dot(const Entries& a, const Entries& b, Role role, const Place& where) {
  const bool converts = !same_format(Role::accumulators, role);
  const Place place = where.before(converts);
  const std::uint8_t format = format_of(Role::accumulators);
  const Number& result = number(format);
  const bool members =
      result.kernels() != nullptr && contains(result, number(a.format)) && contains(result, number(b.format));
  const Entries x = members ? as_elements(a, format) : a, y = members ? as_elements(b, format) : b;
  const std::size_t n = lanes();
  Entries made = room(Entries::lanes, 1, format);
  std::vector<std::uint8_t> trapped(n);
  const std::vector<const void*> left =
      pointers(x.data(), static_cast<std::size_t>(x.count), n * number(x.format).size());
  const std::vector<const void*> right =
      pointers(y.data(), static_cast<std::size_t>(y.count), n * number(y.format).size());
  const Terms terms{.x_number = &number(x.format),
                    .x = left.data(),
                    .y_number = &number(y.format),
                    .y = right.data(),
                    .count = left.size(),
                    .lanes = n};
  (*dots_)(terms, made.data(), trapped.data(), own().room,
           [&](std::size_t i) { return draw_place(Op::dot, site(place, Entries::lanes, i)); });
  note(made, place, trapped, [&](std::size_t lane) {
    std::vector<Value> u, v;
    for (std::size_t j = 0; j < left.size(); ++j) {
      u.push_back(number(x.format).load(x.data() + (j * n + lane) * number(x.format).size()));
      v.push_back(number(y.format).load(y.data() + (j * n + lane) * number(y.format).size()));
    }
    return dot_cause(u, v, result.format());
  });
  return from_accumulators(made, role, where);
}

Tensors::Entries Tensors::sum(const Entries& a, Role role, const Place& where) {
  if (a.shape == Entries::keys) return sum_of_keys(a, role, where);
  const std::uint8_t format = format_of(role);
  const Number& result = number(format);
  const Entries x =
      result.kernels() != nullptr && contains(result, number(a.format)) ? as_elements(a, format) : a;
  const SumOrder::Kind kind = policy_.order.kind;
  // The first term of a sum is not rounded, and may be the only one.
  if (x.count == 1 && kind != SumOrder::wide && kind != SumOrder::exact) {
    const Entries only = spread(x);
    note(only, where, {}, [](std::size_t) { return Cause{"a sum of one term"}; });
    return only;
  }
  const std::size_t n = lanes();
  Entries made = room(Entries::lanes, 1, format);
  std::vector<std::uint8_t> trapped(n);
  const std::vector<const void*> terms =
      pointers(x.data(), static_cast<std::size_t>(x.count), n * number(x.format).size());
  sums_[static_cast<std::size_t>(role)](
      {.x_number = &number(x.format), .x = terms.data(), .count = terms.size(), .lanes = n}, made.data(),
      trapped.data(), own().room,
      [&](std::size_t i) { return draw_place(Op::sum, site(where, Entries::lanes, i)); });
  note(made, where, trapped, [&](std::size_t lane) {
    std::vector<Value> values;
    for (std::size_t j = 0; j < terms.size(); ++j)
      values.push_back(number(x.format).load(x.data() + (j * n + lane) * number(x.format).size()));
    const Rounded summed = formats::sum(values, policy_.order, result.format());
    return Cause{fmt::format("a sum of {} terms", values.size()), summed.flags};
  });
  return made;
}

Tensors::Embedding Tensors::embedding(const Matrix& table) {
  for (const auto& [of, stored] : tables_)
    if (of == &table) return &stored;
  tables_.emplace_back(
      &table,
      StoredMatrix(
          table, number(format_of(Role::weights)), std::nullopt,
          [](int r, int c) { return static_cast<std::uint64_t>(r) << 20 | static_cast<std::uint64_t>(c); },
          workers_));
  return &tables_.back().second;
}

Tensors::Entries Tensors::embed(Embedding table, const Place& where) {
  const Number& weights = number(format_of(Role::weights));
  const std::size_t n = lanes(), s = weights.size();
  Entries made = room(Entries::lanes, table->columns(), format_of(Role::weights));
  Array row(static_cast<std::size_t>(table->columns()) * s);
  for (std::size_t i = 0; i < n; ++i) {
    table->unpack(tokens_[i], 1, weights, row.data());
    for (std::size_t r = 0; r < static_cast<std::size_t>(table->columns()); ++r)
      std::memcpy(made.data() + (r * n + i) * s, row.data() + r * s, s);
  }
  note(made, where, {}, [](std::size_t) { return Cause{"a weight"}; });
  return made;
}

Tensors::Entries Tensors::position_row(const Matrix& table) {
  const StoredMatrix* stored = nullptr;
  for (const auto& [of, kept] : tables_)
    if (of == &table) stored = &kept;
  const Number& weights = number(format_of(Role::weights));
  if (stored == nullptr) {
    tables_.emplace_back(&table, StoredMatrix(
                                     table, weights, std::nullopt,
                                     [](int r, int c) {
                                       return 1ULL << 62 | static_cast<std::uint64_t>(r) << 20 |
                                              static_cast<std::uint64_t>(c);
                                     },
                                     workers_));
    stored = &tables_.back().second;
  }
  const std::size_t n = lanes(), s = weights.size();
  Entries made = room(Entries::lanes, table.columns(), format_of(Role::weights));
  Array row(static_cast<std::size_t>(table.columns()) * s);
  for (std::size_t i = 0; i < n; ++i) {
    stored->unpack(positions_[i].position % table.rows(), 1, weights, row.data());
    for (std::size_t r = 0; r < static_cast<std::size_t>(table.columns()); ++r)
      std::memcpy(made.data() + (r * n + i) * s, row.data() + r * s, s);
  }
  return made;
}

Tensors::Entries Tensors::turns(const Rotary& rotary, int set, int count,
                                const std::function<Value(int, int)>& of) {
  const Number& table_number = number(format_of(Role::rotary));
  const std::size_t n = lanes(), s = table_number.size();
  Entries made = room(Entries::lanes, count, format_of(Role::rotary));
  const auto entry = [&](int r, std::size_t lane) {
    return made.data() + (static_cast<std::size_t>(r) * n + lane) * s;
  };
  if (table_number.draws()) {  // bits that are every head's own
    for (std::size_t i = 0; i < n; ++i)
      for (int r = 0; r < count; ++r) table_number.store(of(positions_[i].position, r), entry(r, i));
    return made;
  }
  const std::lock_guard lock(turns_mutex_);
  auto found = std::find_if(turns_.begin(), turns_.end(), [&](const Turns& known) {
    return known.set == set && (known.rotary == &rotary || *known.rotary == rotary);
  });
  if (found == turns_.end()) found = turns_.insert(turns_.end(), Turns{&rotary, set, {}});
  for (std::size_t i = 0; i < n; ++i) {
    const auto position = static_cast<std::size_t>(positions_[i].position);
    if (found->positions.size() <= position) found->positions.resize(position + 1);
    Array& table = found->positions[position];
    if (table.data() == nullptr) {
      table = Array(static_cast<std::size_t>(count) * s);
      for (int r = 0; r < count; ++r)
        table_number.store(of(positions_[i].position, r), table.data() + static_cast<std::size_t>(r) * s);
    }
    for (int r = 0; r < count; ++r)
      std::memcpy(entry(r, i), table.data() + static_cast<std::size_t>(r) * s, s);
  }
  return made;
}

}  // namespace roundoff::sim
