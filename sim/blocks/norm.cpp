// RMSNorm: m = rnd(dot(x, x) / d); m = rnd(m + eps); r = rnd(rsqrt(m)); y_i = rnd(x_i * r), then the weight,
// then the bias. A weight may stand for 1 + w (Gemma), w in the weights' format and the sum in that of norms. LayerNorm subtracts the mean rnd(sum(x) / d) first. No eps, weight or bias: no operation.
// See theory-notes/norms.md.
#include "formats/rounding/arithmetic.hpp"
#include "sim/blocks/blocks.hpp"
#include "sim/program/recorder.hpp"
#include "sim/tensors/tape.hpp"

namespace roundoff::sim {

template <class Tape>
NormBlock<Tape>::NormBlock(Tape& tape, const Norm& norm, int width, SiteName name)
    : kind_(norm.kind), name_(name), width_(tape.constant(Value::integer(width), Role::norms)) {
  if (!norm.epsilon.is_zero()) epsilon_ = tape.constant(norm.epsilon, Role::norms);
  if (norm.weight && norm.one_plus) {
    Vector factors = *norm.weight;
    const Policy& policy = tape.policy();
    for (Value& w : factors)
      w = formats::add(Value::integer(1), formats::round(w, policy[Role::weights]).value, policy[Role::norms]).value;
    weight_ = tape.constants(factors, Role::norms);
  } else if (norm.weight) {
    weight_ = tape.constants(*norm.weight, Role::weights);
  }
  cast_first_ = tape.policy().norm_cast == NormCast::before && kind_ == Norm::rms && !norm.one_plus;
  if (norm.bias) bias_ = tape.constants(*norm.bias, Role::weights);
}

template <class Tape>
typename Tape::Entries NormBlock<Tape>::apply(Tape& tape, const Entries& x, Role receiver,
                                              int first_index) const {
  const Place step = Place::step(name_).before();
  Entries y = x;
  if (kind_ == Norm::layer) {
    const Entries total = tape.sum(y, Role::norms, step);
    y = tape.binary(Op::sub, y, tape.binary(Op::div, total, width_, Role::norms, step), Role::norms, step);
  }
  Entries square = tape.binary(Op::div, tape.dot(y, y, Role::norms, step), width_, Role::norms, step);
  if (epsilon_) square = tape.binary(Op::add, square, *epsilon_, Role::norms, step);
  const Entries factor = tape.unary(Function::rsqrt, square, Role::norms, step);
  const Place where = Place::entries(name_, first_index);
  const bool converts = !tape.same_format(Role::norms, receiver);
  if (cast_first_ && converts) {
    y = tape.binary(Op::mul, y, factor, Role::norms, where.before());
    y = tape.convert(y, Role::norms, receiver, where.before(weight_ || bias_));
    if (weight_) y = tape.binary(Op::mul, y, *weight_, receiver, where.before(bias_.has_value()));
    return bias_ ? tape.binary(Op::add, y, *bias_, receiver, where) : y;
  }
  y = tape.binary(Op::mul, y, factor, Role::norms, where.before(converts || weight_ || bias_));
  if (weight_) y = tape.binary(Op::mul, y, *weight_, Role::norms, where.before(converts || bias_));
  if (bias_) y = tape.binary(Op::add, y, *bias_, Role::norms, where.before(converts));
  return tape.convert(y, Role::norms, receiver, where);
}

template class NormBlock<Recorder>;
template class NormBlock<Tensors>;

}  // namespace roundoff::sim
