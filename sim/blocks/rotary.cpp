// Rotary positions (Su et al. 2021, RoFormer): a pair (x, y) of a query or key at position p becomes
// (rnd(rnd(x c) - rnd(y s)), rnd(rnd(y c) + rnd(x s))), where c and s are the cosine and sine of the pair's
// angle at p, rounded once to the format of rotary tables (and once more after an amplitude). See theory-notes/rotary.md.
#include "formats/functions/rotary_angles.hpp"
#include "sim/blocks/blocks.hpp"
#include "sim/program/recorder.hpp"
#include "sim/tensors/tape.hpp"

namespace roundoff::sim {

template <class Tape>
RotaryBlock<Tape>::RotaryBlock(const Rotary& rotary) : rotary_(&rotary) {}

template <class Tape>
typename Tape::Entries RotaryBlock<Tape>::query(Tape& tape, const Entries& x, int size, int head) const {
  const bool by_head = rotary_->phase.size() > rotary_->rate.size();
  const int set = rotary_->phase.empty() ? -1 : by_head ? head : 0;
  return turned(tape, x, size, set, Role::activations, SiteName::rope_q, head * size);
}

template <class Tape>
typename Tape::Entries RotaryBlock<Tape>::key(Tape& tape, const Entries& x, int size, int group) const {
  return turned(tape, x, size, -1, Role::cache, SiteName::rope_k, group * size);
}

template <class Tape>
typename Tape::Entries RotaryBlock<Tape>::turned(Tape& tape, const Entries& x, int size, int set, Role role,
                                                 SiteName name, int first_index) const {
  const Format& table = tape.policy()[Role::rotary];
  const int pairs = rotary_->pairs();
  // entry 2t is the cosine, entry 2t + 1 the sine
  const auto turn = [&](int position, int entry) {
    const int t = entry / 2;
    const auto at = static_cast<std::size_t>(t);
    const Value phase = set < 0 ? Value::zero() : rotary_->phase[static_cast<std::size_t>(set * pairs + t)];
    const Value& rate = rotary_->rate[at];
    const Angle angle = rotary_->periodic ? Angle{scaled_sum(position, Value::integer(1), phase), rate}
                                          : Angle{scaled_sum(position, rate, phase), Value::zero()};
    const std::uint64_t place = 3ULL << 60 | static_cast<std::uint64_t>(position) << 24 |
                                static_cast<std::uint64_t>(first_index + t) << 1;
    const Draw draw{place | static_cast<std::uint64_t>(entry % 2), 0};
    const Value turned = entry % 2 == 0 ? cosine(angle, table, draw).value : sine(angle, table, draw).value;
    if (!rotary_->amplitude) return turned;
    const Value amplitude = formats::round(*rotary_->amplitude, table, {4ULL << 60, 0}).value;
    return formats::mul(turned, amplitude, table, {draw.place, 1}).value;
  };
  const Entries turns = tape.by_position(*rotary_, set, 2 * pairs, turn);
  const Entries c = tape.slice(turns, 0, pairs, 2), s = tape.slice(turns, 1, pairs, 2);
  const int second = rotary_->interleaved ? 1 : pairs, stride = rotary_->interleaved ? 2 : 1;
  const Entries a = tape.slice(x, 0, pairs, stride), b = tape.slice(x, second, pairs, stride);
  const auto made = [&](int first, Op op, const Entries& left, const Entries& right) {
    const Place where = Place::entries(name, first_index + first, stride);
    const Entries left_product = tape.binary(Op::mul, left, c, role, where.before());
    const Entries right_product = tape.binary(Op::mul, right, s, role, where.before());
    return tape.binary(op, left_product, right_product, role, where);
  };
  const Entries first_half = made(0, Op::sub, a, b), second_half = made(second, Op::add, b, a);
  std::vector<Entries> parts;
  if (rotary_->interleaved)
    parts = {tape.interleave(first_half, second_half)};
  else
    parts = {first_half, second_half};
  if (2 * pairs < size) parts.push_back(tape.slice(x, 2 * pairs, size - 2 * pairs));
  return tape.join(parts);
}

template class RotaryBlock<Recorder>;
template class RotaryBlock<Tensors>;

}  // namespace roundoff::sim
