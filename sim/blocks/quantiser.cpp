// A vector through a quantiser, on a tape: m = max |x_i| of a block; the scale from m; q_i = rnd(x_i / scale)
// in the element's format; rnd(q_i * scale) in the role's. The same numbers as `quantise` of
// formats/blocks/blocks.hpp gives, rounded to the role's format: 2^floor(log2 m) is m rounded toward zero to e8m0.
#include <algorithm>

#include "formats/error.hpp"
#include "sim/blocks/blocks.hpp"
#include "sim/program/recorder.hpp"
#include "sim/tensors/tape.hpp"

namespace roundoff::sim {

namespace {

Value power_of_two(int exponent) { return Value::scaled(false, 1, exponent); }

const Format& exactly() {  // what is exact in it is not rounded: products of scales and elements
  static const Format wide = parse_format("binary64");
  return wide;
}

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
  const Format element = block.element(), scale_format = block.scale({});
  const auto rounded = [&](Rounding rounding) {
    Format format = scale_format;
    format.rounding = rounding;
    return tape.format(format);
  };
  const std::uint8_t scales = tape.format(scale_format), exact = tape.format(exactly());
  const int top = leading_exponent(element.highest) + block.element_shift;
  const Entries least = tape.member(scale_format.lowest, scales);
  Entries some = tape.max(tape.join({largest, least}), exact, where);
  Entries scale = some;
  if (block.scale_rule == ScaleRule::rceil) {
    Value most = element.highest;
    most.exponent += block.element_shift;
    scale = tape.binary(Op::div, some, tape.member(most, exact), rounded(Rounding::rup), where);
  } else {
    if (block.scale_rule == ScaleRule::even) {
      Format significand = parse_format("float(19,2):rna").with(Parameter::second, element.precision);
      some = tape.round(some, tape.format(significand), where);
    }
    const Rounding to_power = block.scale_rule == ScaleRule::ceil ? Rounding::rup : Rounding::rtz;
    const Entries power = tape.round(some, rounded(to_power), where);
    scale = tape.binary(Op::mul, power, tape.member(power_of_two(-top), scales), scales, where);
  }
  if (block.element_shift != 0)
    scale = tape.binary(Op::mul, scale, tape.member(power_of_two(block.element_shift), exact), exact, where);
  return {scale, scale};
}

// Two levels: t of the vector, b of the block; t * b is exact.
template <class Tape, class Entries = typename Tape::Entries>
Scale<Entries> scale_of_two(Tape& tape, const Entries& largest, const Entries& tensor,
                            const BlockFormat& block, const Place& where) {
  const std::uint8_t exact = tape.format(exactly());
  const Entries least = tape.member(power_of_two(-149), exact);  // for a vector of zeros
  const Entries some = tape.max(tape.join({tensor, least}), exact, where);
  const Entries unit = tape.binary(Op::mul, some, tape.member(block.element().highest, exact), exact, where);
  const Entries scale = tape.binary(Op::div, largest, unit, tape.format(block.scale({})), where);
  const Entries factor = tape.binary(Op::mul, scale, some, exact, where);
  const Entries tiny = tape.member(power_of_two(-500), exact);
  return {tape.max(tape.join({factor, tiny}), exact, where), factor};
}

}  // namespace

template <class Tape>
QuantiserBlock<Tape>::QuantiserBlock(const std::string& name) {
  if (name.empty()) return;
  quantiser_ = parse_quantiser(name);
  if (!is_recordable(*quantiser_))
    throw UsageError(name +
                     " quantises weights only; for activations and cache take an MX format, nvfp4 or intB/G");
}

template <class Tape>
typename Tape::Entries QuantiserBlock<Tape>::apply(Tape& tape, const Entries& x, int size, Role role,
                                                   SiteName name) const {
  if (!quantiser_) return x;
  const Place where = Place::step(name).before();
  Format element_format = quantiser_->element();
  if (quantiser_->symmetric) element_format = fixed_point(element_format.precision, 0);
  const std::uint8_t elements = tape.format(element_format);
  const Entries zero = tape.member(Value::zero(), tape.format_of(role));
  std::vector<Entries> parts, largest;
  for (int start = 0; start < size; start += quantiser_->block) {
    parts.push_back(tape.slice(x, start, std::min(quantiser_->block, size - start)));
    const Entries other = tape.binary(Op::sub, zero, parts.back(), role, where);
    largest.push_back(tape.max(tape.interleave(parts.back(), other), tape.format_of(role), where));
  }
  Entries tensor{};
  if (quantiser_->rule == BlockRule::two_levels && !parts.empty()) {
    static const Format binary32 = parse_format("binary32");
    const Value most = Value::integer(static_cast<std::int64_t>(to_double(quantiser_->scale({}).highest) *
                                                                to_double(element_format.highest)));
    const Entries all = tape.max(tape.join(largest), tape.format_of(role), where);
    tensor =
        tape.binary(Op::div, all, tape.member(most, tape.format(exactly())), tape.format(binary32), where);
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Scale<Entries> scale = quantiser_->rule == BlockRule::power_of_two
                                     ? scale_by_power(tape, largest[i], *quantiser_, where)
                                 : quantiser_->rule == BlockRule::two_levels
                                     ? scale_of_two(tape, largest[i], tensor, *quantiser_, where)
                                     : scale_by_quotient(tape, largest[i], element_format.highest,
                                                         quantiser_->scale(tape.policy()[role]), where);
    const Entries element = tape.binary(Op::div, parts[i], scale.divisor, elements, where);
    parts[i] = tape.binary(Op::mul, element, scale.factor, role, where);
  }
  return tape.join(parts);
}

template class QuantiserBlock<Recorder>;
template class QuantiserBlock<Tensors>;

}  // namespace roundoff::sim
