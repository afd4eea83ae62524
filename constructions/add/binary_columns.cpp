#include "constructions/add/binary_columns.hpp"

namespace roundoff::constructions {

void binary_verdicts(LayerBuilder& layer, Register rho, Register s, Register d) {
  layer.unit(s - 2 * rho - Weight(1), {{s, -2}, {d, 1}});
  layer.unit(-1 * Form(s), {{s, 1}});
  layer.unit(-1 * Form(s) - Weight(1), {{s, -1}});
  layer.unit(-1 * Form(s) - Weight(2), {{s, 1}});
}

void binary_answer(LayerBuilder& layer, Register d, const Weight& max) {
  // Where MAX < 8, a weight of 2 takes two units of 1, which keeps sums in range.
  const int times = less(max, 8) ? 2 : 1;
  for (int time = 0; time < times; ++time) {
    layer.unit(d - Weight(1), {{d, -2 / times}});
    layer.unit(d - Weight(2), {{d, 2 / times}});
  }
  layer.unit(d - Weight(3), {{d, -1}});
  layer.unit(d - Weight(4), {{d, -1}});
}

}  // namespace roundoff::constructions
