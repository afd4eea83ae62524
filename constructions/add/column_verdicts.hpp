// What look-ahead begins with: two verdicts on every column, first where its digits are, then at every output.
#pragma once

#include <string>
#include <vector>

#include "constructions/add/add_columns.hpp"

namespace roundoff::constructions {

class ColumnVerdicts {
 public:
  /// The first verdict is that a column generates a carry. `other` names the second one, and `others` what a column has
  /// where it does not hold.
  ColumnVerdicts(ModelBuilder& model, int columns, const std::string& other, const std::string& others);

  /// Layer 1. Every position fetches the digits of its column; pairs of digits are classified. `holds(a+b)`: the second
  /// verdict.
  template <class Holds>
  void classify(LayerBuilder& layer, const AddColumns& columns, const Weight& max, const Holds& holds) const;
  /// Layer 2. At b_t only, where `elsewhere[t]` and not_b are 0, the verdicts on column t are laid into its registers: MAX
  /// where one does not hold.
  void spread(LayerBuilder& layer, const AddColumns& columns, const std::vector<Register>& elsewhere,
              const Weight& max) const;
  /// Layer 3. Uniform attention brings all of them to the outputs: each is non-zero at one position only.
  void gather(LayerBuilder& layer) const;

  /// Why look-ahead cannot be built, or "".
  static std::string refuses(const TaskSize& size, const Policy& policy);

 private:
  Register generates_, holds_;

 public:
  std::vector<Register> no_source;  ///< column t does not generate
  std::vector<Register> holds_not;  ///< the second verdict does not hold of column t
};

template <class Holds>
void ColumnVerdicts::classify(LayerBuilder& layer, const AddColumns& columns, const Weight& max,
                              const Holds& holds) const {
  const Place& place = columns.places[0];
  columns.fetch(layer, max);
  AddColumns::classify(layer, place, [&](int total) {
    std::vector<Register> registers;
    if (total >= static_cast<int>(place.x.size())) registers.push_back(generates_);
    if (holds(total)) registers.push_back(holds_);
    return registers;
  });
}

}  // namespace roundoff::constructions
