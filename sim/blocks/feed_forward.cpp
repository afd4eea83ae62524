// linear(W_2, b_2, act(linear(W_1, b_1, x))), or gated: linear(W_2, b_2, rnd(act(gate) * up)).
#include "sim/blocks/blocks.hpp"

namespace roundoff::sim {

namespace {

Function function_of(Activation activation) {
  constexpr Function functions[] = {Function::relu, Function::gelu, Function::gelu_tanh, Function::silu,
                                    Function::identity};
  return functions[static_cast<std::size_t>(activation)];
}

}  // namespace

FeedForwardBlock::FeedForwardBlock(Recorder& tape, const FeedForward& ff)
    : in_(tape.prepare(ff.in)),
      out_(tape.prepare(ff.out)),
      activation_(function_of(ff.activation)),
      activations_(tape.policy().quantisers.activations) {
  if (ff.gate) gate_ = tape.prepare(*ff.gate);
}

std::vector<NodeId> FeedForwardBlock::apply(Recorder& tape, const std::vector<NodeId>& input) {
  const std::vector<NodeId> x = activations_.apply(tape, input, Role::activations, SiteName::pre);
  std::vector<NodeId> hidden = tape.apply(in_, x, Role::activations, SiteName::pre);
  std::vector<NodeId> gate = gate_ ? tape.apply(*gate_, x, Role::activations, SiteName::gate) : hidden;
  for (std::size_t u = 0; u < hidden.size(); ++u) {
    const Site where = tape.site(SiteName::act, static_cast<int>(u));
    const NodeId activated =
        tape.unary(activation_, gate[u], Role::activations, gate_ ? Recorder::inner(where) : where);
    hidden[u] = gate_ ? tape.binary(Op::mul, activated, hidden[u], Role::activations, where) : activated;
  }
  hidden = activations_.apply(tape, hidden, Role::activations, SiteName::act);
  return tape.apply(out_, hidden, Role::activations, SiteName::ffn);
}

}  // namespace roundoff::sim
