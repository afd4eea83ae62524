// Minimisation against plain scans, pruning, the frontier, and pairs that no readout can tell apart.
#include "analyzer/search/minimise.hpp"

#include <doctest/doctest.h>

#include "analyzer/blame/pairs.hpp"
#include "analyzer/search/frontier.hpp"
#include "analyzer/search/prune.hpp"
#include "formats/error.hpp"
#include "tests/analyzer/subjects.hpp"

using namespace roundoff::analyzer;
using namespace roundoff::analyzer::test;

namespace {

Minimisation minimised(const char* name, Quantity quantity, std::vector<TaskSize> sizes,
                       const char* format = nullptr, const Settings& settings = {}) {
  MinimiseOptions options;
  options.quantity = quantity;
  options.sizes = std::move(sizes);
  if (format) options.format = FormatFamily(format);
  options.settings = settings;
  options.verify = by(Method::exhaustive);
  const Construction* construction = &find_construction(name);
  return minimise(std::span(&construction, 1), options);
}

bool works(const char* name, const TaskSize& size, const std::string& format) {
  const Construction& construction = find_construction(name);
  const auto task = make_task(construction.task, size);
  const Policy policy = Policy::uniform(parse_format(format));
  return attempt(construction, complete(construction, size, {}), *task, policy, by(Method::exhaustive),
                 nullptr)
      .holds();
}

}  // namespace

TEST_CASE("minimal integer bits are those of trying every format, with a counterexample one step below") {
  for (const TaskSize& size :
       {TaskSize{.p = 2, .n = 2}, TaskSize{.p = 2, .n = 4}, TaskSize{.p = 3, .n = 2}}) {
    const Minimisation found = minimised("add-hinge", Quantity::integer, {size});
    REQUIRE(found.minima.size() == 1);
    const Minimum& minimum = found.minima[0];
    REQUIRE(minimum.value);
    int expected = 1;
    while (!works("add-hinge", size, "fixed(" + std::to_string(expected) + ",0)")) ++expected;
    CHECK(*minimum.value == expected);
    REQUIRE(minimum.scans.size() == 1);
    const Scan& scan = minimum.scans[0];
    CHECK(scan.attempts.size() > *scan.first + 2);
    for (std::size_t i = 0; i < scan.attempts.size(); ++i) {
      CHECK(scan.attempts[i].value == static_cast<int>(i) + 1);
      CHECK(scan.attempts[i].holds() == works("add-hinge", size, scan.attempts[i].format));
    }
    const auto below = minimum.below();
    REQUIRE(below.size() == 1);
    CHECK(below[0]->value == expected - 1);
    CHECK((below[0]->result.counterexample.has_value() || !below[0]->refusal.empty()));
  }
}

TEST_CASE("bits are scanned over fraction bits too, each a scan of its own") {
  const Minimisation found = minimised("add-hinge", Quantity::bits, {{.p = 2, .n = 2}});
  const Minimum& minimum = found.minima[0];
  REQUIRE(minimum.value);
  CHECK(minimum.scans.size() == 3);
  for (const Scan& scan : minimum.scans)
    for (const Attempt& made : scan.attempts) {
      CHECK(made.value == made.bits);
      if (made.holds()) CHECK(made.value >= *minimum.value);
    }
  CHECK(minimum.best().value == *minimum.value);
  CHECK(found.law.variable == "N");
}

TEST_CASE(
    "the minimal look-ahead window of the paper's construction is n, with a concrete failure one step "
    "below") {
  const Minimisation found =
      minimised("add-dnf", Quantity::width, {{.p = 2, .n = 3}, {.p = 2, .n = 5}, {.p = 2, .n = 6}});
  for (const Minimum& minimum : found.minima) {
    REQUIRE(minimum.value);
    const Scan& scan = minimum.scans[0];
    CHECK(scan.exceptions.empty());
    CHECK(scan.stable_from == scan.first);
    for (const Attempt& made : scan.attempts) {
      CHECK(made.shape.width == made.value);
      if (!made.holds()) CHECK(made.result.counterexample.has_value());
    }
  }
}

TEST_CASE("attempts that a construction refuses are reported with the reason") {
  const Minimisation found = minimised("add-dnf", Quantity::fraction, {{.p = 2, .n = 3}}, "fixed(0,1)");
  const Scan& scan = found.minima[0].scans[0];
  CHECK_FALSE(found.minima[0].value);
  CHECK(found.minima[0].note.find("nothing") != std::string::npos);
  CHECK_FALSE(scan.attempts[0].holds());
}

TEST_CASE("what cannot be minimised is refused with a remedy") {
  CHECK_THROWS_AS(minimised("add-hinge", Quantity::exponent, {{.n = 3}}), UsageError);
  CHECK_THROWS_AS(minimised("add-hinge", Quantity::bits, {{.n = 3}}, "binary16"), UsageError);
  CHECK_THROWS_AS(parse_quantity("widht"), UsageError);
  CHECK(parse_quantity("int") == Quantity::integer);
}

TEST_CASE("the frontier holds what works, and nothing that works is below it") {
  MinimiseOptions options;
  options.sizes = {{.p = 2, .n = 2}};
  options.verify = by(Method::exhaustive);
  const Construction* construction = &find_construction("add-match");
  const Frontier found = frontier(std::span(&construction, 1), options);
  REQUIRE_FALSE(found.points.empty());
  for (const FrontierPoint& point : found.points) {
    CHECK(point.attempt.holds());
    for (const FrontierPoint& other : found.points) CHECK_FALSE(dominates(other, point));
  }
  for (const Scan& scan : found.scans) {
    for (const Attempt& made : scan.attempts) {
      if (!made.holds()) continue;
      const Format format = parse_format(made.format);
      const FrontierPoint here{made.shape.width, format.first, format.second, made};
      CHECK(std::any_of(found.points.begin(), found.points.end(), [&](const FrontierPoint& point) {
        return dominates(point, here) ||
               (point.width == here.width && point.first == here.first && point.second == here.second);
      }));
    }
  }
}

TEST_CASE("pruning takes away what was added for nothing, and keeps the verdict") {
  const Example subject = example("add-flipflop", {.p = 2, .n = 2});
  PruneOptions options;
  options.verify = by(Method::exhaustive);
  const Pruned plain = prune(subject.model, subject.policy, *subject.task, options);
  CHECK(plain.result.verdict == Verdict::holds);
  CHECK(plain.after.parameters <= plain.before.parameters);
  validate(plain.model);

  // A unit that computes nothing and a register that nobody reads, in the middle.
  Model padded = subject.model;
  for (Layer& layer : padded.layers) {
    if (!layer.feed_forward) continue;
    FeedForward& block = *layer.feed_forward;
    const int units = block.in.weight.rows();
    block.in.weight.resize(units + 1, block.in.weight.columns());
    if (block.in.bias) block.in.bias->push_back(Value::zero());
    block.out.weight.resize(block.out.weight.rows(), units + 1);
  }
  const Pruned pruned = prune(padded, subject.policy, *subject.task, options);
  CHECK(pruned.result.verdict == Verdict::holds);
  CHECK(pruned.after.d_ff <= plain.before.d_ff);
  // Nothing more can go: every single removal from what remains fails.
  const Shape remains = pruned.after;
  for (int d = 0; d < remains.d_model; ++d) {
    const Model less = without(pruned.model, {Part::register_, -1, d});
    CHECK(verify(less, subject.policy, *subject.task, options.verify).verdict == Verdict::refuted);
  }
}

TEST_CASE("a model that does not solve its task is not pruned") {
  const Example subject = example("add-dnf", {.p = 2, .n = 4}, "", {{"window", 1}});
  CHECK_THROWS_AS(prune(subject.model, subject.policy, *subject.task), UsageError);
}

TEST_CASE("a pair that a model cannot tell apart has equal states and different answers") {
  // Without its first attention an adder sees nothing of its operands at the first answer position.
  const Example subject = example("add-dnf", {.p = 2, .n = 4});
  Model deaf = subject.model;
  deaf.layers.front().attention.reset();
  PairOptions some;
  some.adversarial = 60;
  some.count = 60;
  const auto pair = find_indistinguishable(deaf, subject.policy, *subject.task, some);
  const auto output = static_cast<std::size_t>(pair->output);
  CHECK(subject.task->answer(pair->first)[output] == pair->first_next);
  CHECK(subject.task->answer(pair->second)[output] == pair->second_next);
  // A model that solves its task tells all its inputs apart.
  CHECK_FALSE(find_indistinguishable(subject.model, subject.policy, *subject.task, some));
}
