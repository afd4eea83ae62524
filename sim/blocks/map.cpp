// A linear map on a tape, whole or in two factors: W x + b, or W rnd(A x) + b, the vector between them in
// `activations` (low-rank layers; Hu et al. 2021, LoRA, have the same shape).
#include "sim/blocks/blocks.hpp"
#include "sim/program/recorder.hpp"
#include "sim/tensors/tape.hpp"

namespace roundoff::sim {

template <class Tape>
MapBlock<Tape>::MapBlock(Tape& tape, const Linear& map, bool in_layer)
    : factor_([&] {
        std::optional<typename Tape::Map> made;
        if (map.factor) made.emplace(tape.prepare({*map.factor, {}}, in_layer));
        return made;
      }()),
      outer_(tape.prepare({map.weight, map.bias}, in_layer)),
      rank_(map.weight.columns()),
      activations_(in_layer ? tape.policy().quantisers.activations : "") {}

template <class Tape>
typename Tape::Entries MapBlock<Tape>::apply(Tape& tape, const Entries& x, Role role, SiteName name,
                                             bool inner) {
  if (!factor_) return tape.apply(outer_, x, role, name, inner);
  const Entries low = tape.apply(*factor_, x, Role::activations, name, true);
  return tape.apply(outer_, activations_.apply(tape, low, rank_, Role::activations, name), role, name, inner);
}

template class MapBlock<Recorder>;
template class MapBlock<Tensors>;

}  // namespace roundoff::sim
