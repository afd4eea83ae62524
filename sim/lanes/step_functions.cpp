// The kinds of steps; each function reads the fields of its step that compile.cpp filled for it.
#include "sim/lanes/step_functions.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace roundoff::sim::lane_steps {

namespace {

using Marks = std::array<std::uint8_t, batch_lanes>;

const LaneToken* tokens_at(const Step& s, const Frame& f) {
  return f.tokens + s.position * static_cast<std::size_t>(batch_lanes);
}
LaneToken* chosen(const Step& s, const Frame& f) {
  return s.out ? static_cast<LaneToken*>(s.out) : f.chosen + s.index * static_cast<std::size_t>(batch_lanes);
}
// The exact result in double, then F's rounding, once.
void round_exact(const Step& s, const Frame& f) {
  s.kernels->round_f64(s.kernels->context(), s.scratch, s.out, f.lanes, traps(s, f));
}

}  // namespace

void apply(const Step& s, const Frame& f) { s.kernels->apply(s.function, s.a, s.out, f.lanes, traps(s, f)); }
void embed(const Step& s, const Frame& f) { s.moves->embed(tokens_at(s, f), s.table, s.out, f.lanes); }
void lookup(const Step& s, const Frame& f) { s.moves->lookup(s.a, s.table, s.out, f.lanes); }
void indicate(const Step& s, const Frame& f) {
  const auto* data = static_cast<const std::byte*>(s.data);
  const std::size_t size = size_of(s.container);
  s.moves->indicate(s.a, data, data + size, data + 2 * size, s.out, f.lanes);
}
void compare(const Step& s, const Frame& f) {
  const auto* data = static_cast<const std::byte*>(s.data);
  s.moves->compare(s.a, s.b, data, data + size_of(s.container), s.out, f.lanes);
}
void tally(const Step& s, const Frame& f) {
  const MoveKernels::Tally tally{s.a, s.x, s.y, s.data, s.count, s.rest, s.rest_count};
  s.moves->tally(tally, s.out, f.lanes);
}
void largest(const Step& s, const Frame& f) { s.moves->largest(s.x, s.count, s.out, f.lanes); }
void relu(const Step& s, const Frame& f) { s.moves->relu(s.a, s.out, f.lanes); }
void plain_add(const Step& s, const Frame& f) { s.moves->add(s.a, s.b, s.out, f.lanes); }
void plain_sub(const Step& s, const Frame& f) { s.moves->sub(s.a, s.b, s.out, f.lanes); }
void plain_mul(const Step& s, const Frame& f) { s.moves->mul(s.a, s.b, s.fraction, s.out, f.lanes); }
void plain_sum(const Step& s, const Frame& f) { s.moves->sum(s.x, s.count, s.out, f.lanes); }
void plain_dot(const Step& s, const Frame& f) { s.moves->dot(s.x, s.y, s.count, s.fraction, s.out, f.lanes); }
void plain_weighted(const Step& s, const Frame& f) {
  s.moves->weighted(s.data, s.x, s.count, s.fraction, s.out, f.lanes);
}
void arg_max(const Step& s, const Frame& f) {
  s.moves->arg_max(s.x, s.count, chosen(s, f), f.lanes, traps(s, f));
}
void max_or_nan(const Step& s, const Frame& f) {
  Marks nan{};
  s.kernels->max_of(s.kernels->context(), s.x, s.count, s.out, f.lanes, nan.data());
  for (std::size_t i = 0; i < f.lanes; ++i)
    if (nan[i] != 0)
      s.kernels->store(Value::nan(), static_cast<std::byte*>(s.out) + i * size_of(s.container));
}
void arg_max_or_nan(const Step& s, const Frame& f) {
  Marks nan{};
  s.moves->arg_max(s.x, s.count, chosen(s, f), f.lanes, nan.data());
  const auto is_nan = [&](std::size_t term, std::size_t i) {
    return s.kernels->load(static_cast<const std::byte*>(s.x[term]) + i * size_of(s.container)).is_nan();
  };
  for (std::size_t i = 0; i < f.lanes; ++i) {
    if (nan[i] == 0) continue;
    std::size_t first = 0;
    while (!is_nan(first, i)) ++first;
    chosen(s, f)[i] = static_cast<LaneToken>(first);
  }
}
void choose_embed(const Step& s, const Frame& f) {
  plain_moves(Container::i16).embed(tokens_at(s, f), s.table, chosen(s, f), f.lanes);
}
void choose_lookup(const Step& s, const Frame& f) { s.moves->choose(s.a, s.table, chosen(s, f), f.lanes); }
void choose_constant(const Step& s, const Frame& f) {
  std::fill_n(chosen(s, f), f.lanes, *static_cast<const LaneToken*>(s.data));
}
void choose_value(const Step& s, const Frame& f) {
  auto* value = static_cast<double*>(s.scratch);
  s.moves->widen(s.a, s.unit, value, f.lanes);
  LaneToken* to = chosen(s, f);
  for (std::size_t i = 0; i < f.lanes; ++i) to[i] = static_cast<LaneToken>(static_cast<int>(value[i]));
}
void copy_chosen(const Step& s, const Frame& f) {
  std::memcpy(f.chosen + s.index * static_cast<std::size_t>(batch_lanes), s.a, f.lanes * sizeof(LaneToken));
}
void exact_sum(const Step& s, const Frame& f) {
  s.moves->exact_sum(s.x, s.count, s.unit, static_cast<double*>(s.scratch), f.lanes);
  round_exact(s, f);
}
void exact_dot(const Step& s, const Frame& f) {
  s.moves->exact_dot(s.x, s.y, s.count, s.unit * s.unit, static_cast<double*>(s.scratch), f.lanes);
  round_exact(s, f);
}
void exact_sub(const Step& s, const Frame& f) {
  auto* total = static_cast<double*>(s.scratch);
  auto* other = total + batch_lanes;
  s.moves->widen(s.x[0], s.unit, total, f.lanes);
  s.moves->widen(s.x[1], s.unit, other, f.lanes);
  for (std::size_t i = 0; i < f.lanes; ++i) total[i] -= other[i];
  round_exact(s, f);
}

}  // namespace roundoff::sim::lane_steps
