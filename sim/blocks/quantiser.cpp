// A vector through a quantiser, on a tape: m = max |x_i| of a block; the scale from m; q_i = rnd(x_i / scale)
// in the element's format; rnd(q_i * scale) in the role's. The same numbers as `quantise` and `values` of
// formats/blocks/blocks.hpp give, rounded to the role's format: 2^floor(log2 m) is m rounded toward zero to e8m0.
#include <algorithm>

#include "sim/blocks/blocks.hpp"
#include "sim/program/recorder.hpp"

namespace roundoff::sim {

namespace {

Value power_of_two(int exponent) { return Value::scaled(false, 1, exponent); }

template <class Entries>
struct Scale {
  Entries divisor, factor;  // x / divisor is the element, element * factor the number
};

// A scale that rounds to 0 makes the block 0: the divisor then is the smallest positive number instead.
template <class Tape, class Entries = typename Tape::Entries>
Scale<Entries> scale_by_quotient(Tape& tape, const Entries& largest, const Value& most, const Format& format,
                                 const Place& where) {
  const std::uint8_t at = tape.format(format);
  const Entries scale = tape.binary(Op::div, largest, tape.member(most, at), at, where);
  const Entries least = tape.member(power_of_two(format.quantum), at);
  return {tape.max(tape.join({scale, least}), at, where), scale};
}

template <class Tape, class Entries = typename Tape::Entries>
Scale<Entries> scale_by_power(Tape& tape, const Entries& largest, const BlockFormat& block,
                              const Place& where) {
  static const Format down = parse_format("e8m0:rtz"), wide = parse_format("binary64");
  const std::uint8_t scales = tape.format(block.scale()), exact = tape.format(wide);
  const int top = leading_exponent(block.element().highest) + block.element_shift;
  const Entries least = tape.member(block.scale().lowest, scales);
  const Entries floor =
      tape.round(tape.max(tape.join({largest, least}), exact, where), tape.format(down), where);
  Entries scale = tape.binary(Op::mul, floor, tape.member(power_of_two(-top), scales), scales, where);
  if (block.element_shift != 0)
    scale = tape.binary(Op::mul, scale, tape.member(power_of_two(block.element_shift), exact), exact, where);
  return {scale, scale};
}

}  // namespace

template <class Tape>
QuantiserBlock<Tape>::QuantiserBlock(const std::string& name) {
  if (!name.empty()) quantiser_ = parse_quantiser(name);
}

template <class Tape>
typename Tape::Entries QuantiserBlock<Tape>::apply(Tape& tape, const Entries& x, int size, Role role,
                                                   SiteName name) const {
  if (!quantiser_) return x;
  const Place where = Place::step(name).before();
  const std::uint8_t elements = tape.format(quantiser_->element);
  const Entries zero = tape.member(Value::zero(), tape.format_of(role));
  std::vector<Entries> parts;
  for (int start = 0; start < size; start += quantiser_->block) {
    const Entries part = tape.slice(x, start, std::min(quantiser_->block, size - start));
    const Entries other = tape.binary(Op::sub, zero, part, role, where);
    const Entries largest = tape.max(tape.interleave(part, other), tape.format_of(role), where);
    const BlockFormat* block = quantiser_->block_format;
    const Scale<Entries> scale =
        block == nullptr
            ? scale_by_quotient(tape, largest, quantiser_->element.highest, tape.policy()[role], where)
        : block->scale().has_zero
            ? scale_by_quotient(tape, largest, quantiser_->element.highest, block->scale(), where)
            : scale_by_power(tape, largest, *block, where);
    const Entries element = tape.binary(Op::div, part, scale.divisor, elements, where);
    parts.push_back(tape.binary(Op::mul, element, scale.factor, role, where));
  }
  return tape.join(parts);
}

template class QuantiserBlock<Recorder>;

}  // namespace roundoff::sim
