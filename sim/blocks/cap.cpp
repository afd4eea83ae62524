// Soft caps (Bello et al. 2016; Gemma 2, 2024): y = rnd(cap * rnd(tanh(rnd(x / cap)))), of scores and of logits.
#include "sim/blocks/blocks.hpp"
#include "sim/program/recorder.hpp"
#include "sim/tensors/tape.hpp"

namespace roundoff::sim {

template <class Tape>
CapBlock<Tape>::CapBlock(Tape& tape, const std::optional<Value>& cap, Role role) : role_(role) {
  if (cap) cap_ = tape.constant(*cap, role);
}

template <class Tape>
typename Tape::Entries CapBlock<Tape>::apply(Tape& tape, const Entries& x, const Place& where) const {
  if (!cap_) return x;
  const Entries part = tape.binary(Op::div, x, *cap_, role_, where.before());
  return tape.binary(Op::mul, tape.unary(Function::tanh, part, role_, where.before()), *cap_, role_, where);
}

template class CapBlock<Recorder>;
template class CapBlock<Tensors>;

}  // namespace roundoff::sim
