// Symbolic equals concrete on every intermediate value of every construction: as recorded, and as certify
// runs it, in the construction's own format and in others.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "analyzer/diagrams/specification.hpp"
#include "constructions/construction.hpp"
#include "formats/error.hpp"
#include "formats/notation/text.hpp"
#include "sim/passes/passes.hpp"
#include "sim/program/record.hpp"
#include "sim/program/reference.hpp"
#include "tests/analyzer/subjects.hpp"

using namespace roundoff::analyzer;
using namespace roundoff::analyzer::diagrams;

namespace {

struct Compared {
  std::size_t values = 0;
  std::string wrong;
};

// Every value of the program on adversarial inputs and samples. Traps end an input.
Compared compare(const Model& model, const Policy& policy, const Task& task, bool optimised) {
  std::vector<Instance> inputs = task.adversarial(6);
  for (std::uint64_t j = 0; j < 3; ++j) inputs.push_back(task.sample(3, j));
  const SequenceShape shape = task.shape(inputs[0]);
  const Program recorded = record(model, policy, shape, {.skip_zero_weights = true});
  const std::vector<std::string> off = {"tabulate"};
  Rewritten rewritten{recorded, {}};
  if (optimised)
    rewritten = optimise(recorded, off);
  else
    for (NodeId id = 0; id < recorded.nodes.size(); ++id) rewritten.map.push_back(id);

  const Variables places = variables(task, shape);
  Scalars scalars;
  Manager manager(places.arities, [&](Id a, Id b) { return scalars.less(a, b); });
  Algebra algebra(manager, scalars);
  const Manager::Pause pause(manager);
  const std::vector<Ref> right = right_tokens(task, places, algebra);
  Interpreter interpreter(rewritten.program, algebra,
                          std::vector<Ref>(right.begin(), right.begin() + shape.positions()));
  std::vector<Ref> symbolic(recorded.nodes.size(), no_ref);
  for (NodeId id = static_cast<NodeId>(recorded.nodes.size()); id-- > 0;)
    if (rewritten.map[id] != no_node) symbolic[id] = interpreter.value(rewritten.map[id]);

  Compared compared;
  Reference reference(recorded);
  for (const Instance& input : inputs) {
    std::vector<Token> tokens = task.question(input);
    const std::vector<Token> answer = task.answer(input);
    tokens.insert(tokens.end(), answer.begin(), answer.end() - 1);
    std::vector<std::uint16_t> assignment;
    for (const int position : places.position) {
      const auto& possible = shape.tokens[static_cast<std::size_t>(position)];
      const Token token = tokens[static_cast<std::size_t>(position)];
      assignment.push_back(
          static_cast<std::uint16_t>(std::find(possible.begin(), possible.end(), token) - possible.begin()));
    }
    NodeId end = static_cast<NodeId>(recorded.nodes.size());
    reference.start(tokens);
    try {
      reference.advance(shape.positions() - 1);
    } catch (const Trap&) {
      end = reference.done();
    }
    for (NodeId id = 0; id < end; ++id) {
      if (symbolic[id] == no_ref) continue;
      const Id got = manager.evaluate(symbolic[id], assignment);
      ++compared.values;
      if ((got == Scalars::trap || scalars.value(got) != reference.value(id)) && compared.wrong.empty())
        compared.wrong = describe(recorded.sites[id]) + " on " + task.text(input) + ": " +
                         (got == Scalars::trap ? "trap" : decimal(scalars.value(got))) + ", not " +
                         decimal(reference.value(id));
    }
  }
  return compared;
}

}  // namespace

TEST_CASE("diagrams equal the reference on every intermediate value of every construction") {
  std::size_t values = 0;
  for (const Construction& construction : all_constructions())
    for (const TaskSize& size : {TaskSize{.p = 2, .n = 2, .k = 3}, TaskSize{.p = 3, .n = 2, .k = 2}}) {
      std::optional<test::Example> subject;
      try {
        subject = test::example(construction.name, size);
      } catch (const UsageError&) {
        continue;
      }
      const std::string own = notation(subject->policy[Role::activations]);
      for (const std::string& format : {own, std::string("fixed(3,1)"), std::string("float(4,4)")}) {
        CAPTURE(construction.name);
        CAPTURE(size.p);
        CAPTURE(format);
        const bool optimised = format == own && size.p == 2;
        if (format != own && size.p > 2 && !std::getenv("ROUNDOFF_LONG")) continue;
        const Compared compared =
            compare(subject->model, Policy::uniform(parse_format(format)), *subject->task, optimised);
        CHECK(compared.wrong == "");
        values += compared.values;
      }
    }
  CHECK(values > 300'000);
}
