// A vector through a quantiser, recorded: m = max |x_i| of a block; the scale from m; q_i = rnd(x_i / scale)
// in the element's format; rnd(q_i * scale) in the role's. The same numbers as `quantise` and `values` of
// formats/blocks/blocks.hpp give, rounded to the role's format: 2^floor(log2 m) is m rounded toward zero to e8m0.
#include <algorithm>

#include "sim/blocks/blocks.hpp"

namespace roundoff::sim {

namespace {

Value power_of_two(int exponent) { return Value::scaled(false, 1, exponent); }

struct Scale {
  NodeId divisor, factor;  // x / divisor is the element, element * factor the number
};

// A scale that rounds to 0 makes the block 0: the divisor then is the smallest positive number instead.
Scale scale_by_quotient(Recorder& tape, NodeId largest, const Value& most, const Format& format,
                        const Site& where) {
  const std::uint8_t at = tape.format(format);
  const NodeId scale = tape.binary(Op::div, largest, tape.member(most, at), at, where);
  const NodeId least = tape.member(power_of_two(format.quantum), at);
  return {tape.max(tape.list({scale, least}), at, where), scale};
}

Scale scale_by_power(Recorder& tape, NodeId largest, const BlockFormat& block, const Site& where) {
  static const Format down = parse_format("e8m0:rtz"), wide = parse_format("binary64");
  const std::uint8_t scales = tape.format(block.scale()), exact = tape.format(wide);
  const int top = leading_exponent(block.element().highest) + block.element_shift;
  const NodeId least = tape.member(block.scale().lowest, scales);
  const NodeId floor =
      tape.round(tape.max(tape.list({largest, least}), exact, where), tape.format(down), where);
  NodeId scale = tape.binary(Op::mul, floor, tape.member(power_of_two(-top), scales), scales, where);
  if (block.element_shift != 0)
    scale = tape.binary(Op::mul, scale, tape.member(power_of_two(block.element_shift), exact), exact, where);
  return {scale, scale};
}

}  // namespace

QuantiserBlock::QuantiserBlock(const std::string& name) {
  if (!name.empty()) quantiser_ = parse_quantiser(name);
}

std::vector<NodeId> QuantiserBlock::apply(Recorder& tape, const std::vector<NodeId>& x, Role role,
                                          SiteName name) const {
  if (!quantiser_) return x;
  const Site where = tape.site(name, -1, -1, -1, true);
  const std::uint8_t elements = tape.format(quantiser_->element);
  const NodeId zero = tape.member(Value::zero(), tape.format_of(role));
  std::vector<NodeId> y = x;
  const auto size = static_cast<std::size_t>(quantiser_->block);
  for (std::size_t start = 0; start < x.size(); start += size) {
    const std::size_t end = std::min(start + size, x.size());
    std::vector<NodeId> magnitudes;
    for (std::size_t i = start; i < end; ++i) {
      magnitudes.push_back(x[i]);
      magnitudes.push_back(tape.binary(Op::sub, zero, x[i], role, where));
    }
    const NodeId largest = tape.max(tape.list(magnitudes), role, where);
    const BlockFormat* block = quantiser_->block_format;
    const Scale scale =
        block == nullptr
            ? scale_by_quotient(tape, largest, quantiser_->element.highest, tape.policy()[role], where)
        : block->scale().has_zero
            ? scale_by_quotient(tape, largest, quantiser_->element.highest, block->scale(), where)
            : scale_by_power(tape, largest, *block, where);
    for (std::size_t i = start; i < end; ++i) {
      const NodeId element = tape.binary(Op::div, x[i], scale.divisor, elements, where);
      y[i] = tape.binary(Op::mul, element, scale.factor, role, where);
    }
  }
  return y;
}

}  // namespace roundoff::sim
