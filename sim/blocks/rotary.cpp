// Rotary positions (Su et al. 2021, RoFormer): a pair (x, y) of a query or key at position p becomes
// (rnd(rnd(x c) - rnd(y s)), rnd(rnd(y c) + rnd(x s))), where c and s are the cosine and sine of the pair's
// angle at p, rounded once to the format of weights. See theory-notes/rotary.md.
#include "formats/functions/turns.hpp"
#include "sim/blocks/blocks.hpp"

namespace roundoff::sim {

RotaryBlock::RotaryBlock(const Rotary& rotary) : rotary_(&rotary) {}

std::vector<NodeId> RotaryBlock::query(Recorder& tape, const std::vector<NodeId>& x, int head) const {
  const Vector& phases = rotary_->phase;
  const bool by_head = phases.size() > rotary_->rate.size();
  const Value* first =
      phases.empty() ? nullptr : phases.data() + (by_head ? std::ptrdiff_t{head} * rotary_->pairs() : 0);
  return turned(tape, x, first, Role::activations, SiteName::rope_q, head * static_cast<int>(x.size()));
}

std::vector<NodeId> RotaryBlock::key(Recorder& tape, const std::vector<NodeId>& x, int group) const {
  return turned(tape, x, nullptr, Role::cache, SiteName::rope_k, group * static_cast<int>(x.size()));
}

std::vector<NodeId> RotaryBlock::turned(Recorder& tape, const std::vector<NodeId>& x, const Value* phases,
                                        Role role, SiteName name, int first_index) const {
  const Format& weights = tape.policy()[Role::weights];
  const std::uint8_t as_weights = tape.format_of(Role::weights);
  const int pairs = rotary_->pairs();
  std::vector<NodeId> y = x;
  for (int t = 0; t < pairs; ++t) {
    const auto at = static_cast<std::size_t>(t);
    const std::size_t first = rotary_->interleaved ? 2 * at : at;
    const std::size_t second = rotary_->interleaved ? 2 * at + 1 : at + static_cast<std::size_t>(pairs);
    const Value phase = phases != nullptr ? phases[t] : Value::zero();
    const Value& rate = rotary_->rate[at];
    const Angle angle = rotary_->periodic ? Angle{scaled_sum(tape.position(), Value::integer(1), phase), rate}
                                          : Angle{scaled_sum(tape.position(), rate, phase), Value::zero()};
    const std::uint64_t place = 3ULL << 60 | static_cast<std::uint64_t>(tape.position()) << 24 |
                                static_cast<std::uint64_t>(first_index + t) << 1;
    const NodeId c = tape.member(cosine(angle, weights, {place, 0}).value, as_weights);
    const NodeId s = tape.member(sine(angle, weights, {place | 1, 0}).value, as_weights);
    const auto turn = [&](std::size_t index, Op op, NodeId a, NodeId a_factor, NodeId b, NodeId b_factor) {
      const Site where = tape.site(name, first_index + static_cast<int>(index));
      const NodeId left = tape.binary(Op::mul, a, a_factor, role, Recorder::inner(where));
      const NodeId right = tape.binary(Op::mul, b, b_factor, role, Recorder::inner(where));
      y[index] = tape.binary(op, left, right, role, where);
    };
    turn(first, Op::sub, x[first], c, x[second], s);
    turn(second, Op::add, x[second], c, x[first], s);
  }
  return y;
}

}  // namespace roundoff::sim
