// The machine of a model writes what the executor does: on every word up to a length, for the models of examples/your_own_question/automata
// and for random ones of small formats.
#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "analyzer/automata/all_lengths.hpp"
#include "analyzer/automata/monoid.hpp"
#include "analyzer/evidence/verify.hpp"
#include "constructions/automata/regex.hpp"
#include "constructions/tasks/task.hpp"
#include "constructions/tasks/template_task.hpp"
#include "formats/error.hpp"
#include "sim/files/model_file.hpp"
#include "sim/lanes/lanes.hpp"
#include "sim/passes/passes.hpp"
#include "sim/program/record.hpp"
#include "sim/program/reference.hpp"
#include "tests/sim/random_model.hpp"

using namespace roundoff::analyzer;

namespace {

/// By the executor, word after word of `length` symbols in the order of symbols: the token at the end symbol (or at the
/// last symbol, where there is none), or `trapped`.
std::vector<int> executed(const Model& model, const Policy& policy, const Reading& reading, int length) {
  const std::size_t letters = reading.alphabet.size();
  SequenceShape shape;
  shape.vocabulary = static_cast<int>(model.vocabulary.size());
  std::vector<Token> sorted = reading.alphabet;
  std::sort(sorted.begin(), sorted.end());
  shape.tokens.assign(static_cast<std::size_t>(length), sorted);
  if (reading.end) shape.tokens.push_back({*reading.end});
  shape.first_output = reading.end ? length : 0;
  shape.one_pass = true;
  std::size_t words = 1;
  for (int i = 0; i < length; ++i) words *= letters;
  std::vector<int> found;
  Program program;
  try {
    program = record(model, policy, shape, {.skip_zero_weights = true, .fold = true});
  } catch (const Trap&) {
    return std::vector<int>(words, trapped);
  }
  const auto word = [&](std::size_t number) {
    std::vector<Token> tokens(static_cast<std::size_t>(length));
    for (std::size_t i = tokens.size(); i-- > 0; number /= letters)
      tokens[i] = reading.alphabet[number % letters];
    if (reading.end) tokens.push_back(*reading.end);
    return tokens;
  };
  const auto outputs = static_cast<std::size_t>(shape.positions() - shape.first_output);
  const Program optimised = optimise(program).program;
  if (!Lanes::supports(optimised)) {
    Reference reference(program);
    for (std::size_t w = 0; w < words; ++w) {
      reference.start(word(w));
      try {
        reference.advance(shape.positions() - 1);
        found.push_back(static_cast<int>(reference.output(static_cast<int>(outputs) - 1)));
      } catch (const Trap&) {
        found.push_back(trapped);
      }
    }
    return found;
  }
  Lanes lanes(optimised);
  std::vector<LaneToken> tokens(static_cast<std::size_t>(shape.positions()) * batch_lanes),
      chosen(outputs * batch_lanes);
  std::vector<std::uint8_t> trap(batch_lanes);
  for (std::size_t first = 0; first < words; first += batch_lanes) {
    const std::size_t count = std::min<std::size_t>(batch_lanes, words - first);
    for (std::size_t lane = 0; lane < count; ++lane) {
      const std::vector<Token> one = word(first + lane);
      for (std::size_t i = 0; i < one.size(); ++i)
        tokens[i * batch_lanes + lane] = static_cast<LaneToken>(one[i]);
    }
    lanes.run(tokens, static_cast<int>(count), chosen, trap);
    for (std::size_t lane = 0; lane < count; ++lane)
      found.push_back(trap[lane] != 0 ? trapped
                                      : static_cast<int>(chosen[(outputs - 1) * batch_lanes + lane]));
  }
  return found;
}

/// Words up to `longest` symbols on which a machine and the executor differ.
int differences(const Extracted& machine, const Model& model, const Policy& policy, const Reading& reading,
                int longest) {
  const Automaton automaton = machine.by_first();
  int wrong = 0;
  std::vector<int> states = {automaton.start};
  for (int length = 0; length <= longest; ++length) {
    if (length > 0 || reading.end) {
      const std::vector<int> right = executed(model, policy, reading, length);
      REQUIRE(right.size() == states.size());
      for (std::size_t w = 0; w < right.size(); ++w)
        if (automaton.out(states[w]) != right[w]) ++wrong;
    }
    std::vector<int> next;
    for (const int state : states)
      for (int symbol = 0; symbol < automaton.symbols; ++symbol)
        next.push_back(automaton.after(state, symbol));
    states = std::move(next);
  }
  return wrong;
}

VerifyOptions by(Method method) {
  VerifyOptions options;
  options.method = method;
  return options;
}

struct Named {
  ModelFile file;
  Policy policy;
  std::unique_ptr<Task> task;
};

Named load(const std::string& name) {
  Named named;
  const std::string folder = ROUNDOFF_SOURCE "/examples/your_own_question/automata/";
  named.file = load_model(folder + name + ".json");
  const auto begin = named.file.task.find(":\"") + 2;
  std::string spec = named.file.task.substr(begin, named.file.task.rfind('"') - begin);
  if (spec.ends_with(".toml")) spec = folder + spec;
  named.task = renamed_task(make_task(spec, {.n = 4}), named.file.model.vocabulary);
  named.policy = laid({}, named.file.policy, named.task->bindings());
  return named;
}

}  // namespace

TEST_CASE(
    "automata: the models of examples/your_own_question/automata are equal to the executor on all words up "
    "to length 10") {
  int models = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(ROUNDOFF_SOURCE "/examples/your_own_question/automata")) {
    if (entry.path().extension() != ".json") continue;
    const std::string name = entry.path().stem();
    CAPTURE(name);
    const Named named = load(name);
    const WordTask words = named.task->words().value();
    const Extracted machine = extract(named.file.model, named.policy, reading_of(words), {});
    REQUIRE(machine.obstacle.reason == Reason::none);
    CHECK(differences(machine, named.file.model, named.policy, reading_of(words), 10) == 0);
    ++models;
  }
  CHECK(models >= 8);
}

TEST_CASE("automata: verdicts about all lengths, their classes, and the shortest counterexamples") {
  struct Expected {
    const char* name;
    Verdict verdict;
    std::size_t length;
    MonoidClass kind;
  };
  for (const Expected& expected : {Expected{"flipflop", Verdict::certified, 0, MonoidClass::aperiodic},
                                   Expected{"ends", Verdict::certified, 0, MonoidClass::aperiodic},
                                   Expected{"parity_wrap", Verdict::certified, 0, MonoidClass::group},
                                   Expected{"parity_saturates", Verdict::refuted, 8, MonoidClass::r_trivial},
                                   Expected{"dyck", Verdict::refuted, 31, MonoidClass::aperiodic},
                                   Expected{"updown", Verdict::certified, 0, MonoidClass::aperiodic}}) {
    CAPTURE(expected.name);
    const Named named = load(expected.name);
    const Result result = verify(named.file.model, named.policy, *named.task, by(Method::automaton));
    CHECK(result.verdict == expected.verdict);
    CHECK(result.counterexample.has_value() == (expected.length > 0));
    if (result.counterexample) CHECK(result.counterexample->instance.operands[0].size() == expected.length);
    const Extracted machine =
        extract(named.file.model, named.policy, reading_of(named.task->words().value()), {});
    CHECK(monoid(machine.by_first()).kind == expected.kind);
    // Shorter words are all right.
    for (int n = 1; n < 6; ++n) {
      const auto task = renamed_task(make_task(named.task->spec(), {.n = n}), named.file.model.vocabulary);
      CHECK(verify(named.file.model, named.policy, *task, by(Method::exhaustive)).verdict == Verdict::holds);
    }
  }
}

TEST_CASE(
    "automata: random models of formats up to four bits are equal to the executor on all words up to length "
    "10") {
  constexpr std::array notations = {"fixed(1,0)",      "fixed(1,0):rtz", "twos(1,0):wrap", "ufixed(1,1)",
                                    "fixed(1,1)",      "F(0,1)",         "float(2,1)",     "twos(1,1):wrap",
                                    "fixed(2,0):trap", "float(2,2)",     "fixed(2,1)",     "F(1,1)",
                                    "ufixed(2,2)",     "float(2,2):sat", "float(3,1):rtz", "twos(2,1)"};
  constexpr std::array orders = {"sequential", "sequential", "blocked:2", "blocked:3", "wide:fixed(3,1)"};
  constexpr Weighting weightings[] = {Weighting::softmax,    Weighting::softmax,    Weighting::softmax_one,
                                      Weighting::hard,       Weighting::hard_first, Weighting::hard_last,
                                      Weighting::exponential};
  int small = 0, unknown_small = 0, known = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    TestStream draw(seed * 77 + 5);
    const Format format = parse_format(notations[static_cast<std::size_t>(draw.below(notations.size()))]);
    Policy policy = Policy::uniform(format);
    policy.softmax = static_cast<Softmax>(draw.below(2));
    policy.divide = static_cast<Divide>(draw.below(2));
    policy.mask = draw.below(3) == 0 ? Mask::strict : Mask::causal;
    policy.nan = static_cast<NanRule>(draw.below(2));
    policy.order = parse_order(orders[static_cast<std::size_t>(draw.below(orders.size()))]);
    if (policy.order.kind == SumOrder::sequential && draw.below(3) == 0) policy.dot = DotMode::fused;
    Model model = random_model(seed, format, draw.below(3) == 0).model;
    const int layers = 1 + draw.below(2);
    while (static_cast<int>(model.layers.size()) > layers && !model.layers.back().projection)
      model.layers.pop_back();
    const bool positions = draw.below(3) == 0;
    if (positions) {
      model.position_embedding.resize(2 + draw.below(2), model.d_model());
      model.periodic_positions = true;
    } else {
      model.position_embedding = {};
    }
    for (Layer& layer : model.layers)
      if (layer.attention) {
        layer.attention->slopes.reset();
        layer.attention->rotary.reset();
        layer.attention->mask.clear();
        layer.attention->weighting = weightings[static_cast<std::size_t>(draw.below(std::size(weightings)))];
      }
    Reading reading{{0, 1}, {}};
    if (draw.below(4) != 0) reading.end = static_cast<Token>(model.vocabulary.size() - 1);
    CAPTURE(seed);
    CAPTURE(notation(policy));
    Limits limits;
    limits.states = 20'000;
    limits.seconds = 20;
    const Extracted machine = extract(model, policy, reading, limits);
    const bool is_small = model.layers.size() == 1 && format.bits <= 3;
    if (is_small) ++small;
    if (machine.obstacle.reason != Reason::none) {
      if (is_small) ++unknown_small;
      continue;
    }
    ++known;
    CHECK(differences(machine, model, policy, reading, 10) == 0);
  }
  MESSAGE(fmt::format("{} machines; of {} small ones {} unknown", known, small, unknown_small));
  CHECK(small >= 40);
  CHECK(10 * unknown_small <= small);
  CHECK(known >= 200);
}

TEST_CASE("automata: what is no finite-state machine is unknown, with the reason") {
  const Named named = load("updown");
  const Reading reading = reading_of(named.task->words().value());
  const auto reason = [&](const auto& change, Limits limits = {}) {
    Model model = named.file.model;
    Policy policy = named.policy;
    change(model, policy);
    return extract(model, policy, reading, limits).obstacle.reason;
  };
  CHECK(reason([](Model&, Policy& policy) { policy.mask = Mask::none; }) == Reason::unmasked);
  CHECK(reason([](Model&, Policy& policy) { policy.order = parse_order("tree"); }) ==
        Reason::unbounded_order);
  CHECK(reason([](Model&, Policy& policy) { policy.dot = DotMode::exact_dot; }) == Reason::unbounded_order);
  CHECK(reason([](Model& model, Policy&) { model.position_embedding.resize(9, model.d_model()); }) ==
        Reason::positions);
  CHECK(reason([](Model&, Policy& policy) { policy = Policy::uniform(parse_format("fixed(1,0):sr(1)")); }) ==
        Reason::stochastic);
  CHECK(reason([](Model&, Policy&) {}, {.states = 2}) == Reason::states);
  CHECK(reason([](Model&, Policy&) {}) == Reason::none);
  const auto add = make_task("add", {.n = 2});
  CHECK_THROWS(verify(named.file.model, named.policy, *add, by(Method::automaton)));
}
