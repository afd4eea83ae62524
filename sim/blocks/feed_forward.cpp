// linear(W_2, b_2, act(linear(W_1, b_1, x))), or gated: linear(W_2, b_2, rnd(act(gate) * up)).
#include "sim/blocks/blocks.hpp"
#include "sim/program/recorder.hpp"
#include "sim/tensors/tape.hpp"

namespace roundoff::sim {

namespace {

Function function_of(Activation activation) {
  constexpr Function functions[] = {Function::relu, Function::gelu, Function::gelu_tanh, Function::silu,
                                    Function::identity};
  return functions[static_cast<std::size_t>(activation)];
}

}  // namespace

template <class Tape>
FeedForwardBlock<Tape>::FeedForwardBlock(Tape& tape, const FeedForward& ff)
    : width_(ff.in.in()),
      units_(ff.in.out()),
      in_(tape, ff.in),
      out_(tape, ff.out),
      activation_(function_of(ff.activation)),
      activations_(tape.policy().quantisers.activations) {
  if (ff.gate) gate_.emplace(tape, *ff.gate);
}

template <class Tape>
typename Tape::Entries FeedForwardBlock<Tape>::apply(Tape& tape, const Entries& input) {
  const Entries x = activations_.apply(tape, input, width_, Role::activations, SiteName::pre);
  Entries hidden = in_.apply(tape, x, Role::activations, SiteName::pre);
  const Place where = Place::entries(SiteName::act);
  if (gate_) {
    const Entries gate = gate_->apply(tape, x, Role::activations, SiteName::gate);
    const Entries activated = tape.unary(activation_, gate, Role::activations, where.before());
    hidden = tape.binary(Op::mul, activated, hidden, Role::activations, where);
  } else {
    hidden = tape.unary(activation_, hidden, Role::activations, where);
  }
  hidden = activations_.apply(tape, hidden, units_, Role::activations, SiteName::act);
  return out_.apply(tape, hidden, Role::activations, SiteName::ffn);
}

template class FeedForwardBlock<Recorder>;
template class FeedForwardBlock<Tensors>;

}  // namespace roundoff::sim
