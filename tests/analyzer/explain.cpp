// Seeded faults: a format one bit short, a weight changed, an operand outside the task. The blame must be
// right, and for rounding the site must be the one that another implementation finds: here, runs whose first
// part comes from the rounded run and whose rest is computed in a format of 113 bits.
#include "analyzer/blame/explain.hpp"

#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "sim/program/record.hpp"
#include "tests/analyzer/subjects.hpp"

namespace {

using namespace roundoff::analyzer;
using roundoff::analyzer::test::example;
using roundoff::analyzer::test::Example;

/// Where the token at the wrong output turns, by bisection over the operations; the weights are the rounded
/// ones.
Site turn(const Example& subject, const Format& ideal, const Instance& instance, int output, Token want) {
  const Program rounded = record(subject.model, subject.policy, subject.task->shape(instance));
  Program unrounded = rounded;
  for (Format& format : unrounded.formats) format = ideal;
  std::vector<Token> tokens = subject.task->question(instance);
  const std::vector<Token> answer = subject.task->answer(instance);
  const int position = static_cast<int>(tokens.size()) - 1 + output;
  tokens.insert(tokens.end(), answer.begin(), answer.begin() + output);
  Reference run(rounded);
  run.start(tokens);
  run.advance(position);
  const NodeId target = rounded.outputs[static_cast<std::size_t>(output)];
  Scratch scratch;
  const auto right_with = [&](NodeId boundary) {
    std::vector<Value> values(rounded.nodes.size());
    for (NodeId id = 0; id <= target; ++id)
      values[id] = id < boundary ? run.value(id) : evaluate(unrounded, id, values, tokens, scratch).value;
    return values[target] == Value::integer(want);
  };
  NodeId right = 0, wrong = target;
  REQUIRE(right_with(right));
  REQUIRE_FALSE(right_with(wrong));
  while (wrong - right > 1) {
    const NodeId middle = right + (wrong - right) / 2;
    (right_with(middle) ? right : wrong) = middle;
  }
  return rounded.sites[right];  // right with everything before it, wrong with it too
}

struct Short {
  const char* construction;
  TaskSize size;
  const char* format;
  Settings settings;
};

}  // namespace

TEST_CASE("a format one bit short: rounding is to blame, at the site that trying every operation finds") {
  const std::vector<Short> list = {
      {"add-hinge", {.p = 3, .n = 2}, "fixed(2,0)", {}},
      {"add-hinge", {.p = 2, .n = 3}, "fixed(2,0)", {}},
      {"add-match", {.p = 2, .n = 3}, "fixed(2,0)", {}},
      {"iteradd-log", {.p = 2, .n = 3, .k = 3}, "fixed(3,2)", {}},
  };
  int explained = 0;
  std::set<bool> kinds;  // compared with no rounding, and with the construction's own format
  for (const Short& fault : list) {
    CAPTURE(fault.construction);
    const Example subject = example(fault.construction, fault.size, fault.format, fault.settings);
    const Result result = subject.verify(test::by(Method::exhaustive));
    REQUIRE(result.counterexample);
    CAPTURE(result.counterexample->input);
    const Example own = example(fault.construction, fault.size);
    ExplainOptions options;
    options.own = Sibling{own.model, own.policy};
    const Explanation e =
        explain(subject.model, subject.policy, *subject.task, result.counterexample->input, options);
    CHECK(e.blame == Blame::rounding);
    REQUIRE(e.culprit);
    CHECK(e.got == result.counterexample->got);
    CHECK(e.want == result.counterexample->want);
    kinds.insert(e.ideal == "exact");
    if (e.culprit->weight || e.turns.size() != 1) continue;
    const Format ideal = e.ideal == "exact" ? parse_format("float(15,113)") : own.policy[Role::activations];
    const Instance instance = subject.task->parse(result.counterexample->input);
    const Token want = subject.task->answer(instance)[static_cast<std::size_t>(e.output)];
    CHECK(e.culprit->site == turn(subject, ideal, instance, e.output, want));
    ++explained;
  }
  CHECK(explained >= 2);
  CHECK(kinds.size() == 2);
}

TEST_CASE("bisection and the scan blame one site where the choice turns once") {
  const Example subject = example("add-hinge", {.p = 2, .n = 3}, "fixed(2,0)");
  const Result result = subject.verify(test::by(Method::exhaustive));
  REQUIRE(result.counterexample);
  ExplainOptions bisect, all;
  bisect.scan_cost = 0;
  all.scan_cost = 1e9;
  const Explanation scan =
      explain(subject.model, subject.policy, *subject.task, result.counterexample->input, all);
  const Explanation halved =
      explain(subject.model, subject.policy, *subject.task, result.counterexample->input, bisect);
  REQUIRE(scan.culprit);
  REQUIRE(halved.culprit);
  CHECK(scan.scanned);
  CHECK_FALSE(halved.scanned);
  if (scan.turns.size() == 1) CHECK(scan.culprit->site == halved.culprit->site);
}

TEST_CASE("a changed weight: the construction is to blame") {
  Example subject = example("add-hinge", {.p = 2, .n = 4});
  // The unembedding's bias prefers '1' always.
  REQUIRE(subject.model.unembedding.bias);
  (*subject.model.unembedding.bias)[1] = subject.policy[Role::weights].highest;
  const Explanation e = explain(subject.model, subject.policy, *subject.task, "0000+0000=");
  CHECK(e.blame == Blame::construction);
  CHECK(e.output == 0);
  CHECK(e.ideal_choice == "1");
  CHECK_FALSE(e.culprit);
}

TEST_CASE("an operand outside the task: the specification is to blame") {
  const Example subject = example("add-hinge", {.p = 2, .n = 4});
  for (const char* input : {"01010+0001=", "0201+0001=", "0101*0001=", ""}) {
    const Explanation e = explain(subject.model, subject.policy, *subject.task, input);
    CHECK(e.blame == Blame::specification);
    CHECK_FALSE(e.reason.empty());
  }
}

TEST_CASE("a right answer: nobody is to blame, and every margin is positive") {
  const Example subject = example("add-hinge", {.p = 2, .n = 4});
  const Explanation e = explain(subject.model, subject.policy, *subject.task, "0111+0001=");
  CHECK(e.blame == Blame::none);
  CHECK(e.got == "01000");
  CHECK(e.margins.size() == 6);
  for (const OutputMargin& margin : e.margins) {
    CHECK(margin.rounded == margin.want);
    CHECK(margin.rounded_margin[0] != '-');
  }
}

TEST_CASE(
    "a window too small: the construction is to blame, although the rounded run fails first elsewhere") {
  const Example subject = example("add-dnf", {.p = 2, .n = 5}, "", {{"window", 3}});
  const Result result = subject.verify(test::by(Method::exhaustive));
  REQUIRE(result.counterexample);
  const Explanation e = explain(subject.model, subject.policy, *subject.task, result.counterexample->input);
  CHECK(e.blame == Blame::construction);
  CHECK(e.ideal_position >= 0);
}
