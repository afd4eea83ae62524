// Layer by layer: a machine that writes the stream's vector at every position (layer 0: the embedding, whose state is
// the phase) becomes one that writes the next layer's. For every head and every query that occurs the machine is
// extended, one small component after another, by
//   the largest score so far (or whether there is a key at all);
//   for every largest score M that occurs, the running denominator Z of rnd(exp(rnd(s_j - M)));
//   for every M and Z that occur, the running numerators of rnd(e_j / Z);
// and is minimal again after each. What a head writes where its query is asked is a function of these.
#include "analyzer/automata/extract.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "analyzer/automata/interner.hpp"
#include "analyzer/automata/position.hpp"
#include "analyzer/automata/running.hpp"
#include "formats/error.hpp"

namespace roundoff::analyzer {
namespace automata {
namespace {

// Numbers that stand for no vector.
constexpr int trap = -1, done = -2, none = -1;

/// What is known at a position while a layer is being made: the number of what enters it, the head's largest score,
/// denominator and numerators (numbers of values, or none), and the outputs of the heads before.
struct Known {
  bool read = true;  ///< somebody reads what the position writes
  int entered = none, largest = none, total = none;
  std::vector<int> sums, outputs;
  friend bool operator==(const Known&, const Known&) = default;
};
std::size_t hash_of(const Known& known) {
  std::uint64_t hash = known.read ? 1 : 0;
  for (const int part : {known.entered, known.largest, known.total})
    hash = mixed(hash, static_cast<std::uint64_t>(part));
  hash = mixed(hash, automata::hash_of(known.sums));
  return mixed(hash, automata::hash_of(known.outputs));
}

/// The state of a component that runs over keys.
struct Kept {
  bool traps = false;              ///< whoever asks from here on traps
  bool over = false;               ///< nobody asks from here on
  std::vector<Value> values = {};  ///< the largest so far
  Running::State sum = {}, zeros = {};
  friend bool operator==(const Kept&, const Kept&) = default;
};
std::size_t hash_of(const Running::State& state) {
  return mixed(automata::hash_of(state.kept), static_cast<std::uint64_t>(state.terms));
}
std::size_t hash_of(const Kept& kept) {
  std::uint64_t hash = static_cast<std::uint64_t>(kept.traps) | static_cast<std::uint64_t>(kept.over) << 1;
  hash = mixed(hash, automata::hash_of(kept.values));
  hash = mixed(hash, hash_of(kept.sum));
  return mixed(hash, hash_of(kept.zeros));
}

class Extraction {
 public:
  Extraction(const Model& model, const Policy& policy, const Reading& reading, Grant& grant)
      : model_(model), policy_(policy), reading_(reading), grant_(grant), position_(model, policy) {}

  Extracted run() {
    Machine machine = embedding();
    for (std::size_t l = 0; l < position_.layers(); ++l) machine = layer(machine, l);
    return chosen(machine);
  }

 private:
  // Symbols: the alphabet; the end, where there is one; what is fed back behind it.
  int letters() const { return static_cast<int>(reading_.alphabet.size()); }
  int symbols() const {
    return letters() + (reading_.end ? 1 + static_cast<int>(reading_.fed_back.size()) : 0);
  }
  bool is_letter(int symbol) const { return symbol < letters(); }
  Token token(int symbol) const {
    if (is_letter(symbol)) return reading_.alphabet[static_cast<std::size_t>(symbol)];
    return symbol == letters() ? *reading_.end
                               : reading_.fed_back[static_cast<std::size_t>(symbol - letters() - 1)];
  }

  // The state is the phase, and whether the end was read. Streams are numbered in streams_.
  Machine embedding() {
    const int phases = position_.phases();
    Machine machine;
    machine.symbols = symbols();
    for (const bool ended : {false, true})
      for (int phase = 0; phase < phases; ++phase)
        for (int symbol = 0; symbol < symbols(); ++symbol) {
          const bool may_stand = ended == (symbol > letters());
          const Outcome<Values> x = may_stand ? position_.embed(token(symbol), phase) : std::nullopt;
          machine.written.push_back(x ? streams_.number(*x) : may_stand ? trap : done);
          const bool stops = !x || ended || (symbol == letters() && reading_.fed_back.empty());
          machine.next.push_back(stops ? Machine::stop
                                       : (phase + 1) % phases + (symbol == letters() ? phases : 0));
        }
    return minimal(machine);
  }

  /// A stream as it enters a layer: through the projection, with every head's query, key and value.
  struct Entered {
    Values stream;
    std::vector<int> queries, keys;  ///< by head, numbers in vectors_
    std::vector<Values> values;
  };

  Machine layer(const Machine& before, std::size_t l) {
    const LayerCut& cut = position_.layer(l);
    entered_.clear();
    std::map<int, int> numbers;
    Interner<Known> known;
    // Nobody reads what positions of the word write in the last layer; where nothing traps there, it is left out.
    const bool last = l + 1 == position_.layers(), unread = last && reading_.end && cut.safe;
    Machine machine = before;
    for (int state = 0; state < machine.states(); ++state)
      for (int symbol = 0; symbol < machine.symbols; ++symbol) {
        int& written = machine.written[machine.at(state, symbol)];
        if (written < 0) continue;
        const auto [found, fresh] = numbers.try_emplace(written, static_cast<int>(entered_.size()));
        if (fresh) {
          const Outcome<Entered> entered = enter(cut, streams_[written]);
          if (!entered) found->second = trap;
          if (entered) entered_.push_back(*entered);
        }
        if (found->second == trap) {
          written = trap;
          machine.next[machine.at(state, symbol)] = Machine::stop;
          continue;
        }
        Known here;
        here.entered = found->second;
        here.read = !unread || !is_letter(symbol);
        written = known.number(here);
      }
    machine = minimal(machine);
    for (std::size_t h = 0; h < cut.heads.size(); ++h) machine = head(std::move(machine), known, cut, h);
    std::vector<int> left;  // by what is known; done: not made yet
    return rewritten(std::move(machine), [&](int, int symbol, int written) {
      if (written < 0) return written;
      if (!known[written].read) return done;
      left.resize(static_cast<std::size_t>(known.size()), done);
      int& stream = left[static_cast<std::size_t>(written)];
      if (stream == done) {
        const Known& here = known[written];
        Values pinned = entered_[static_cast<std::size_t>(here.entered)].stream;
        for (const int output : here.outputs) pinned.push_back(values_[output]);
        const Outcome<Values> x = position_.run(cut.leave, pinned);
        stream = x ? streams_.number(*x) : trap;
      }
      return stream != trap && last && reading_.end && is_letter(symbol) ? done : stream;
    });
  }

  Outcome<Entered> enter(const LayerCut& cut, const Values& stream) {
    const Outcome<Values> all = position_.run(cut.enter, stream);
    if (!all) return std::nullopt;
    auto at = all->begin();
    const auto take = [&](std::size_t count) {
      Values part(at, at + static_cast<std::ptrdiff_t>(count));
      at += static_cast<std::ptrdiff_t>(count);
      return part;
    };
    Entered entered;
    entered.stream = take(cut.stream);
    for (std::size_t h = 0; h < cut.heads.size(); ++h) {
      entered.queries.push_back(vectors_.number(take(cut.d_k)));
      entered.keys.push_back(vectors_.number(take(cut.d_k)));
      entered.values.push_back(take(cut.d_v));
    }
    return entered;
  }

  /// A component whose states are Kept: `key(kept, entered)` takes in a position's key and value, and
  /// `asked(kept, known)` changes what is known at a position that asks, or gives false where it traps.
  template <class Key, class Asked>
  Machine with(const Machine& machine, Interner<Known>& known, std::size_t h, int query, const Key& key,
               const Asked& asked) {
    Interner<Kept> states;
    std::map<std::pair<int, int>, int> taken;
    const int start = states.number({});
    return extended(
        machine, start,
        [&](int state, int written) -> Stepped {
          if (written < 0) return {-1, written};
          const int entered = known[written].entered;
          const auto [found, fresh] = taken.try_emplace({state, entered}, 0);
          if (fresh) {
            Kept kept = states[state];
            if (!kept.traps && !kept.over) {
              try {
                key(kept, entered_[static_cast<std::size_t>(entered)]);
              } catch (const Trap&) {
                kept = {.traps = true};
              }
              if (kept.over) kept = {.over = true};
            }
            found->second = states.number(kept);
          }
          Known here = known[written];
          const bool asks = here.read && entered_[static_cast<std::size_t>(entered)].queries[h] == query;
          if (asks) {
            const Kept& kept = states[policy_.mask == Mask::strict ? state : found->second];
            if (!asked(kept, here)) return {-1, trap};
          }
          return {found->second, known.number(here)};
        },
        grant_);
  }

  Value one(const Cone& cone, const Values& pinned) {
    const Outcome<Values> value = position_.run(cone, pinned);
    if (!value) throw Trap("");
    return value->front();
  }

  Value score(const HeadCut& cut, int query, int key) {
    const auto [found, fresh] = scores_.try_emplace({query, key}, std::nullopt);
    if (fresh) {
      Values pinned = vectors_[query];
      pinned.insert(pinned.end(), vectors_[key].begin(), vectors_[key].end());
      const Outcome<Values> value = position_.run(cut.score, pinned);
      if (value) found->second = value->front();
    }
    if (!found->second) throw Trap("");
    return *found->second;
  }

  /// The larger one, as a max over keys does it.
  Value larger(const Value& a, const Value& b) const {
    if (a.is_nan() || b.is_nan()) {
      if (policy_.nan == NanRule::trap) throw Trap("");
      return Value::nan();
    }
    return maximum(a, b);
  }

  /// rnd(exp(rnd(s - M))), or what stands for it; nothing where the score is larger than M, which then is not the
  /// largest one.
  Outcome<Value> exponential(const HeadCut& cut, const Value& score, int largest) {
    if (!cut.shift) return one(cut.term, {score});
    const Value& most = values_[largest];
    if (larger(most, score) != most) return std::nullopt;
    return one(*cut.shift, {score, most});
  }

  Machine head(Machine machine, Interner<Known>& known, const LayerCut& layer, std::size_t h) {
    const HeadCut& cut = layer.heads[h];
    scores_.clear();
    std::set<int> queries;
    for (const int written : machine.written)
      if (written >= 0 && known[written].read)
        queries.insert(entered_[static_cast<std::size_t>(known[written].entered)].queries[h]);
    for (const int query : queries) machine = asked(std::move(machine), known, layer, cut, h, query);
    if (queries.empty()) return machine;
    // What was known of this head becomes its outputs; who sees no key has zeros.
    return rewritten(std::move(machine), [&](int, int, int written) {
      if (written < 0 || !known[written].read) return written;
      Known here = known[written];
      for (std::size_t t = 0; t < layer.d_v; ++t)
        here.outputs.push_back(here.sums.empty() ? values_.number(Value::zero()) : here.sums[t]);
      here.largest = here.total = none;
      here.sums.clear();
      return known.number(here);
    });
  }

  Machine asked(Machine machine, Interner<Known>& known, const LayerCut& layer, const HeadCut& cut,
                std::size_t h, int query) {
    const Weighting weighting = model_.layers[layer_of(layer)].attention->weighting;
    machine = with(
        machine, known, h, query,
        [&](Kept& kept, const Entered& key) {
          const Value s = cut.shift ? score(cut, query, key.keys[h]) : Value::zero();
          kept.values = {kept.values.empty() ? s : larger(kept.values[0], s)};
        },
        [&](const Kept& kept, Known& here) {
          if (kept.traps) return false;
          if (kept.values.empty()) return true;  // no key
          try {
            here.largest = values_.number(cut.beside ? larger(kept.values[0], *cut.beside) : kept.values[0]);
          } catch (const Trap&) {
            return false;
          }
          return true;
        });
    for (const int largest : found(machine, known, h, query, [](const Known& here) { return here.largest; }))
      machine = for_largest(std::move(machine), known, layer, cut, h, query, largest, weighting);
    return machine;
  }

  Machine for_largest(Machine machine, Interner<Known>& known, const LayerCut& layer, const HeadCut& cut,
                      std::size_t h, int query, int largest, Weighting weighting) {
    const Program& program = position_.program();
    std::set<int> totals = {none};
    if (cut.z != no_node) {
      const Node& node = program.nodes[cut.z];
      const Running sum(program.formats[node.format], program.reductions[node.reduction]);
      const bool more = !cut.more.targets.empty();
      machine = with(
          machine, known, h, query,
          [&](Kept& kept, const Entered& key) {
            const Outcome<Value> e = exponential(cut, score(cut, query, key.keys[h]), largest);
            kept.over = !e;
            if (e) sum.add(kept.sum, *e);
          },
          [&](const Kept& kept, Known& here) {
            if (here.largest != largest) return true;
            if (kept.traps) return false;
            try {
              Running::State all = kept.sum;
              if (more)
                sum.add(all, one(cut.more, cut.more.pinned.empty() ? Values{} : Values{values_[largest]}));
              here.total = values_.number(sum.total(all));
            } catch (const Trap&) {
              return false;
            }
            return true;
          });
      totals = found(machine, known, h, query,
                     [&](const Known& here) { return here.largest == largest ? here.total : none; });
    }
    // Under `divide = last` weights do not depend on Z: one numerator serves all.
    const bool last = cut.z != no_node && cut.weight.nodes.empty();
    const std::set<int> apart = last ? std::set<int>{none} : totals;
    for (const int total : apart)
      for (std::size_t t = 0; t < layer.d_v; ++t)
        machine = numerator(std::move(machine), known, cut, h, query, largest, total, last, t, weighting);
    return machine;
  }

  Machine numerator(const Machine& machine, Interner<Known>& known, const HeadCut& cut, std::size_t h,
                    int query, int largest, int total, bool last, std::size_t t, Weighting weighting) {
    const Program& program = position_.program();
    const Node& node = program.nodes[cut.mix[t]];
    const Running sum(program.formats[node.format], program.reductions[node.reduction]);
    const bool first_only = weighting == Weighting::hard_first, last_only = weighting == Weighting::hard_last;
    return with(
        machine, known, h, query,
        [&](Kept& kept, const Entered& key) {
          const Outcome<Value> e = exponential(cut, score(cut, query, key.keys[h]), largest);
          kept.over = !e;
          if (!e) return;
          const Value& v = key.values[h][t];
          if (last_only) {
            if (e->is_nan()) throw diagrams::Exhausted{{Reason::special_values}};
            // A later key with the largest score takes the weight of all before it.
            const Value zero = one(cut.weight, {*e, *e});
            if (!e->is_zero()) {
              kept.sum = kept.zeros;
              sum.add_product(kept.sum, one(cut.weight, {*e, Value::zero()}), v);
            } else {
              sum.add_product(kept.sum, zero, v);
            }
            sum.add_product(kept.zeros, zero, v);
            return;
          }
          Value weight;
          if (first_only) {
            weight = one(cut.weight, {*e, kept.values.empty() ? Value::zero() : kept.values[0]});
            kept.values = {kept.values.empty() ? *e : larger(*e, kept.values[0])};
          } else if (cut.z != no_node) {
            weight = last ? *e : one(cut.weight, {*e, values_[total]});
          } else {
            weight = one(cut.weight, {*e});
          }
          sum.add_product(kept.sum, weight, v);
        },
        [&](const Kept& kept, Known& here) {
          if (here.largest != largest || (!last && here.total != total)) return true;
          if (kept.traps) return false;
          try {
            Values pinned = {sum.total(kept.sum)};
            if (cut.z != no_node) pinned.push_back(values_[here.total]);
            here.sums.resize(cut.mix.size(), none);
            here.sums[t] = values_.number(one(cut.output[t], pinned));
          } catch (const Trap&) {
            return false;
          }
          return true;
        });
  }

  /// What is known at positions that ask this.
  template <class Of>
  std::set<int> found(const Machine& machine, const Interner<Known>& known, std::size_t h, int query,
                      const Of& of) const {
    std::set<int> all;
    for (const int written : machine.written) {
      if (written < 0) continue;
      const Known& here = known[written];
      if (here.read && entered_[static_cast<std::size_t>(here.entered)].queries[h] == query)
        all.insert(of(here));
    }
    all.erase(none);
    return all;
  }
  std::size_t layer_of(const LayerCut& layer) const {
    return static_cast<std::size_t>(&layer - &position_.layer(0));
  }

  // Moore's machine: the output of a word is what is written at the end symbol behind it, or at its last symbol.
  Extracted chosen(const Machine& machine) {
    Extracted result;
    std::map<int, int> choices;
    const auto choice = [&](int written) {
      if (written < 0) return trapped;
      const auto [found, fresh] = choices.try_emplace(written, trapped);
      if (fresh)
        if (const Outcome<Token> token = position_.choose(streams_[written]))
          found->second = static_cast<int>(*token);
      return found->second;
    };
    const auto at_end = [&](int state) {
      const std::size_t at = machine.at(state, letters());
      Written answer{choice(machine.written[at])};
      for (std::size_t f = 0; f < reading_.fed_back.size(); ++f)
        if (static_cast<int>(reading_.fed_back[f]) == answer.first && machine.next[at] != Machine::stop)
          answer.then =
              choice(machine.written[machine.at(machine.next[at], letters() + 1 + static_cast<int>(f))]);
      return answer;
    };
    const auto number = [&](const Written& answer) {
      const auto found = std::find(result.written.begin(), result.written.end(), answer);
      const auto place = static_cast<int>(found - result.written.begin());
      if (found == result.written.end()) result.written.push_back(answer);
      return place;
    };
    // States of the machine, each with the output that led there; -1: trapped.
    std::map<std::pair<int, int>, int> numbers;
    std::vector<std::pair<int, int>> states;
    const auto add = [&](int state, int out) {
      const auto [found, fresh] = numbers.try_emplace({state, out}, static_cast<int>(states.size()));
      if (fresh) states.emplace_back(state, out);
      return found->second;
    };
    Automaton automaton;
    automaton.symbols = letters();
    add(0, nothing);
    for (std::size_t i = 0; i < states.size(); ++i) {
      const auto [state, out] = states[i];
      std::vector<int> row;
      for (int symbol = 0; symbol < letters(); ++symbol) {
        const int written = state < 0 ? trap : machine.written[machine.at(state, symbol)];
        const int said = written == trap ? trapped : reading_.end ? nothing : choice(written);
        const bool stops = written == trap || said == trapped;
        row.push_back(stops ? add(-1, trapped) : add(machine.next[machine.at(state, symbol)], said));
      }
      automaton.next.push_back(std::move(row));
      automaton.output.push_back(number(state >= 0 && reading_.end ? at_end(state) : Written{out}));
    }
    automaton = constructions::minimal(automaton);
    result.automaton = reading_.end ? automaton : with_empty_word(std::move(automaton), number({}));
    return result;
  }

  // Where outputs are read at symbols the empty word has none: it is taken to be alike another word, if there is one
  // that goes on alike.
  static Automaton with_empty_word(Automaton automaton, int no_output) {
    if (automaton.out(automaton.start) != no_output) return automaton;
    for (int state = 1; state < automaton.states(); ++state)
      if (automaton.next[static_cast<std::size_t>(state)] == automaton.next[0]) {
        automaton.start = state;
        return constructions::minimal(automaton);
      }
    return automaton;
  }

  const Model& model_;
  const Policy& policy_;
  const Reading& reading_;
  Grant& grant_;
  OnePosition position_;
  Interner<Values> streams_, vectors_;
  Interner<Value> values_;
  std::vector<Entered> entered_;
  std::map<std::pair<int, int>, Outcome<Value>> scores_;  ///< of the present head
};

Reason unbounded(const Model& model, const Policy& policy) {
  if (policy.attention_cast != AttentionCast::none)
    throw UsageError("attention_cast = activations is not known to automata; leave it out");
  if (policy.mask == Mask::none) return Reason::unmasked;
  const auto stochastic = [](const Format& format) { return format.is_stochastic(); };
  if (std::any_of(policy.formats.begin(), policy.formats.end(), stochastic) ||
      (policy.order.kind == SumOrder::wide && stochastic(policy.order.wide_format)))
    return Reason::stochastic;
  if (!model.position_embedding.empty() && !model.periodic_positions) return Reason::positions;
  if (model.grows) return Reason::repeats;
  bool attends = false;
  for (const Layer& layer : model.layers) {
    if (!layer.attention) continue;
    attends = true;
    if (layer.attention->slopes || layer.attention->rotary || !layer.attention->mask.empty() ||
        layer.attention->window != 0)
      return Reason::positions;
  }
  if (attends && (!Running::is_finite({policy.order, policy.dot}))) return Reason::unbounded_order;
  return Reason::none;
}

}  // namespace
}  // namespace automata

Reading reading_of(const WordTask& task) { return {task.alphabet, task.end, {}}; }

Automaton Extracted::by_first() const {
  Automaton result = automaton;
  for (int& output : result.output) output = written[static_cast<std::size_t>(output)].first;
  return constructions::minimal(result);
}

Extracted extract(const Model& model, const Policy& policy, const Reading& reading, const Limits& limits,
                  std::function<bool()> interrupted) {
  Extracted result;
  result.obstacle.reason = automata::unbounded(model, policy);
  if (result.obstacle.reason != Reason::none) return result;
  try {
    automata::Grant grant(limits, std::move(interrupted));
    return automata::Extraction(model, policy, reading, grant).run();
  } catch (const diagrams::Exhausted& exhausted) {
    result.obstacle = exhausted.obstacle;
  } catch (const Trap&) {  // on a weight, whatever the word is
    const std::vector<int> row(reading.alphabet.size(), 1);
    result.written = {{reading.end ? trapped : nothing}, {trapped}};
    result.automaton = {static_cast<int>(row.size()), 0, {row, row}, {reading.end ? 1 : 0, 1}};
    result.automaton = constructions::minimal(result.automaton);
  }
  return result;
}

}  // namespace roundoff::analyzer
