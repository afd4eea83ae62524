// The logits and the choice of the next token.
#include "formats/error.hpp"
#include "formats/format.hpp"
#include "sim/blocks/blocks.hpp"
#include "sim/program/recorder.hpp"
#include "sim/tensors/tape.hpp"

namespace roundoff::sim {

template <class Tape>
HeadBlock<Tape>::HeadBlock(Tape& tape, const Model& model)
    : unembedding_(tape.prepare(model.unembedding, false)) {
  if (!model.arg_min) return;
  const Format& format = tape.policy()[Role::logits];
  if (negated(format.highest) != format.lowest)
    throw UsageError("an arg min negates logits, which " + notation(format) +
                     " cannot do exactly; give the role `logits` a symmetric format");
  zero_ = tape.constant(Value::zero(), Role::logits);
}

template <class Tape>
typename Tape::Choice HeadBlock<Tape>::choose(Tape& tape, const Entries& logits) const {
  const Place where = Place::step(SiteName::next);
  return tape.arg_max(zero_ ? tape.binary(Op::sub, *zero_, logits, Role::logits, where.before()) : logits,
                      where);
}

template class HeadBlock<Recorder>;
template class HeadBlock<Tensors>;

}  // namespace roundoff::sim
