#include "constructions/add/column_verdicts.hpp"

namespace roundoff::constructions {

ColumnVerdicts::ColumnVerdicts(ModelBuilder& model, int columns, const std::string& other,
                               const std::string& others)
    : generates_(model.add("generate")),
      holds_(model.add(other)),
      no_source(model.add("no_source", columns)),
      holds_not(model.add(others, columns)) {}

void ColumnVerdicts::spread(LayerBuilder& layer, const AddColumns& columns,
                            const std::vector<Register>& elsewhere, const Weight& max) const {
  for (std::size_t t = 0; t < no_source.size(); ++t) {
    const Form not_here = -max * elsewhere[t] - max * columns.not_b;
    layer.unit(not_here - max * generates_ + Weight(1), {{no_source[t], max}});
    layer.unit(not_here - max * holds_ + Weight(1), {{holds_not[t], max}});
  }
}

void ColumnVerdicts::gather(LayerBuilder& layer) const {
  HeadBuilder& head = layer.head();
  for (const auto& registers : {no_source, holds_not}) {
    for (const Register reg : registers) head.copy(reg, reg);
  }
}

std::string ColumnVerdicts::refuses(const TaskSize& size, const Policy& policy) {
  const std::string size_reason = needs_single_digits(size);
  if (!size_reason.empty()) return size_reason;
  const AddLayout at(size);
  return needs_constant_attention(policy, at.equals() + 1, at.positions());
}

}  // namespace roundoff::constructions
