// RMSNorm: m = rnd(dot(x, x) / d); m = rnd(m + eps); r = rnd(rsqrt(m)); y_i = rnd(x_i * r), then the weight,
// then the bias. LayerNorm subtracts the mean rnd(sum(x) / d) first. No eps, weight or bias: no operation.
// See theory-notes/norms.md.
#include "sim/blocks/blocks.hpp"

namespace roundoff::sim {

NormBlock::NormBlock(Recorder& tape, const Norm& norm, int width, SiteName name)
    : kind_(norm.kind), name_(name) {
  width_ = tape.constant(Value::integer(width), Role::norms);
  if (!norm.epsilon.is_zero()) epsilon_ = tape.constant(norm.epsilon, Role::norms);
  if (norm.weight)
    for (const Value& w : *norm.weight) weight_.push_back(tape.constant(w, Role::weights));
  if (norm.bias)
    for (const Value& b : *norm.bias) bias_.push_back(tape.constant(b, Role::weights));
}

std::vector<NodeId> NormBlock::apply(Recorder& tape, const std::vector<NodeId>& x, Role receiver,
                                     int first_index) const {
  const Site step = tape.site(name_, -1, -1, -1, true);
  std::vector<NodeId> y = x;
  if (kind_ == Norm::layer) {
    const NodeId mean =
        tape.binary(Op::div, tape.sum(tape.list(y), Role::norms, step), width_, Role::norms, step);
    for (NodeId& entry : y) entry = tape.binary(Op::sub, entry, mean, Role::norms, step);
  }
  const OperandList entries = tape.list(y);
  NodeId square =
      tape.binary(Op::div, tape.dot(entries, entries, Role::norms, step), width_, Role::norms, step);
  if (epsilon_ != no_node) square = tape.binary(Op::add, square, epsilon_, Role::norms, step);
  const NodeId factor = tape.unary(Function::rsqrt, square, Role::norms, step);
  const bool converts = !tape.same_format(Role::norms, receiver);
  for (std::size_t i = 0; i < y.size(); ++i) {
    const Site where = tape.site(name_, first_index + static_cast<int>(i));
    const bool more = converts || !weight_.empty() || !bias_.empty();
    y[i] = tape.binary(Op::mul, y[i], factor, Role::norms, more ? Recorder::inner(where) : where);
    if (!weight_.empty())
      y[i] = tape.binary(Op::mul, y[i], weight_[i], Role::norms,
                         converts || !bias_.empty() ? Recorder::inner(where) : where);
    if (!bias_.empty())
      y[i] = tape.binary(Op::add, y[i], bias_[i], Role::norms, converts ? Recorder::inner(where) : where);
    y[i] = tape.convert(y[i], Role::norms, receiver, where);
  }
  return y;
}

}  // namespace roundoff::sim
