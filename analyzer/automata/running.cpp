// See running.hpp.
#include "analyzer/automata/running.hpp"

namespace roundoff::analyzer::automata {

void Running::add(State& state, const Value& term) const {
  switch (how_.order.kind) {
    case SumOrder::blocked: {
      // kept: the block that is begun, then the sum of those before it
      if (state.terms == how_.order.block) {
        if (state.kept.size() == 2) state.kept[0] = formats::add(state.kept[1], state.kept[0], format_).value;
        state.kept = {term, state.kept[0]};
        state.terms = 1;
      } else if (state.kept.empty()) {
        state.kept = {term};
        state.terms = 1;
      } else {
        state.kept[0] = formats::add(state.kept[0], term, format_).value;
        ++state.terms;
      }
      return;
    }
    default:
      if (state.kept.empty())
        state.kept = {term};
      else
        state.kept[0] = formats::add(state.kept[0], term,
                                     how_.order.kind == SumOrder::wide ? how_.order.wide_format : format_)
                            .value;
  }
}

void Running::add_product(State& state, const Value& x, const Value& y) const {
  if (how_.mode == DotMode::fused && !state.kept.empty())
    state.kept[0] = fma(x, y, state.kept[0], format_).value;
  else
    add(state, mul(x, y, format_).value);
}

Value Running::total(const State& state) const {
  if (how_.order.kind == SumOrder::wide) return round(state.kept[0], format_).value;
  if (state.kept.size() == 2) return formats::add(state.kept[1], state.kept[0], format_).value;
  return state.kept[0];
}

}  // namespace roundoff::analyzer::automata
