// The logits and the choice of the next token.
#include "formats/error.hpp"
#include "formats/format.hpp"
#include "sim/blocks/blocks.hpp"

namespace roundoff::sim {

HeadBlock::HeadBlock(Recorder& tape, const Model& model)
    : unembedding_(tape.prepare(model.unembedding, false)) {
  if (!model.arg_min) return;
  const Format& format = tape.policy()[Role::logits];
  if (negated(format.highest) != format.lowest)
    throw UsageError("an arg min negates logits, which " + notation(format) +
                     " cannot do exactly; give the role `logits` a symmetric format");
  zero_ = tape.constant(Value::zero(), Role::logits);
}

NodeId HeadBlock::apply(Recorder& tape, const std::vector<NodeId>& x) {
  std::vector<NodeId> logits = tape.apply(unembedding_, x, Role::logits, SiteName::logits);
  const Site where = tape.site(SiteName::next);
  if (zero_ != no_node)
    for (NodeId& logit : logits)
      logit = tape.binary(Op::sub, zero_, logit, Role::logits, Recorder::inner(where));
  return tape.arg_max(tape.list(logits), where);
}

}  // namespace roundoff::sim
