// The logits and the choice of the next token.
#include "formats/error.hpp"
#include "formats/format.hpp"
#include "sim/blocks/blocks.hpp"
#include "sim/program/recorder.hpp"
#include "sim/tensors/tape.hpp"

namespace roundoff::sim {

template <class Tape>
HeadBlock<Tape>::HeadBlock(Tape& tape, const Model& model)
    : unembedding_(tape, model.unembedding, false),
      cap_(tape, model.logit_cap, Role::logits),
      candidates_(model.candidates) {
  if (!model.arg_min) return;
  const Format& format = tape.policy()[Role::logits];
  if (negated(format.highest) != format.lowest)
    throw UsageError("an arg min negates logits, which " + notation(format) +
                     " cannot do exactly; give the role `logits` a symmetric format");
  zero_ = tape.constant(Value::zero(), Role::logits);
}

template <class Tape>
typename Tape::Entries HeadBlock<Tape>::logits(Tape& tape, const Entries& x) {
  const Entries y = unembedding_.apply(tape, x, Role::logits, SiteName::logits, static_cast<bool>(cap_));
  return cap_.apply(tape, y, Place::entries(SiteName::logits));
}

template <class Tape>
typename Tape::Choice HeadBlock<Tape>::choose(Tape& tape, const Entries& logits) const {
  const Place where = Place::step(SiteName::next);
  const Entries all = candidates_ > 0 ? tape.slice(logits, 0, candidates_) : logits;
  return tape.arg_max(zero_ ? tape.binary(Op::sub, *zero_, all, Role::logits, where.before()) : all, where);
}

template class HeadBlock<Recorder>;
template class HeadBlock<Tensors>;

}  // namespace roundoff::sim
