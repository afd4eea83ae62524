// The tape's shapes, and operations entry by entry. Products of matrices are in linear.cpp, keys in keys.cpp.
#include "sim/tensors/tape.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include <fmt/format.h>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "sim/program/draws.hpp"

namespace roundoff::sim {

namespace {

thread_local std::uint64_t step = 0;  // of the operation, in the order of a recorded program

/// Elements of a known size, copied without asking every time.
template <class Copy>
void with_size(std::size_t size, const Copy& copy) {
  switch (size) {
    case 2:
      return copy(std::integral_constant<std::size_t, 2>());
    case 4:
      return copy(std::integral_constant<std::size_t, 4>());
    case 8:
      return copy(std::integral_constant<std::size_t, 8>());
    default:
      return copy(std::integral_constant<std::size_t, sizeof(Value)>());
  }
}

template <std::size_t size>
void fill(std::byte* to, const std::byte* element, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) std::memcpy(to + i * size, element, size);
}

std::string_view sign(Op op) { return op == Op::add ? "+" : op == Op::sub ? "-" : op == Op::mul ? "*" : "/"; }

}  // namespace

Tensors::Tensors(const Policy& policy, int threads, Isa isa) : policy_(policy), isa_(isa), workers_(threads) {
  for (int i = 0; i < workers_.count(); ++i) own_.push_back(std::make_unique<Own>());
  for (std::size_t role = 0; role < role_count; ++role) role_format_[role] = format(policy_.formats[role]);
  if (!policy_.quantisers.weights.empty()) weight_quantiser_ = parse_quantiser(policy_.quantisers.weights);
  if (policy_.order.kind == SumOrder::wide) wide_ = std::make_unique<Number>(policy_.order.wide_format, isa_);
  if (policy_.dot == DotMode::fused && policy_.order.kind != SumOrder::sequential)
    throw UsageError("fma goes with the sequential order only, not " + notation(policy_.order));
  dots_.emplace(number(format_of(Role::accumulators)), Reduction{policy_.order, policy_.dot}, wide_.get());
  for (std::size_t role = 0; role < role_count; ++role)
    sums_.emplace_back(number(role_format_[role]), Reduction{policy_.order, DotMode::rounded}, wide_.get());
}

std::uint8_t Tensors::format(const Format& format) {
  const std::lock_guard lock(formats_);
  for (std::uint8_t i = 0; i < number_count_; ++i)
    if (numbers_[i]->format() == format) return i;
  if (number_count_ == most_formats) throw std::logic_error("a tape has too many formats");
  numbers_[number_count_] = std::make_unique<Number>(format, isa_);
  return number_count_++;
}

void Tensors::stand_at(const std::vector<Feed>& feeds, int capacity) {
  feeds_ = feeds;
  capacity_ = static_cast<std::size_t>(capacity);
  positions_.clear(), tokens_.clear();
  for (const Feed& feed : feeds)
    for (std::size_t t = 0; t < feed.tokens.size(); ++t) {
      const int position = feed.first + static_cast<int>(t);
      const auto before = static_cast<std::size_t>(position);
      const std::size_t shown = policy_.mask == Mask::causal   ? before + 1
                               : policy_.mask == Mask::strict ? before
                                                              : feed.tokens.size();
      positions_.push_back(
          {feed.sequence, feed.slot < 0 ? feed.sequence : feed.slot, position, shown, 0, 0, 0});
      tokens_.push_back(feed.tokens[t]);
    }
  window_ = -1;
  look_back(0);
  step = 0;
  layer_ = -1;
}

void Tensors::look_back(int window) {
  if (window == window_) return;
  window_ = window;
  all_keys_ = 0;
  for (Lane& lane : positions_) {
    const int first = window == 0 ? 0 : std::max(0, lane.position - window + 1);
    lane.begin = std::min(static_cast<std::size_t>(first), lane.shown);
    lane.keys = lane.shown - lane.begin;
    lane.first = all_keys_;
    all_keys_ += lane.keys;
  }
}

Statistics Tensors::statistics() const {
  Statistics all;
  for (const auto& own : own_) all.add(own->statistics);
  return all;
}

std::vector<Statistics> Tensors::kept_statistics() const {
  std::vector<Statistics> kept;
  for (const auto& own : own_) kept.push_back(own->statistics);
  return kept;
}

void Tensors::forget_since(const std::vector<Statistics>& kept) {
  for (std::size_t i = 0; i < own_.size(); ++i) own_[i]->statistics = kept[i];
}

void Tensors::run_each(std::size_t count, const std::function<void(std::size_t)>& work) {
  constexpr std::uint64_t room_for_work = 4096;
  const std::uint64_t before = step;
  workers_.each(trace ? 0 : count, [&](std::size_t i) {
    step = before + i * room_for_work;
    work(i);
  });
  if (trace)
    for (std::size_t i = 0; i < count; ++i) work(i);
  step = before + count * room_for_work;
}

std::size_t Tensors::size(Entries::Shape shape, int count) const {
  return shape == Entries::keys      ? all_keys_
         : shape == Entries::uniform ? static_cast<std::size_t>(count)
                                     : static_cast<std::size_t>(count) * lanes();
}

Tensors::Entries Tensors::room(Entries::Shape shape, int count, std::uint8_t format) const {
  return {shape, count,  format, std::make_shared<Array>(size(shape, count) * number(format).size()),
          0,     nullptr};
}

std::vector<std::uint8_t>& Tensors::traps(std::size_t count) {
  std::vector<std::uint8_t>& trapped = own().trapped;
  trapped.assign(count, 0);
  return trapped;
}

const std::byte* Tensors::expanded(const Entries& x, Entries::Shape shape, int count, Array& room) const {
  if (x.shape == shape && (shape == Entries::keys || x.count == count)) return x.data();
  const std::size_t element = number(x.format).size(), n = lanes();
  std::byte* to = room.room(size(shape, count) * element);
  with_size(element, [&](auto constant) {
    constexpr std::size_t s = constant;
    const std::byte* from = x.data();
    if (shape == Entries::uniform) {
      fill<s>(to, from, static_cast<std::size_t>(count));
    } else if (shape == Entries::lanes) {
      for (std::size_t r = 0; r < static_cast<std::size_t>(count); ++r) {
        const std::size_t entry = x.count == 1 ? 0 : r;
        if (x.shape == Entries::uniform)
          fill<s>(to + r * n * s, from + entry * s, n);
        else
          std::memcpy(to + r * n * s, from + entry * n * s, n * s);
      }
    } else {
      for (std::size_t i = 0; i < n; ++i)
        fill<s>(to + positions_[i].first * s, from + (x.shape == Entries::uniform ? 0 : i * s),
                positions_[i].keys);
    }
  });
  return to;
}

Tensors::Entries Tensors::spread(const Entries& x) const {
  if (x.shape != Entries::uniform) return x;
  Entries made = room(Entries::lanes, x.count, x.format);
  Array unused;
  const std::byte* from = expanded(x, Entries::lanes, x.count, unused);
  std::memcpy(made.data(), from, size(Entries::lanes, x.count) * number(x.format).size());
  return made;
}

Tensors::Entries Tensors::as_elements(const Entries& x, std::uint8_t as) const {
  if (same_elements(number(x.format), number(as))) {
    Entries same = x;
    same.format = as;
    return same;
  }
  Entries made = room(x.shape, x.count, as);
  sim::convert({&number(x.format), x.data()}, number(as), made.data(), size(x.shape, x.count));
  return made;
}

Array Tensors::by_lane(const Entries& x) const {
  const std::size_t element = number(x.format).size(), n = lanes();
  const auto entries = static_cast<std::size_t>(x.count);
  Array made(entries * n * element);
  with_size(element, [&](auto constant) {
    constexpr std::size_t s = constant;
    for (std::size_t r = 0; r < entries; ++r)
      for (std::size_t i = 0; i < n; ++i)
        std::memcpy(made.data() + (i * entries + r) * s,
                    x.data() + (x.shape == Entries::uniform ? r : r * n + i) * s, s);
  });
  return made;
}

Site Tensors::site(const Place& where, Entries::Shape shape, std::size_t element) const {
  std::size_t entry = element, lane = 0;
  if (shape == Entries::lanes) {
    entry = element / lanes(), lane = element % lanes();
  } else if (shape == Entries::keys) {
    const auto next = std::upper_bound(positions_.begin(), positions_.end(), element,
                                       [](std::size_t e, const Lane& l) { return e < l.first; });
    lane = static_cast<std::size_t>(next - positions_.begin()) - 1;
    // Lanes that see no key have no row.
    entry = element - positions_[lane].first;
  }
  Site site{.name = where.name,
            .inner = where.inner,
            .layer = static_cast<std::int16_t>(layer_),
            .head = static_cast<std::int16_t>(where.head),
            .position = positions_.empty() ? -1 : positions_[lane].position};
  const auto number = static_cast<std::int32_t>(entry);
  if (where.numbering == Place::by_key)
    site.key = number + (positions_.empty() ? 0 : static_cast<std::int32_t>(positions_[lane].begin));
  if (where.numbering == Place::by_index) site.index = where.first + number * where.stride;
  return site;
}

DrawAt Tensors::draws(Op op, const Place& where, Entries::Shape shape, std::uint8_t format) const {
  if (!number(format).draws()) return {};
  return [this, op, where, shape](std::size_t element) {
    return Draw{draw_place(op, site(where, shape, element)), 0};
  };
}

void Tensors::note(const Entries& made, const Place& where, const std::vector<std::uint8_t>& trapped,
                   const Explain& explain) {
  ++step;
  const Number& kept = number(made.format);
  const std::size_t count = size(made.shape, made.count);
  const auto sequence_of = [&](std::size_t element) {
    if (made.shape != Entries::keys) return positions_[element % lanes()].sequence;
    const auto next = std::upper_bound(positions_.begin(), positions_.end(), element,
                                       [](std::size_t e, const Lane& l) { return e < l.first; });
    return (next - 1)->sequence;
  };
  const auto element_at = [&](std::size_t i) { return kept.load(made.data() + i * kept.size()); };

  if (const void* any = std::memchr(trapped.data(), 1, std::min(trapped.size(), count)); any != nullptr) {
    std::optional<Event> first;
    std::size_t at = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (trapped[i] == 0) continue;
      const Event event{sequence_of(i), step, site(where, made.shape, i), {}, {}};
      if (!first || event.before(*first)) first = event, at = i;
    }
    std::string why = "no result in the format";
    try {
      why = explain(at).operands;
    } catch (const Trap& trap) {
      why = trap.what();
    }
    throw Trap(fmt::format("{} ({})", why, describe(first->site)));
  }

  if (made.shape == Entries::uniform) return;  // of no position
  const Scanned seen = scan(kept, made.data(), count);
  Statistics& statistics = own().statistics;
  statistics.sites[{layer_, where.name}].add(seen.figures);
  if (seen.unusual) {
    const Format& format = kept.format();
    for (std::size_t i = 0; i < count; ++i) {
      const Value value = element_at(i);
      const bool at_limit = value == format.highest || (value == format.lowest && !value.is_zero());
      if (value.is_finite() && !at_limit) continue;
      std::optional<Cause> cause;
      const auto meet = [&](Event::Kind kind, Flags flag) {
        Event event{sequence_of(i), step, site(where, made.shape, i), value, {}};
        std::optional<Event>& first = statistics.first[kind];
        if (first && !event.before(*first)) return;
        if (!cause) cause = explain(i);
        if (flag != 0 && (cause->flags & flag) == 0) return;
        event.operands = cause->operands;
        first = std::move(event);
      };
      if (value.is_nan()) meet(Event::nan, 0);
      if (value.is_infinite()) meet(Event::infinity, 0), meet(Event::overflow, formats::flag_overflow);
      if (at_limit) meet(Event::saturation, formats::flag_saturated);
    }
  }
  if (trace && !where.inner)
    for (std::size_t i = 0; i < count; ++i) trace(site(where, made.shape, i), element_at(i));
}

void Tensors::to_doubles(const Entries& x, double* out) const {
  const Number& kept = number(x.format);
  const std::size_t count = size(x.shape, x.count);
  if (kept.in_doubles()) return kept.to_doubles(x.data(), out, count);
  for (std::size_t i = 0; i < count; ++i) out[i] = to_double(kept.load(x.data() + i * kept.size()));
}

Tensors::Entries Tensors::constants(const std::vector<Value>& values, Role role) {
  Entries made = room(Entries::uniform, static_cast<int>(values.size()), format_of(role));
  const Number& kept = number(made.format);
  for (std::size_t i = 0; i < values.size(); ++i)
    kept.store(formats::round(values[i], kept.format()).value, made.data() + i * kept.size());
  return made;
}

Tensors::Entries Tensors::member(const Value& value, std::uint8_t format) {
  Entries made = room(Entries::uniform, 1, format);
  number(format).store(value, made.data());
  return made;
}

Tensors::Entries Tensors::binary(Op op, const Entries& a, const Entries& b, std::uint8_t format,
                                 const Place& where) {
  const auto shape = std::max(a.shape, b.shape);
  const int count = a.count == 1 ? b.count : a.count;
  Entries made = room(shape, count, format);
  const Operand left{&number(a.format), expanded(a, shape, count, own().left)};
  const Operand right{&number(b.format), expanded(b, shape, count, own().right)};
  std::vector<std::uint8_t>& trapped = traps(size(shape, count));
  sim::binary(op, left, right, number(format), made.data(), trapped.size(),
              number(format).may_trap() ? trapped.data() : nullptr, draws(op, where, shape, format));
  note(made, where, trapped, [&](std::size_t i) {
    const Value x = left.number->load(left.at(i)), y = right.number->load(right.at(i));
    const Rounded result = by_definition(op, x, y, number(format).format(), {});
    return Cause{fmt::format("{} {} {}", decimal(x), sign(op), decimal(y)), result.flags};
  });
  return made;
}

Tensors::Entries Tensors::unary(Function function, const Entries& x, Role role, const Place& where) {
  const std::uint8_t format = format_of(role);
  Entries made = room(x.shape, x.count, format);
  const Operand from{&number(x.format), x.data()};
  std::vector<std::uint8_t>& trapped = traps(size(x.shape, x.count));
  sim::unary(function, from, number(format), made.data(), trapped.size(), trapped.data(),
             draws(Op::unary, where, x.shape, format));
  note(made, where, trapped, [&](std::size_t i) {
    const Value v = from.number->load(from.at(i));
    const Rounded result = formats::apply(function, v, number(format).format());
    return Cause{fmt::format("{}({})", name(function), decimal(v)), result.flags};
  });
  return made;
}

Tensors::Entries Tensors::round(const Entries& x, std::uint8_t format, const Place& where) {
  Entries made = room(x.shape, x.count, format);
  const Operand from{&number(x.format), x.data()};
  std::vector<std::uint8_t>& trapped = traps(size(x.shape, x.count));
  sim::round(from, number(format), made.data(), trapped.size(), trapped.data(),
             draws(Op::round, where, x.shape, format));
  note(made, where, trapped, [&](std::size_t i) {
    const Value v = from.number->load(from.at(i));
    const Rounded result = formats::round(v, number(format).format());
    return Cause{fmt::format("{} rounded", decimal(v)), result.flags};
  });
  return made;
}

Tensors::Entries Tensors::slice(const Entries& x, int first, int count, int stride) const {
  const std::size_t element = number(x.format).size(),
                    row = x.shape == Entries::lanes ? lanes() * element : element;
  Entries made = x;
  made.count = count;
  made.offset = x.offset + static_cast<std::size_t>(first) * row;
  if (stride == 1) return made;
  Entries copy = room(x.shape, count, x.format);
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
    std::memcpy(copy.data() + i * row, made.data() + i * row * static_cast<std::size_t>(stride), row);
  return copy;
}

Tensors::Entries Tensors::interleave(const Entries& x, const Entries& y) const {
  const std::size_t element = number(x.format).size(),
                    row = x.shape == Entries::lanes ? lanes() * element : element;
  Entries made = room(x.shape, 2 * x.count, x.format);
  for (std::size_t i = 0; i < static_cast<std::size_t>(x.count); ++i) {
    std::memcpy(made.data() + 2 * i * row, x.data() + i * row, row);
    std::memcpy(made.data() + (2 * i + 1) * row, y.data() + i * row, row);
  }
  return made;
}

Tensors::Entries Tensors::join(const std::vector<Entries>& parts) {
  if (parts.size() == 1) return parts[0];
  if (parts[0].shape == Entries::keys) {
    Entries made = parts[0];
    made.more = std::make_shared<const Entries>(parts[1]);
    return made;
  }
  // One format that holds them all.
  std::uint8_t format = parts[0].format;
  Entries::Shape shape = Entries::uniform;
  int count = 0;
  for (const Entries& part : parts) {
    if (!contains(number(format), number(part.format))) format = part.format;
    shape = std::max(shape, part.shape);
    count += part.count;
  }
  const auto holds_all = [&](std::uint8_t one) {
    return std::all_of(parts.begin(), parts.end(),
                       [&](const Entries& part) { return contains(number(one), number(part.format)); });
  };
  if (!holds_all(format)) {
    static const Format doubles = parse_format("binary64"), values = parse_format("binary128");
    format = this->format(doubles);
    // A format without kernels keeps Values, and any Value at that.
    if (!holds_all(format)) format = this->format(values);
  }
  const std::size_t row = (shape == Entries::lanes ? lanes() : 1) * number(format).size();
  Entries made = room(shape, count, format);
  std::size_t at = 0;
  Array spread;
  for (const Entries& part : parts) {
    const std::byte* from = expanded(part, shape, part.count, spread);
    const auto n = static_cast<std::size_t>(part.count);
    sim::convert({&number(part.format), from}, number(format), made.data() + at * row,
                 size(shape, part.count));
    at += n;
  }
  return made;
}

Tensors::Entries Tensors::max(const Entries& input, std::uint8_t format, const Place& where) {
  const Entries x = spread(input);
  const Number& kept = number(x.format);
  const std::size_t n = lanes();
  Entries made = room(Entries::lanes, 1, x.format);
  for (std::size_t i = 0; i < n; ++i) kept.store(Value::zero(), made.data() + i * kept.size());
  std::vector<std::uint8_t>& trapped = traps(n);
  const bool trapping = policy_.nan == NanRule::trap;
  const auto term = [&](std::size_t lane, std::size_t j) {
    return x.data() + (x.shape == Entries::keys ? positions_[lane].first + j : j * n + lane) * kept.size();
  };
  const auto terms = [&](std::size_t lane) {
    return x.shape == Entries::keys ? positions_[lane].keys : static_cast<std::size_t>(x.count);
  };
  const auto more = [&](std::size_t lane) {
    const Entries& last = *x.more;
    return last.data() + (last.shape == Entries::uniform ? 0 : lane) * kept.size();
  };
  if (x.more && x.more->format != x.format) throw std::logic_error("scores of two formats");
  const auto of = [&]<class T>(T) {
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t count = terms(i);
      if (count == 0 && !x.more) continue;
      T best{}, next{};
      std::memcpy(&best, count > 0 ? term(i, 0) : more(i), sizeof best);
      for (std::size_t j = 1; best == best && j < count + (x.more && count > 0 ? 1 : 0); ++j) {
        std::memcpy(&next, j < count ? term(i, j) : more(i), sizeof next);
        if (next > best || next != next) best = next;
      }
      trapped[i] = best != best && trapping ? 1 : 0;
      std::memcpy(made.data() + i * sizeof best, &best, sizeof best);
    }
  };
  const auto by_value = [&] {
    for (std::size_t i = 0; i < n; ++i) {
      std::vector<Value> values;
      for (std::size_t j = 0; j < terms(i); ++j) values.push_back(kept.load(term(i, j)));
      if (x.more) values.push_back(kept.load(more(i)));
      if (values.empty()) continue;
      Value best = values[0];
      for (const Value& value : values)
        best = best.is_nan() || value.is_nan() ? Value::nan() : maximum(best, value);
      trapped[i] = best.is_nan() && trapping ? 1 : 0;
      if (trapped[i] != 0) continue;
      kept.store(best, made.data() + i * kept.size());
    }
  };
  if (kept.kernels() == nullptr) {
    by_value();
  } else {
    switch (kept.kernels()->container()) {
      case Container::i16:
        of(std::int16_t{});
        break;
      case Container::i32:
        of(std::int32_t{});
        break;
      case Container::i64:
        of(std::int64_t{});
        break;
      case Container::f32:
        of(float{});
        break;
      case Container::f64:
        of(double{});
        break;
    }
  }
  note(made, where, trapped, [](std::size_t) { return Cause{"NaN reaches a max"}; });
  return contains(number(format), kept) ? as_elements(made, format) : made;
}

Tensors::Choice Tensors::arg_max(const Entries& x, const Place& where) {
  const Number& kept = number(x.format);
  const std::size_t n = lanes();
  Choice chosen(n);
  std::vector<std::uint8_t> settled(n);  // a NaN was met
  std::vector<double> row(n);
  std::vector<Value> best(n);
  for (std::size_t i = 0; i < n; ++i) best[i] = kept.load(x.data() + i * kept.size());
  if (kept.in_doubles()) {
    std::vector<double> most(n);
    for (std::size_t r = 0; r < static_cast<std::size_t>(x.count); ++r) {
      kept.to_doubles(x.data() + r * n * kept.size(), row.data(), n);
      for (std::size_t i = 0; i < n; ++i) {
        if (settled[i] != 0) continue;
        const bool nan = row[i] != row[i];
        if (r == 0 || nan || row[i] > most[i]) most[i] = row[i], chosen[i] = static_cast<Token>(r);
        settled[i] = nan ? 1 : 0;
      }
    }
  } else {
    for (std::size_t r = 0; r < static_cast<std::size_t>(x.count); ++r)
      for (std::size_t i = 0; i < n; ++i) {
        const Value value = kept.load(x.data() + (r * n + i) * kept.size());
        if (settled[i] != 0) continue;
        if (value.is_nan() || compare(value, best[i]) > 0) best[i] = value, chosen[i] = static_cast<Token>(r);
        settled[i] = value.is_nan() ? 1 : 0;
      }
  }
  ++step;
  for (std::size_t i = 0; i < n; ++i) {
    const Site at = site(where, Entries::lanes, i);
    if (settled[i] != 0 && policy_.nan == NanRule::trap)
      throw Trap(fmt::format("NaN reaches an arg max ({})", describe(at)));
    if (trace) trace(at, Value::integer(chosen[i]));
  }
  return chosen;
}

}  // namespace roundoff::sim
