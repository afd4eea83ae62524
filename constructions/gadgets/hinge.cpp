// See hinge.hpp.
#include "constructions/gadgets/hinge.hpp"

#include "constructions/tasks/digits.hpp"

namespace roundoff::constructions {

namespace {

// A slice of A >= M (greatest - least + 1), so that a key that is cut off lies M below all that are not.
Weight slope_of(int least, int greatest, int slices, const Policy& policy) {
  return part_of((greatest - least + 1) * gap(policy), slices, policy);
}

// L with 2^L >= 2 (greatest - least + 2): the kernel of y = x+1, M/2 2^L, takes the greatest score below the
// least by 2M.
int step_of(int least, int greatest) {
  const int numbers = greatest - least + 2;
  return 1 + ceil_log(2, static_cast<std::uint64_t>(numbers));
}

// In floating point M is two gaps: a kernel of M/2 leaves a gap between neighbours.
Weight order_of(const Policy& policy) { return floating(policy) ? 2 * gap(policy) : gap(policy); }

}  // namespace

Hinge::Hinge(ModelBuilder& model, int least, int greatest, int slices, const Policy& policy)
    : slices_(slices),
      max_(largest(policy)),
      gap_(gap(policy)),
      slope_(slope_of(least, greatest, slices, policy)),
      step_(step_of(least, greatest)) {
  if (!floating(policy)) return;
  key_ = model.add("2^y");
  query_ = model.add("2^-x");
}

void Hinge::place_key(ModelBuilder& model, int position, int y) const {
  if (key_.dimension >= 0) model.position(position, key_, power_of_two(step_ * y));
}

void Hinge::place_query(ModelBuilder& model, int position, int x) const {
  if (query_.dimension >= 0) model.position(position, query_, gap_ * power_of_two(-step_ * x));
}

void Hinge::score(HeadBuilder& head, const Form& x, const Form& y, Register one) const {
  if (key_.dimension < 0) {
    cliff(head, x, one, y, one, slope_, slices_, max_);
    head.score(gap_ * one, y);
  } else {
    head.score(2 * gap_ * one, y);
    head.score(query_, -1 * key_);
  }
}

Weight Hinge::bound(int least, int greatest, const Policy& policy) {
  return order_of(policy) * (std::max(greatest, -least) + 1);
}

std::string Hinge::refuses(int least, int greatest, int slices, const Policy& policy) {
  if (!floating(policy)) {
    return first_reason(
        {needs_sequential_sums(policy),
         needs_weight(policy, slope_of(least, greatest, slices, policy), "the slope of the cliff")});
  }
  if (policy[Role::accumulators].overflow == Overflow::trap)
    return "lets products overflow in floating point: use :inf or :sat";
  const int step = step_of(least, greatest);
  return first_reason(
      {needs_weight(policy, power_of_two(step * greatest), "a power of the exponential kernel"),
       needs_weight(policy, power_of_two(step * least), "a power of the exponential kernel"),
       needs_weight(policy, gap(policy) * power_of_two(-step * least), "M times such a power"),
       needs_weight(policy, gap(policy) * power_of_two(-step * greatest), "M times such a power")});
}

}  // namespace roundoff::constructions
