// The recorded program, run by the reference interpreter, against the witness: every site of the trace, on
// bits.
#include "sim/program/record.hpp"

#include <set>
#include <tuple>

#include <doctest/doctest.h>

#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "sim/passes/rewriter.hpp"
#include "sim/program/reference.hpp"
#include "tests/sim/agreement.hpp"
#include "tests/sim/random_model.hpp"
#include "tests/sim/witness.hpp"

using namespace roundoff::sim;

namespace {

std::string key(const Site& site) {
  return (site.layer < 0 ? "-" : std::to_string(site.layer)) + " " + std::string(name(site.name)) + " " +
         std::to_string(site.position) + " " + std::to_string(site.head) + " " + std::to_string(site.key) +
         " " + std::to_string(site.index);
}

// Runs both; counts compared values. A trap must happen in both.
std::size_t compare_with_witness(const Model& model, const Policy& policy, const SequenceShape& shape,
                                 const std::vector<Token>& tokens, bool skip_zero_weights) {
  const Program program =
      record(model, policy, shape, {.all_outputs = true, .skip_zero_weights = skip_zero_weights});
  validate(program);
  Reference reference(program);
  reference.start(tokens);
  std::string trapped;
  try {
    reference.advance(shape.positions() - 1);
  } catch (const Trap& trap) {
    trapped = trap.what();
  }
  witness::Trace trace;
  try {
    trace = witness::Transformer(model, policy).run(tokens);
  } catch (const Trap&) {
    REQUIRE(trapped != "");
    return 0;
  }
  REQUIRE(trapped == "");
  std::size_t compared = 0;
  for (NodeId id = 0; id < program.nodes.size(); ++id) {
    const Site& site = program.sites[id];
    if (site.inner || site.name == SiteName::none) continue;
    const auto found = trace.find(key(site));
    REQUIRE_MESSAGE(found != trace.end(), describe(site));
    REQUIRE_MESSAGE(found->second == reference.value(id), describe(site) << ": " << hex(found->second)
                                                                         << " but recorded "
                                                                         << hex(reference.value(id)));
    ++compared;
  }
  CHECK(compared == trace.size());
  return compared;
}

}  // namespace

TEST_CASE("the recorded program computes what semantics.md says, at every site") {
  for (const char* notation_text :
       {"fixed(3,2)", "fixed(1,0)", "F(0,2)", "twos(3,1):rtz", "e4m3", "binary16", "float(4,6):rup"}) {
    const Format format = parse_format(notation_text);
    for (const char* order : {"sequential", "tree", "exact", "blocked:2"}) {
      for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        RandomModel random = random_model(seed, format, seed > 3);
        Policy policy = Policy::uniform(format);
        policy.order = parse_order(order);
        policy.divide = static_cast<Divide>(seed % 2);
        policy.nan = static_cast<NanRule>(seed / 2 % 2);
        policy.mask = static_cast<Mask>(seed % 3);
        if (seed == 2) policy.softmax = Softmax::plain;
        if (seed == 3 && policy.order.kind == SumOrder::sequential) policy.dot = DotMode::fused;
        INFO(std::string(notation_text));
        INFO(std::string(order));
        CAPTURE(seed);
        for (std::uint64_t input = 0; input < 3; ++input) {
          const std::vector<Token> tokens = random_tokens(random.shape, seed * 100 + input);
          const std::size_t dense = compare_with_witness(random.model, policy, random.shape, tokens, false);
          CHECK(compare_with_witness(random.model, policy, random.shape, tokens, true) == dense);
        }
      }
    }
  }
}

TEST_CASE("a role's format rounds what the role computes, and nothing else") {
  const Format wide = parse_format("binary32");
  RandomModel random = random_model(5, parse_format("fixed(3,2)"));
  for (int role = 0; role < role_count; ++role) {
    Policy policy = Policy::uniform(wide);
    policy.formats[static_cast<std::size_t>(role)] = parse_format("e4m3");
    const Program program = record(random.model, policy, random.shape);
    validate(program);
    CHECK((program.formats.size() == 2 || static_cast<Role>(role) == Role::norms));
    Reference reference(program);
    reference.start(random_tokens(random.shape, 7));
    reference.advance(random.shape.positions() - 1);
    for (NodeId id = 0; id < program.nodes.size(); ++id) {
      if (program.nodes[id].op == Op::arg_max || program.nodes[id].op == Op::constant) continue;
      const Value& value = reference.value(id);
      CHECK(round(value, program.formats[program.nodes[id].format]).value == value);
    }
  }
}

TEST_CASE("while folding, an operation on the same operands is recorded once") {
  using Key = std::tuple<Op, int, int, Function, std::vector<NodeId>, std::uint32_t>;
  std::uint64_t seed = 4100;
  for (const std::string& text : test_formats()) {
    const Format format = parse_format(text);
    const RandomModel random = random_model(++seed, format);
    const Program program = record(random.model, Policy::uniform(format), random.shape,
                                   {.all_outputs = true, .skip_zero_weights = true, .fold = true});
    if (format.is_stochastic()) continue;
    CAPTURE(text);
    std::set<Key> seen;
    for (const Node& node : program.nodes) {
      std::vector<NodeId> operands;
      for_operands(program, node, [&](NodeId operand) { operands.push_back(operand); });
      if (node.op == Op::embed) operands = {node.a, node.b};
      const std::uint32_t constant = node.op == Op::constant ? node.a : 0;
      CHECK(seen.emplace(node.op, node.format, node.reduction, node.function, operands, constant).second);
    }
  }
}

TEST_CASE("a shape that the model cannot take is refused with the remedy") {
  RandomModel random = random_model(1, parse_format("fixed(3,2)"));
  SequenceShape longer = random.shape;
  longer.tokens.resize(longer.tokens.size() + 50, longer.tokens[0]);
  const Policy policy = Policy::uniform(parse_format("fixed(3,2)"));
  CHECK_THROWS_WITH_AS(record(random.model, policy, longer), doctest::Contains("positions"), UsageError);
  SequenceShape other = random.shape;
  other.vocabulary += 1;
  CHECK_THROWS_WITH_AS(record(random.model, policy, other), doctest::Contains("vocabulary"), UsageError);
}
