// add-hinge4: ADD_2 in logarithmic precision with width 4, three layers (theory-notes/add-hinge4.md).
//
// As in add-hinge the carry comes from the nearest lower column that does not propagate, by a score that
// saturates; but columns are named by one number without its square (gadgets/tent.hpp), constants are biases
// instead of a register, and s holds in turn the token's digit, the column's sum, and whether it propagates.
#include <fmt/format.h>

#include "constructions/add/add_layout.hpp"
#include "constructions/construction.hpp"
#include "constructions/gadgets/tent.hpp"

namespace roundoff::constructions {

namespace {

std::string refuses_add_hinge4(const TaskSize& size, const Policy& policy, const Settings&) {
  if (size.ragged)
    return "needs operands of n digits, for the positions of digits are built in: drop --ragged";
  if (size.p != 2 || size.c != 1) {
    return "tells the columns' classes and digits apart in one register, which is known for single binary "
           "digits alone: use --p 2 and no --c, or add-slim";
  }
  return needs_tent(policy);
}

Model build_add_hinge4(const Task& task, const Policy& policy, const Settings&) {
  const AddLayout at(task.size());
  const int n = at.n;
  const Weight max = largest(policy), m = gap(policy);

  ModelBuilder model(task);
  const Register x = model.add("x");  // t - n at digit t of a and b ('+': t = n), names at most 0
  const Register rho =
      model.add("rho");               // role: 0 at b and '+', 1 at '=', 2 at a and outputs, MAX at the end
  const Register s = model.add("s");  // the token; the column's sum; 1 where it propagates
  const Register d = model.add("d");  // generate; the own column's digit without, then with the carry

  model.token(1, s, 1);
  model.token(task.symbol("+"), s, -1);
  model.token(task.symbol("="), s, -3);
  for (int t = 0; t < n; ++t) {
    model.position(at.a(t), x, t - n);
    model.position(at.a(t), rho, 2);
    model.position(at.b(t), x, t - n);
    // Names of outputs are out of the columns' way in the first layer; later x + (n+1) rho is i - n.
    model.position(at.output(t), x, t - n - 2 * (n + 1));
    model.position(at.output(t), rho, 2);
  }
  model.position(at.equals(), x, -n - 1);
  model.position(at.equals(), rho, 1);
  model.position(at.end(), rho, max);

  // Layer 1. b_t finds a_t: s = a_t + b_t. Where both are 1: s = 0 and d = 1, generate; the sums of '+' and
  // '=', negative, become 0 and -1. So s = 1 iff column t propagates.
  LayerBuilder& sums = model.layer();
  HeadBuilder& pair = sums.head();
  steep_tent(pair, x, x, -1 * Form(rho) + Weight(2), m, max);
  pair.copy(s, s);
  sums.unit(s - 2 * rho - Weight(1), {{s, -2}, {d, 1}});
  sums.unit(-1 * Form(s), {{s, 1}});
  sums.unit(-1 * Form(s) - Weight(1), {{s, -1}});
  sums.unit(-1 * Form(s) - Weight(2), {{s, 1}});

  // Layer 2. Output i adds s_i to d: the digit without carry. ('=' finds '+', digit n; b_t finds itself, and
  // adds 0 where it does not propagate, the only case in which its d is read.)
  const Form own = x + (n + 1) * Form(rho);
  HeadBuilder& fetch = model.layer().head();
  steep_tent(fetch, own, x, rho, m, max);
  fetch.copy(s, d);

  // Layer 3. Of the columns that do not propagate, and '=' as a killing column -1, output i finds the nearest
  // lower one, j = t+1 <= i: the score is -(i-j) for j <= i and -(n+2)(j-i) for j > i, times M. It is summed
  // as MAX - A i, A j, B i - MAX, -B j - MAX guard. The digit is d + generate, less 2 where that is 2.
  LayerBuilder& carries = model.layer();
  const Weight B = m * (n + 2), A = m * (n + 3);
  const Form one = constant(1), i = own + Weight(n), j = x + Weight(n + 1);
  HeadBuilder& nearest = carries.head();
  nearest.score(-A * i + max, one);
  nearest.score(one, A * j);
  nearest.score(B * i - max, one);
  nearest.score(one, -B * j - max * (s + Form(rho)));
  nearest.copy(d, d);
  carries.unit(d - Weight(1), {{d, -2}});

  // At an output <eos> has rho - 3 = -1 or -2, at the end MAX - 3.
  model.logit(1, d);
  model.logit(task.eos(), rho - Weight(3));
  return model.finish();
}

}  // namespace

Construction add_hinge4() {
  return {.name = "add-hinge4",
          .task = "add",
          .theorem = "beyond the paper (Feng et al. 2024, theorem 5.1, has O(1))",
          .regime = Regime::logarithmic,
          .width = "4",
          .family = "fixed(lg((n+3)*(3*n+2)+1), 0)",
          .summary = "nearest lower column by a saturating score, four registers: p = 2",
          .note = "add-hinge4",
          .knobs = {},
          .refuses = refuses_add_hinge4,
          .build = build_add_hinge4};
}

}  // namespace roundoff::constructions
