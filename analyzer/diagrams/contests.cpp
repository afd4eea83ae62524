// Attention as a contest of its keys.
//
// A head's output o = sum_j rnd(a_j v_j), a_j = rnd(e_j / Z), Z = sum_j e_j, e_j = rnd(exp(rnd(s_j - max s))) is
// made of one diagram a key, and each of them says "key j wins". But mostly few keys count: what is needed of
// the keys so far is a state, the largest score and the keys whose e is not 0 beside it, in order, with their
// values. States are terminals; two diagrams of states, of keys one after the other, make the state of both.
// In the end o is computed from each state by definition. A hard maximum over n keys then costs n small steps
// in all, not n diagrams of up to n nodes.
//
// Exactness. Let m be the largest score of some of the keys and M the largest of all; m <= M. Subtraction,
// rounding and exp are monotone (Spans::keeps: no `wrap`, not stochastic), so rnd(exp(rnd(s - M))) <=
// rnd(exp(rnd(s - m))), and a key for which the right side is 0 has e = 0: it may go before all keys are
// known. Then a_j = rnd(0 / Z) = 0 (Z > 0, for the largest score has e = rnd(1), which is asked to be above
// 0), and terms that are 0 change no sum in index order of formats without -0, inf and NaN. Nothing here
// depends on how the keys are taken together, since states keep their order.
//
// A score that counts nothing beside a floor is left out of the states from the start. The floor is a guess, the
// least that the largest score is on a few inputs; it stands when the states say that the largest score is
// nowhere below it, for then what was left out counts nothing anywhere.
//
// Where many keys tie at once (a mean over a group, say) states become many: then the head is computed term
// by term as before.
#include <algorithm>

#include "analyzer/diagrams/products.hpp"

namespace roundoff::analyzer::diagrams {

// Reads a dot back as it was recorded: weights e / Z with one Z, e = exp(s - m), m the maximum of these s.
std::optional<Interpreter::Contest> Interpreter::contest_of(const Node& dot) const {
  const auto& nodes = program_.nodes;
  const Reduction& reduction = program_.reductions[dot.reduction];
  if (reduction.mode != DotMode::rounded || reduction.order.kind != SumOrder::sequential) return {};
  const auto xs = program_.list(dot.a, dot.c), ys = program_.list(dot.b, dot.c);
  Contest contest;
  if (nodes[xs[0]].op != Op::div) return {};
  contest.sum = nodes[xs[0]].b;
  contest.quotient = nodes[xs[0]].format;
  const Node& sum = nodes[contest.sum];
  if (sum.op != Op::sum || sum.c < 2 || program_.reductions[sum.reduction].order.kind != SumOrder::sequential)
    return {};
  const auto exps = program_.list(sum.a, sum.c);
  contest.softmax = sum.format;
  for (const NodeId e : exps) {
    const Node& exp = nodes[e];
    if (exp.op != Op::unary || exp.function != Function::exp || exp.format != sum.format) return {};
    const Node& sub = nodes[exp.a];
    if (sub.op != Op::sub || sub.format != sum.format) return {};
    if (contest.max == no_node) contest.max = sub.b;
    if (sub.b != contest.max) return {};
    contest.scores.push_back(sub.a);
  }
  const Node& max = nodes[contest.max];
  if (max.op != Op::max || max.c != sum.c) return {};
  const auto scores = program_.list(max.a, max.c);
  if (!std::equal(scores.begin(), scores.end(), contest.scores.begin())) return {};
  // Terms 0 * v are left out when a dot is recorded; the others stand in the order of the keys.
  contest.values.assign(exps.size(), no_node);
  std::size_t key = 0;
  for (std::uint32_t j = 0; j < dot.c; ++j, ++key) {
    const Node& weight = nodes[xs[j]];
    if (weight.op != Op::div || weight.b != contest.sum || weight.format != contest.quotient) return {};
    while (key < exps.size() && exps[key] != weight.a) ++key;
    if (key == exps.size()) return {};
    contest.values[key] = ys[j];
  }
  const auto kept = [&](std::uint8_t format) { return sim::Spans::keeps(program_.formats[format]); };
  if (!kept(contest.softmax) || !kept(contest.quotient) || !kept(dot.format)) return {};
  for (const NodeId score : contest.scores)
    if (!kept(nodes[score].format)) return {};
  for (const NodeId value : contest.values)
    if (value != no_node && !kept(nodes[value].format)) return {};
  return contest;
}

Ref Interpreter::by_contest(const Node& dot) {
  auto contest = contest_of(dot);
  if (!contest) return no_ref;
  Scalars& scalars = algebra_.scalars();
  const std::uint32_t exp = code(Operation::apply_to_difference, contest->softmax, Function::exp);
  const Id zero = scalars.integer(0), one = scalars.compute(exp, zero, zero);
  if (Scalars::special(one) || scalars.value(one).is_zero()) return no_ref;

  // By kind: what the outcome of a state is a function of, beside the state.
  const std::array<std::uint32_t, 5> kind = {contest->softmax, contest->quotient, dot.format,
                                             program_.nodes[contest->sum].reduction, dot.reduction};
  const auto known = std::find(contest_kinds_.begin(), contest_kinds_.end(), kind);
  contest->kind = static_cast<std::size_t>(known - contest_kinds_.begin());
  if (known == contest_kinds_.end()) contest_kinds_.push_back(kind);

  const std::size_t before = active_.size();
  active_.insert(active_.end(), contest->scores.begin(), contest->scores.end());  // kept from here on
  contest->terms.resize(contest->scores.size());
  bool regular = true;
  for (std::size_t j = 0; j < contest->scores.size(); ++j) {
    prepare(*contest, j);
    const Ref score = values_[contest->scores[j]];
    regular = regular && (score == no_ref || algebra_.is_regular(score));
  }
  Ref result = no_ref;
  if (regular) {
    if (samples_.empty()) draw_samples();
    Id floor = largest_score(*contest, samples_[0]);
    const auto lower = [&](Id score) {
      if (!Scalars::special(score) && manager_.less(score, floor)) floor = score;
    };
    for (const Assignment& sample : samples_) lower(largest_score(*contest, sample));
    // What a guess leaves out is found on some input, which makes the next guess.
    constexpr int most_guesses = 4;
    for (int guess = 0; guess < most_guesses && !Scalars::special(floor); ++guess) {
      const Ref state = fold_states(*contest, floor);
      if (state == no_ref) break;
      const Id least = manager_.least(state);
      if (!manager_.less(scalars.largest(least), floor)) {
        result = algebra_.replace(state, [&](Id id) { return outcome(*contest, dot, id); });
        ++statistics_.contests;
        break;
      }
      Assignment input(manager_.levels());
      for (Ref at = state; !manager_.is_terminal(at);) {
        std::uint32_t v = 0;
        while (manager_.least(manager_.child(at, v)) != least) ++v;
        input[manager_.level(at)] = static_cast<std::uint16_t>(v);
        at = manager_.child(at, v);
      }
      lower(largest_score(*contest, input));
    }
  }
  active_.resize(before);
  return result;
}

// Computes a score; or, where it is a product of two vectors that are both unknown, only these.
void Interpreter::prepare(Contest& contest, std::size_t key) {
  const NodeId score = contest.scores[key];
  if (values_[score] != no_ref) return;
  const Node& node = program_.nodes[score];
  if (node.op == Op::dot) {
    const auto left = program_.list(node.a, node.c), right = program_.list(node.b, node.c);
    const std::vector<std::size_t> kept = kept_terms(node);
    for (const std::size_t j : kept) {
      active_.push_back(left[j]), active_.push_back(right[j]);
      need(left[j]), need(right[j]);
    }
    const Manager::Pause pause(manager_);
    if (!kept.empty())
      if (const auto two = two_sides(node, kept)) {
        constexpr std::size_t few = 16;  // pairs of nodes: as quickly computed
        if (two->bounded && two->sides[0]->row.size() * two->sides[1]->row.size() > few) {
          contest.terms[key] = kept;
          return;
        }
      }
  }
  need(score);
}

// All variables at their least value, all at their greatest, and some at random.
void Interpreter::draw_samples() {
  constexpr std::size_t count = 8;
  std::uint64_t state = 1;
  for (std::size_t i = 0; i < count; ++i) {
    Assignment& sample = samples_.emplace_back();
    for (std::uint32_t level = 0; level < manager_.levels(); ++level) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      const std::uint32_t arity = manager_.arity(level);
      const std::uint64_t value = i == 0 ? 0 : i == 1 ? arity - 1 : (state >> 33) % arity;
      sample.push_back(static_cast<std::uint16_t>(value));
    }
  }
}

// The largest score on an input; NaN where some score is no number.
Id Interpreter::largest_score(const Contest& contest, const Assignment& assignment) {
  const Manager::Pause pause(manager_);
  Id largest = Scalars::nan;
  for (std::size_t j = 0; j < contest.scores.size(); ++j) {
    Id score = Scalars::nan;
    if (contest.terms[j].empty()) {
      score = manager_.evaluate(values_[contest.scores[j]], assignment);
    } else if (const auto two = two_sides(program_.nodes[contest.scores[j]], contest.terms[j])) {
      std::vector<Id> entries[2];
      for (std::size_t at = 0; at < 2; ++at)
        for (const Ref part : two->sides[at]->parts)
          entries[at].push_back(manager_.evaluate(part, assignment));
      score = product_at(*two, entries);
    }
    if (Scalars::special(score)) return Scalars::nan;
    if (largest == Scalars::nan || manager_.less(largest, score)) largest = score;
  }
  return largest;
}

// The states of all keys in order, but for what counts nothing beside a score of `floor`; no_ref where they are
// many. From the end that stands deeper, so that each step puts little on top of what is there, or else from the
// other one.
Ref Interpreter::fold_states(const Contest& contest, Id floor) {
  Scalars& scalars = algebra_.scalars();
  const Floor level{.score = floor,
                    .nothing = scalars.id(Value::infinity(true)),
                    .exp = code(Operation::apply_to_difference, contest.softmax, Function::exp)};
  const auto vanishes = [&](Id score) { return scalars.vanishes(level.exp, score, floor); };
  std::vector<std::size_t> keys;
  for (std::size_t j = 0; j < contest.scores.size(); ++j)
    if (!contest.terms[j].empty() || !vanishes(manager_.greatest(values_[contest.scores[j]])))
      keys.push_back(j);
  const std::size_t before = active_.size();
  for (const std::size_t j : keys)
    if (contest.values[j] != no_node) {
      active_.push_back(contest.values[j]);
      need(contest.values[j]);
    }
  active_.resize(before);

  const Manager::Pause pause(manager_);
  const std::uint32_t enter = scalars.code({.kind = Operation::enter});
  const std::uint32_t join = scalars.code({.kind = Operation::contest, .parameter = level.exp});
  std::map<std::uint8_t, std::int64_t> below;  // by format of the scores
  std::vector<Ref> states;
  std::size_t total = 0;
  for (const std::size_t j : keys) {
    const NodeId node = contest.scores[j];
    Ref score = no_ref;
    if (contest.terms[j].empty()) {
      score = algebra_.replace(values_[node], [&](Id id) { return vanishes(id) ? level.nothing : id; });
    } else {
      const auto two = two_sides(program_.nodes[node], contest.terms[j]);
      if (!two) return no_ref;
      const auto [known, fresh] = below.try_emplace(program_.nodes[node].format);
      if (fresh) known->second = most_that_vanishes(level, known->first);
      Floor own = level;
      own.below = known->second;
      score = product(*two, &own);
      ++statistics_.floors;
    }
    if (score == manager_.terminal(level.nothing)) continue;
    if (!algebra_.is_regular(score)) return no_ref;
    const Ref value =
        contest.values[j] == no_node ? algebra_.constant(Value::zero()) : values_[contest.values[j]];
    if (!algebra_.is_regular(value)) return no_ref;
    states.push_back(algebra_.apply(enter, score, value));
    total += manager_.size(states.back());
  }
  if (states.empty()) return no_ref;
  const auto depth = [&](std::size_t first, std::size_t last) {
    std::uint64_t sum = 0;
    for (std::size_t j = first; j < last; ++j) sum += manager_.level(states[j]);
    return sum;
  };
  const std::size_t count = states.size(), half = count / 2;
  const bool deeper_at_back = depth(0, half) <= depth(count - half, count);
  for (const bool from_back : {deeper_at_back, !deeper_at_back}) try {
      const Manager::Bound bound(manager_, 4096 + 16 * total);
      Ref state = from_back ? states.back() : states.front();
      for (std::size_t step = 1; step < count; ++step)
        state = from_back ? algebra_.apply(join, states[count - 1 - step], state)
                          : algebra_.apply(join, state, states[step]);
      return state;
    } catch (const TooLarge&) {
    }
  return no_ref;
}

// The greatest score, in steps of its format, that counts nothing beside the floor: exp and rounding are
// monotone, and what is as great as the floor counts.
std::int64_t Interpreter::most_that_vanishes(const Floor& floor, std::uint8_t format) {
  Scalars& scalars = algebra_.scalars();
  const sim::Span range = spans_.all(format);
  std::int64_t low = range.low - 1, high = range.high;  // low vanishes (or is none), above high nothing does
  while (low < high) {
    const std::int64_t middle = low + (high - low + 1) / 2;
    if (scalars.vanishes(floor.exp, scalars.id(spans_.value(middle, format)), floor.score))
      low = middle;
    else
      high = middle - 1;
  }
  return low;
}

// The head's output where these keys count: by definition, without the terms that are 0.
Id Interpreter::outcome(const Contest& contest, const Node& dot, Id state) {
  if (state == Scalars::trap) return state;
  const std::uint64_t question = std::uint64_t{state} << 16 | contest.kind;
  if (const auto known = outcomes_.find(question); known != outcomes_.end()) return known->second;
  Scalars& scalars = algebra_.scalars();
  const std::uint32_t exp = code(Operation::apply_to_difference, contest.softmax, Function::exp);
  const std::uint32_t plus = code(Operation::add, contest.softmax);
  std::vector<Id> exps;
  Id total = 0;
  const std::vector<Scalars::Key> keys = scalars.keys(state);
  for (const Scalars::Key& key : keys) {
    exps.push_back(scalars.compute(exp, key.score, scalars.largest(state)));
    total = exps.size() == 1 ? exps[0] : scalars.compute(plus, total, exps.back());
  }
  Id result = 0;
  for (std::size_t j = 0; j < keys.size(); ++j) {
    const Id weight = scalars.compute(code(Operation::div, contest.quotient), exps[j], total);
    const Id term = scalars.compute(code(Operation::mul, dot.format), weight, keys[j].value);
    result = j == 0 ? term : scalars.compute(code(Operation::add, dot.format), result, term);
  }
  return outcomes_[question] = result;
}

}  // namespace roundoff::analyzer::diagrams
