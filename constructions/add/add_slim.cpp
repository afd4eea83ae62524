// add-slim: ADD in logarithmic precision with width 6 (p = 2) or 7, four layers, about lg n + 2 bits
// (theory-notes/add-slim.md).
//
// As in add-match: u_t is the nearest column at or above t that does not propagate ('+', column n, never
// does), and the carry into column i comes from the one column t < i that does not propagate and has
// u_(t+1) = u_i. Columns are compared by tents (gadgets/tent.hpp), so that names need no squares, and no more
// bits than the names themselves. '=' is column -1, which kills, and output n at once.
#include <fmt/format.h>

#include "constructions/add/add_layout.hpp"
#include "constructions/add/binary_columns.hpp"
#include "constructions/construction.hpp"
#include "constructions/gadgets/tent.hpp"

namespace roundoff::constructions {

namespace {

std::string refuses_add_slim(const TaskSize& size, const Policy& policy, const Settings&) {
  if (size.ragged)
    return "needs operands of n digits, for the positions of digits are built in: drop --ragged";
  if (size.n % size.c != 0) {
    return fmt::format(
        "needs a token of the answer above the operands' ({} digits, {} a token): use a --c that divides n",
        size.n, size.c);
  }
  return needs_tent(policy);
}

/// What both forms name alike: t - n at digit t of a and b, 0 at '+', digit n, and i - n - 1 at output i, so
/// that a column finds the next, and an output its own, by one comparison.
void name_positions(ModelBuilder& model, const AddLayout& at, Register x, Register rho, const Weight& max) {
  for (int t = 0; t < at.n; ++t) {
    model.position(at.a(t), x, t - at.n);
    model.position(at.a(t), rho, 2);
    model.position(at.b(t), x, t - at.n);
    model.position(at.output(t), x, t - at.n - 1);
    model.position(at.output(t), rho, 2);
  }
  model.position(at.equals(), x, -1);
  model.position(at.end(), rho, max);
}

// p = 2. Classes fit into s and d: s = 1 where the column propagates, 0 where not, -1 at '='.
Model build_binary(const Task& task, const Policy& policy) {
  const AddLayout at(task.size());
  const Weight max = largest(policy), m = gap(policy);

  ModelBuilder model(task);
  const Register x = model.add("x");  // name of the column; at an output, of the one below
  const Register rho =
      model.add("rho");               // role: 0 at b and '+', 1 at '=', 2 at a and outputs, MAX at the end
  const Register s = model.add("s");  // the token; the column's sum; 1 where it propagates
  const Register u = model.add("u");  // name of u_t; at '=' less 1
  const Register w = model.add("w");  // name of u_(t+1), at output i of u_i; at '+' beyond all names
  const Register d = model.add("d");

  model.token(1, s, 1);
  model.token(task.symbol("+"), s, -1);
  model.token(task.symbol("="), s, -3);
  name_positions(model, at, x, rho, max);
  model.position(at.plus(), w, max);
  model.position(at.equals(), rho, 1);
  model.position(at.equals(), u, -1);

  // Layer 1. b_t finds a_t: s = a_t + b_t.
  LayerBuilder& sums = model.layer();
  HeadBuilder& pair = sums.head();
  tent(pair, x, x, -1 * Form(rho) + Weight(2), m, max);
  pair.copy(s, s);
  binary_verdicts(sums, rho, s, d);

  // Layer 2. Of the columns seen so far that do not propagate, the lowest: u_t. (At '=' u_0, less 1.)
  HeadBuilder& nearest = model.layer().head();
  nearest.score(constant(m), -1 * Form(x));
  nearest.score(constant(-max), s + 2 * rho);
  nearest.copy(x, u);

  // Layer 3. b_t fetches u_(t+1) and s_(t+1), output i fetches u_i and s_i.
  HeadBuilder& fetch = model.layer().head();
  tent(fetch, x, x - Weight(1), rho, m, max);
  fetch.copy(u, w);
  fetch.copy(s, {{d, 2}});

  // Layer 4. Output i finds the column with u_(t+1) = u_i among those that do not propagate. There u_t = t, so
  // that -x + u + w is u_(t+1), and '=' comes out as u_0 likewise. What it fetches is g + 2 s_(t+1), '=' 2.
  LayerBuilder& carries = model.layer();
  HeadBuilder& source = carries.head();
  tent(source, w, -1 * Form(x) + u + w, s + Form(rho), m, max);
  source.copy(d + 2 * rho, d);

  binary_answer(carries, d, max);

  model.logit(1, d);
  model.logit(task.eos(), rho - Weight(3));
  return model.finish();
}

// Any base B = p^c. e = a_t + b_t - (B-1) is 0 where the column propagates and positive where it generates.
Model build_any(const Task& task, const Policy& policy) {
  const AddLayout at(task.size());
  const int base = task.base(), half = base / 2;
  const Weight max = largest(policy), m = gap(policy);

  ModelBuilder model(task);
  const Register x = model.add("x");      // name of the column; at an output, of the one below
  const Register rho = model.add("rho");  // 0 at b, '+' and '=', 2 at a and outputs, MAX at the end
  const Register s = model.add("s");      // the token; -|e|; then e modulo B, from -(B-1) to 0
  const Register u = model.add("u");      // name of u_t; at '=' less 1
  const Register w = model.add("w");      // name of u_(t+1), at output i of u_i; at '+' beyond all names
  const Register d = model.add("d");  // the answer's digit, less (B-1) - half; positive where no column is
  const Register g = model.add("g");  // generate

  for (int v = 0; v < base; ++v) model.token(static_cast<Token>(v), s, v);
  model.token(task.symbol("+"), s, 1 - 2 * base);
  model.token(task.symbol("="), s, 1 - 2 * base);
  name_positions(model, at, x, rho, max);
  for (int t = 0; t < at.n; ++t) {
    model.position(at.b(t), s, 1 - base);
    model.position(at.output(t), d, half);
  }
  model.position(at.plus(), w, max);
  model.position(at.equals(), u, -1);
  model.position(at.equals(), d, half + 1);
  model.position(at.end(), d, base);  // it fetches -B from '+': its digits' logits are at most 1

  // Layer 1. b_t finds a_t: s = e. Then g = [e >= 1], s = -|e|, and -B at '+' and '='.
  LayerBuilder& sums = model.layer();
  HeadBuilder& pair = sums.head();
  tent(pair, x, x, -1 * Form(rho) + Weight(2), m, max);
  pair.copy(s, s);
  sums.unit(s, {{s, -2}, {g, 1}});
  sums.unit(s - Weight(1), {{g, -1}});
  sums.unit(-1 * Form(s) - Weight(base), {{s, 1}});

  // Layer 2. u_t: min(MAX, MAX |s|) - MAX is 0 where the column does not propagate and -MAX where it does.
  // Then s = e modulo B, less B: e - B from -e.
  LayerBuilder& names = model.layer();
  HeadBuilder& nearest = names.head();
  nearest.score(constant(-max), s);
  nearest.score(constant(-max), constant(1));
  nearest.score(constant(m), -1 * Form(x));
  nearest.score(constant(-max), rho + Form(d));
  nearest.copy(x, u);
  names.unit(-1 * Form(s) + base * Form(g) - Weight(base), {{s, 2}});
  names.unit(g, {{s, -base}});

  // Layer 3. b_t fetches u_(t+1); output i fetches u_i and its column's digit without carry.
  HeadBuilder& fetch = model.layer().head();
  tent(fetch, x, x - Weight(1), rho + Form(d), m, max);
  fetch.copy(u, w);
  fetch.copy(s, d);

  // Layer 4. As for p = 2; MAX |s| in place of the constant MAX starts the tent at 0 where the column
  // propagates, so that it ends MAX lower.
  LayerBuilder& carries = model.layer();
  HeadBuilder& source = carries.head();
  const Form one = constant(1), key = -1 * Form(x) + u + w;
  source.score(constant(-max), s);
  source.score(m * w, one);
  source.score(m * w, one);
  source.score(one, -m * key);
  source.score(one, -m * key);
  source.score(one, m * key - m * rho);
  source.score(-m * w - max, one);
  source.copy(g, d);
  carries.unit(d - Weight(half), {{d, -base}});

  // d^2 - (d - c)^2 = 2cd - c^2 for the digit with the number c.
  for (int v = 0; v < base; ++v) {
    const int c = v - (base - 1) + half;
    model.logit(static_cast<Token>(v), 2 * c * Form(d) - Weight(c * c));
  }
  model.logit(task.symbol("+"), constant(-1));
  model.logit(task.symbol("="), constant(-1));
  model.logit(task.eos(), rho - Weight(3));
  return model.finish();
}

Model build_add_slim(const Task& task, const Policy& policy, const Settings&) {
  return task.base() == 2 ? build_binary(task, policy) : build_any(task, policy);
}

}  // namespace

Construction add_slim() {
  return {.name = "add-slim",
          .task = "add",
          .theorem = "beyond the paper (Feng et al. 2024, theorem 5.1, has O(1))",
          .regime = Regime::logarithmic,
          .width = "min(power(p,c), 3) + 4",
          .family = "fixed(max(3, lg(n/c+3), floor(2*lg(p))), 0)",
          .summary = "carry by exact matches of names without squares: about lg n + 2 bits",
          .note = "add-slim",
          .knobs = {},
          .refuses = refuses_add_slim,
          .build = build_add_slim};
}

}  // namespace roundoff::constructions
