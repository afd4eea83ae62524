// See counting.hpp.
#include "constructions/tasks/counting.hpp"

#include <fmt/format.h>

namespace roundoff::constructions {

Bits fetch_bits(ModelBuilder& model, LayerBuilder& layer, const Task& task, const Weight& unit,
                const Weight& max) {
  const int k = task.size().k, positions = task.positions();
  Bits bits;
  bits.one = model.add("one");
  const Register bit = model.add("bit");
  const std::vector<Register> here = model.add("is bit", k);
  bits.x = model.add("x", k);
  bits.verdict = model.add("verdict");
  bits.end = model.add("end");
  for (int position = 0; position < positions; ++position) model.position(position, bits.one, 1);
  model.position(positions - 1, bits.end, 1);
  model.token(1, bit, 1);
  for (int j = 0; j < k; ++j) {
    const auto index = static_cast<std::size_t>(j);
    model.position(2 * j, here[index], 1);
    HeadBuilder& fetch = layer.head();
    fetch.score(bits.one, max * here[index]);
    fetch.copy(unit * bit, bits.x[index]);
  }
  return bits;
}

void verdict_logits(ModelBuilder& model, const Bits& bits, const Task& task, const Weight& max) {
  model.logit(0, -max * bits.end);
  model.logit(1, bits.verdict - max * bits.end);
  model.logit(task.eos(), bits.end);
}

std::string needs_hard_heads(const Policy& policy) {
  const Format& softmax = policy[Role::softmax];
  const Value far = round((-largest(policy)).value, softmax).value;
  if (!apply(Function::exp, far, softmax).value.is_zero())
    return fmt::format(
        "exp(-MAX) does not round to 0 in {}: no attention is hard; round to nearest, rtz or rdn",
        notation(softmax));
  return first_reason({needs_weight(policy, 1, "the weight 1"), needs_stable_softmax(policy)});
}

}  // namespace roundoff::constructions
