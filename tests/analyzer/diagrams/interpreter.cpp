// The diagram interpreter against the reference interpreter: on every input of small random models, every
// value.
#include "analyzer/diagrams/interpreter.hpp"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "formats/error.hpp"
#include "formats/format.hpp"
#include "formats/notation/text.hpp"
#include "sim/passes/passes.hpp"
#include "sim/program/record.hpp"
#include "sim/program/reference.hpp"
#include "tests/sim/random_model.hpp"

using namespace roundoff::analyzer;
using namespace roundoff::analyzer::diagrams;

namespace {

// Every position is a variable with the tokens that the shape allows there.
struct AllInputs {
  explicit AllInputs(const SequenceShape& shape, Limits limits = {})
      : manager(
            arities(shape), [this](Id a, Id b) { return scalars.less(a, b); }, limits),
        algebra(manager, scalars) {
    for (std::uint32_t i = 0; i < manager.levels(); ++i) {
      std::vector<Ref> children;
      for (const Token token : shape.tokens[i]) children.push_back(algebra.constant(Value::integer(token)));
      tokens.push_back(manager.node(i, children));
    }
  }
  static std::vector<std::uint16_t> arities(const SequenceShape& shape) {
    std::vector<std::uint16_t> result;
    for (const auto& tokens : shape.tokens) result.push_back(static_cast<std::uint16_t>(tokens.size()));
    return result;
  }
  Scalars scalars;
  Manager manager;
  Algebra algebra;
  std::vector<Ref> tokens;
};

// Calls check(tokens, assignment) for every input of the shape.
template <class Check>
void for_every_input(const SequenceShape& shape, Check&& check) {
  std::vector<std::uint16_t> assignment(shape.tokens.size());
  std::vector<Token> tokens(shape.tokens.size());
  for (;;) {
    for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = shape.tokens[i][assignment[i]];
    check(tokens, assignment);
    std::size_t at = 0;
    while (at < tokens.size() && ++assignment[at] == shape.tokens[at].size()) assignment[at++] = 0;
    if (at == tokens.size()) return;
  }
}

// Compares every node of the recorded program that `map` keeps, on every input. Returns how many values it
// saw.
std::size_t compare_all(const Program& recorded, const Rewritten& rewritten, const Limits& options,
                        Limits limits = {}) {
  AllInputs inputs(recorded.shape, limits);
  Interpreter interpreter(rewritten.program, inputs.algebra, inputs.tokens, options);
  Roots values(inputs.manager, std::vector<Ref>(recorded.nodes.size(), no_ref));
  // from the last node back, so that blocks and demand decide the way, not the order of the program
  for (NodeId id = static_cast<NodeId>(recorded.nodes.size()); id-- > 0;)
    if (rewritten.map[id] != no_node) values[id] = interpreter.value(rewritten.map[id]);
  std::size_t seen = 0;
  std::string wrong;
  Reference reference(recorded);
  for_every_input(
      recorded.shape, [&](const std::vector<Token>& tokens, const std::vector<std::uint16_t>& assignment) {
        reference.start(tokens);
        NodeId end = static_cast<NodeId>(recorded.nodes.size());
        try {
          reference.advance(recorded.shape.positions() - 1);
        } catch (const Trap&) {
          end = reference.done();
          if (values[end] != no_ref && inputs.manager.evaluate(values[end], assignment) != Scalars::trap)
            wrong = "no trap at " + describe(recorded.sites[end]);
        }
        for (NodeId id = 0; id < end; ++id) {
          if (values[id] == no_ref) continue;
          const Id got = inputs.manager.evaluate(values[id], assignment);
          ++seen;
          if (got == Scalars::trap || inputs.scalars.value(got) != reference.value(id))
            if (wrong.empty())
              wrong = describe(recorded.sites[id]) + " (" + std::string(name(recorded.nodes[id].op)) +
                      "): " + (got == Scalars::trap ? "trap" : decimal(inputs.scalars.value(got))) +
                      ", not " + decimal(reference.value(id));
        }
      });
  CHECK(wrong == "");
  return seen;
}

Rewritten unchanged(const Program& program) {
  Rewritten same{program, {}};
  for (NodeId id = 0; id < program.nodes.size(); ++id) same.map.push_back(id);
  return same;
}

}  // namespace

TEST_CASE("diagrams equal the reference on every value of every input: formats") {
  std::size_t seen = 0;
  for (const std::string notation :
       {"fixed(2,0)", "fixed(3,1)", "fixed(1,0)", "fixed(2,1):rtz", "fixed(2,1):rup", "fixed(2,2):rod",
        "twos(2,0)", "twos(2,1):wrap", "fixed(2,1):trap", "fixed(2,0):inf", "F(0,2)", "F(2,2)", "float(3,3)",
        "float(4,4):rdn", "float(3,4):sat", "e4m3", "bfloat16"}) {
    CAPTURE(notation);
    const Format format = parse_format(notation);
    for (std::uint64_t seed = 0; seed < 24; ++seed) {
      CAPTURE(seed);
      const RandomModel random = random_model(seed * 7 + 1, format);
      Policy policy = Policy::uniform(format);
      if (seed % 3 == 0) policy.softmax = Softmax::plain;
      policy.nan = static_cast<NanRule>(seed % 2);
      policy.divide = static_cast<Divide>(seed / 2 % 2);
      policy.mask = static_cast<Mask>(seed / 4 % 3);
      const Program program = record(random.model, policy, random.shape, {.all_outputs = true});
      seen += compare_all(program, unchanged(program), {.tuples = seed % 2 ? 4096u : 0u});
    }
  }
  CHECK(seen > 1000000);
}

TEST_CASE("diagrams equal the reference on every value of every input: orders, dots, roles and passes") {
  std::size_t seen = 0;
  for (const std::string order : {"sequential", "tree", "exact", "wide:fixed(6,4)", "blocked:2"})
    for (const DotMode mode : {DotMode::rounded, DotMode::fused, DotMode::exact_dot}) {
      CAPTURE(order);
      CAPTURE(static_cast<int>(mode));
      if (mode == DotMode::fused && order != "sequential") continue;
      for (std::uint64_t seed = 0; seed < 16; ++seed) {
        CAPTURE(seed);
        const Format format = parse_format(seed % 2 ? "fixed(2,1)" : "fixed(3,2):rtz");
        const RandomModel random = random_model(seed * 11 + 3, format);
        Policy policy = Policy::uniform(format);
        if (seed % 4 == 1)
          policy.formats[static_cast<std::size_t>(Role::accumulators)] = parse_format("fixed(4,3)");
        if (seed % 4 == 2) policy.formats[static_cast<std::size_t>(Role::cache)] = parse_format("fixed(1,1)");
        policy.order = parse_order(order);
        policy.dot = mode;
        const Program program = record(random.model, policy, random.shape, {.all_outputs = true});
        seen += compare_all(program, unchanged(program), {.tuples = seed % 3 ? 4096u : 0u});
        seen += compare_all(program, optimise(program), {.tuples = seed % 3 ? 0u : 4096u});
        const Program sparse = record(random.model, policy, random.shape, {.skip_zero_weights = true});
        seen += compare_all(sparse, unchanged(sparse), {.tuples = 16});
      }
    }
  CHECK(seen > 1000000);
}

TEST_CASE("diagrams: values survive collections in the middle of the work") {
  const Format format = parse_format("fixed(3,1)");
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    CAPTURE(seed);
    const RandomModel random = random_model(seed * 5 + 2, format);
    const Program program =
        record(random.model, Policy::uniform(format), random.shape, {.all_outputs = true});
    AllInputs inputs(random.shape);
    inputs.manager.collect_always();
    Interpreter interpreter(program, inputs.algebra, inputs.tokens, {.tuples = seed % 2 ? 4096u : 0u});
    interpreter.expect(program.outputs);
    for (const NodeId output : program.outputs) {
      const Ref got = interpreter.value(output);
      std::string wrong;
      Reference reference(program);
      for_every_input(random.shape, [&](const auto& tokens, const auto& assignment) {
        reference.start(tokens);
        reference.advance(random.shape.positions() - 1);
        if (inputs.scalars.value(inputs.manager.evaluate(got, assignment)) != reference.value(output))
          wrong = "value";
      });
      CHECK(wrong == "");
    }
    CHECK(inputs.manager.collections() > 10);
  }
}

TEST_CASE("diagrams: attention as a contest of its keys equals the reference on every value of every input") {
  std::size_t seen = 0, contests = 0, floors = 0;
  for (const std::string notation :
       {"fixed(3,0)", "fixed(2,1)", "fixed(2,1):rtz", "fixed(1,2):rnz", "twos(3,0)", "F(0,2)",
        "fixed(3,1):rdn", "fixed(2,3)", "fixed(2,1):trap", "float(3,3)"}) {
    CAPTURE(notation);
    const Format format = parse_format(notation);
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      CAPTURE(seed);
      RandomModel random = random_model(seed * 19 + 4, format);
      for (Layer& layer : random.model.layers)
        if (layer.attention) layer.attention->scale.reset();
      Policy policy = Policy::uniform(format);
      if (seed % 5 == 1)
        policy.formats[static_cast<std::size_t>(Role::accumulators)] = parse_format("fixed(4,3)");
      if (seed % 5 == 2) policy.formats[static_cast<std::size_t>(Role::softmax)] = parse_format("fixed(2,3)");
      const Program program = record(random.model, policy, random.shape,
                                     {.all_outputs = true, .skip_zero_weights = true, .fold = true});
      AllInputs inputs(random.shape);
      Interpreter interpreter(program, inputs.algebra, inputs.tokens, {});
      for (NodeId id = static_cast<NodeId>(program.nodes.size()); id-- > 0;) interpreter.value(id);
      contests += interpreter.statistics().contests;
      floors += interpreter.statistics().floors;
      seen += compare_all(program, unchanged(program), {.tuples = seed % 2 ? 4096u : 0u});
    }
  }
  CHECK(seen > 1000000);
  CHECK(contests > 200);
  CHECK(floors > 100);
}
