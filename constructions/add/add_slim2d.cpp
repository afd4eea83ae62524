// add-slim2d: ADD_2 in logarithmic precision with names of two digits: width lg n / 2 + O(1), about
// lg n / 2 + 2 bits, five layers (theory-notes/add-slim2d.md).
//
// Column t is in block t / R at place t mod R, R about sqrt(n), and both numbers are names of at most
// sqrt(n) (gadgets/tent.hpp: tents chain over digits). The order of columns is no longer one number, so that
// "the nearest at or above" goes in two steps: within the own block, compared by bits, and then among blocks,
// of which one column each, the representative, knows whether there is a column that does not propagate.
#include <fmt/format.h>

#include "constructions/add/add_layout.hpp"
#include "constructions/add/binary_columns.hpp"
#include "constructions/construction.hpp"
#include "constructions/gadgets/tent.hpp"
#include "constructions/tasks/digits.hpp"

namespace roundoff::constructions {

namespace {

/// Columns 0 .. n in blocks of R; names of blocks and places are at most 0 and at most -1.
struct Blocks {
  explicit Blocks(int n) : size(1) {
    while (size * size < n + 1) ++size;
    last = n / size;
    bits = std::max(1, ceil_log(2, static_cast<std::uint64_t>(last) + 1));
  }
  int size, last, bits;
  int block(int t) const { return t / size - last; }
  int place(int t) const { return t % size - size; }
};

struct Name {
  Form block, place;
};
struct NameRegisters {
  Register block, place;
  operator Name() const { return {block, place}; }  // NOLINT: two registers are a name
};

/// -M |q - k| of both digits, one tent after the other; they share the middle term. Only 0 if both agree.
void tents(HeadBuilder& head, const Name& query, const Name& key, const Form& guard, const Weight& m,
           const Weight& max) {
  const Form one = constant(1);
  head.score(m * query.block + max, one);
  head.score(m * query.block, one);
  head.score(one, -m * key.block);
  head.score(one, -m * key.block);
  head.score(one, m * key.block - m * guard);
  head.score(-m * query.block + m * query.place, one);
  head.score(m * query.place, one);
  head.score(one, -m * key.place);
  head.score(one, -m * key.place);
  head.score(one, m * key.place);
  head.score(-m * query.place - max, one);
}

/// In layer 1 '+' finds no match, and up to six keys at distance 1 tie; digits of them must add up to 1 or less,
/// so that '+' counts as a column that does not propagate. "" if so.
std::string needs_light_ties(const Policy& policy) {
  const Format& softmax = policy[Role::softmax];
  for (int keys = 2; keys <= 6; ++keys) {
    const Weight share = div(Value::integer(1), Value::integer(keys), softmax).value;
    if (!less(1, keys * share)) continue;
    return fmt::format("{} keys that tie weigh more than 1 in {}: use fixed(i,0), or rounding rtz", keys,
                       notation(softmax));
  }
  return "";
}

std::string refuses_add_slim2d(const TaskSize& size, const Policy& policy, const Settings&) {
  if (size.ragged)
    return "needs operands of n digits, for the positions of digits are built in: drop --ragged";
  if (size.p != 2 || size.c != 1)
    return "is built for single binary digits: use --p 2 and no --c, or add-slim";
  return first_reason({needs_tent(policy), needs_light_ties(policy)});
}

/// The model under construction: its registers in their order, and a function a layer.
struct Slim2d {
  Slim2d(const Task& of, const Policy& policy)
      : task(of), at(of.size()), blocks(at.n), max(largest(policy)), m(gap(policy)), model(of) {}

  const Task& task;
  AddLayout at;
  Blocks blocks;
  Weight max, m;
  ModelBuilder model;
  Register first = model.add("first");      // 1 at the first position, which ends a search that finds nothing
  Register rho = model.add("rho");          // 0 at b and '+', 1 at '=', 2 at a and outputs, MAX at the end
  Register column = model.add("column");    // 1 at b and '+'
  Register not_rep = model.add("not_rep");  // 0 at the lowest column of each block
  std::vector<Register> bit = model.add("bit", blocks.bits);  // of the block's number
  NameRegisters own = {model.add("block"), model.add("place")};
  NameRegisters wanted = {model.add("wanted_block"), model.add("wanted_place")};  // t+1 at b_t, i at output i
  Register s = model.add("s");              // the token; the column's sum; 1 where it propagates
  Register decides = model.add("decides");  // a column of the own block, seen so far, does not propagate
  NameRegisters u = {model.add("u_block"), model.add("u_place")};
  NameRegisters w = {model.add("w_block"), model.add("w_place")};
  Register d = model.add("d");

  void lay(int position, const NameRegisters& name, int t) {
    model.position(position, name.block, blocks.block(t));
    model.position(position, name.place, blocks.place(t));
  }

  void embed() {
    model.token(1, s, 1);
    model.token(task.symbol("+"), s, -1);
    model.token(task.symbol("="), s, -3);
    for (int position = 0; position < at.positions(); ++position) {
      const int t = 2 * at.n - position;
      if (t < 0 || t > at.n || t % blocks.size != 0) model.position(position, not_rep, 1);
    }
    for (int t = 0; t <= at.n; ++t) embed_column(t);
    model.position(0, first, 1);
    model.position(at.plus(), w.block, max);
    model.position(at.plus(), w.place, max);
    model.position(at.equals(), rho, 1);
    lay(at.equals(), own, at.n);
    model.position(at.end(), rho, max);
  }

  void embed_column(int t) {
    const int position = at.b(t);  // '+' is b_n
    lay(position, own, t);
    model.position(position, column, 1);
    for (int b = 0; b < blocks.bits; ++b)
      model.position(position, bit[static_cast<std::size_t>(b)], t / blocks.size >> b & 1);
    if (t < at.n) {
      lay(position, wanted, t + 1);
      lay(at.a(t), own, t);
      model.position(at.a(t), rho, 2);
      model.position(at.output(t), rho, 2);
    }
    lay(at.output(t), wanted, t);  // output n is '='
  }

  // Layer 1. As in add-slim: s = 1 where column t propagates, else 0, and d = 1 where it generates. The first
  // position comes to s <= 0.
  void sums() {
    LayerBuilder& layer = model.layer();
    HeadBuilder& pair = layer.head();
    tents(pair, own, own, -1 * Form(rho) + Weight(2), m, max);
    pair.copy(s, s);
    binary_verdicts(layer, rho, s, d);
    layer.unit(4 * first + s - Weight(4), {{s, -1}});
  }

  // Layer 2. Within the own block: the lowest column seen so far that does not propagate, compared by the bits
  // of the block's number; the score is minus its place, at least 1. The first position scores 0 for all. ('='
  // has s = -1, so that its role pushes twice.)
  void nearest_within_block() {
    const Weight first_block = blocks.block(at.n - 1), first_place = blocks.place(at.n - 1);
    HeadBuilder& within = model.layer().head();
    within.score(constant(m), -1 * Form(own.place) + first_place * Form(first));
    for (const Register b : bit) within.score(-max * b, Form(column) - Form(b));
    for (const Register b : bit) within.score(max * b - max, b);
    within.score(constant(-max), s);
    for (int push = 0; push < 2; ++push) within.score(constant(-max), 2 * rho - 4 * first);
    within.copy(Form(own.block) - first_block * Form(first), u.block);
    within.copy(Form(own.place) - first_place * Form(first), u.place);
    within.copy(column, decides);
  }

  // Layer 3. Among representatives whose block decides, the lowest block; where the own block decides, u is
  // known already.
  void nearest_block() {
    LayerBuilder& layer = model.layer();
    HeadBuilder& block = layer.head();
    block.score(constant(m), -1 * Form(own.block));
    block.score(constant(-max), not_rep);
    block.score(constant(-max), -1 * Form(decides) + Weight(1));
    block.copy(own.block, w.block);
    block.copy(u.place, w.place);
    for (const auto& [known, found] : {std::pair{u.block, w.block}, std::pair{u.place, w.place}}) {
      layer.unit(-max * decides - found, {{known, -1}});
      layer.unit(-1 * Form(found), {{found, 1}});
    }
  }

  // Layer 4, as layer 3 of add-slim: b_t fetches u_(t+1) and s_(t+1), output i fetches u_i and s_i.
  void fetch_names() {
    HeadBuilder& fetch = model.layer().head();
    tents(fetch, wanted, own, -1 * Form(column) + Weight(1), m, max);
    fetch.copy(u.block, w.block);
    fetch.copy(u.place, w.place);
    fetch.copy(s, {{d, 2}});
  }

  // Layer 5, as layer 4 of add-slim: output i finds the column with u_(t+1) = u_i that does not propagate.
  void carries() {
    LayerBuilder& layer = model.layer();
    HeadBuilder& source = layer.head();
    tents(source, w, {-1 * Form(own.block) + u.block + w.block, -1 * Form(own.place) + u.place + w.place},
          s + Form(rho), m, max);
    source.copy(d + 2 * rho, d);
    binary_answer(layer, d, max);
  }
};

Model build_add_slim2d(const Task& task, const Policy& policy, const Settings&) {
  Slim2d slim(task, policy);
  slim.embed();
  slim.sums();
  slim.nearest_within_block();
  slim.nearest_block();
  slim.fetch_names();
  slim.carries();
  slim.model.logit(1, slim.d);
  slim.model.logit(task.eos(), slim.rho - Weight(3));
  return slim.model.finish();
}

}  // namespace

Construction add_slim2d() {
  return {.name = "add-slim2d",
          .task = "add",
          .theorem = "beyond the paper (Feng et al. 2024, theorem 5.1, has O(1))",
          .regime = Regime::logarithmic,
          .width = "R = ceil_root(n+1, 2); m = max(1, ceil_lg(ceil_div(n+1, R))); max(m+15, 2*m+4)",
          .family = "fixed(max(3, lg(n+1)/2+1), 0)",
          .summary = "names of two digits: half the bits of add-slim, at width about lg n / 2 + 15",
          .note = "add-slim2d",
          .knobs = {},
          .refuses = refuses_add_slim2d,
          .build = build_add_slim2d};
}

}  // namespace roundoff::constructions
