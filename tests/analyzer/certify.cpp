// Certificates against enumeration: counts of failing inputs, specifications, and failures that no sample
// finds.
#include "analyzer/evidence/certify.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "analyzer/diagrams/specification.hpp"
#include "constructions/construction.hpp"
#include "formats/error.hpp"
#include "tests/analyzer/subjects.hpp"

using namespace roundoff::analyzer;
using test::Example;
using test::example;

TEST_CASE("certify: specifications write the task's own answers") {
  using namespace diagrams;
  int tasks_seen = 0;
  for (const TaskEntry& entry : tasks())
    for (const TaskSize& size :
         {TaskSize{.p = 2, .n = 5, .k = 3}, TaskSize{.p = 3, .n = 3, .k = 4, .l = 4},
          TaskSize{.p = 10, .n = 2, .k = 5, .l = 3}, TaskSize{.p = 2, .n = 5, .k = 2, .l = 5, .c = 2},
          TaskSize{.p = 3, .n = 4, .k = 2, .l = 7, .c = 3}, TaskSize{.p = 2, .n = 1, .k = 9}}) {
      CAPTURE(entry.name);
      CAPTURE(size.p);
      std::unique_ptr<Task> task;
      try {
        task = make_task(entry.name, size);
      } catch (const UsageError&) {
        continue;  // a size that the task does not have
      }
      if (!has_specification(*task)) continue;
      ++tasks_seen;
      const Variables vars = variables(*task, task->shape(task->sample(1, 0)));
      Scalars scalars;
      Manager manager(vars.arities, [&](Id a, Id b) { return scalars.less(a, b); });
      Algebra algebra(manager, scalars);
      const std::vector<Ref> tokens = right_tokens(*task, vars, algebra);
      std::vector<Instance> inputs = task->adversarial(200);
      for (std::uint64_t j = 0; j < 200; ++j) inputs.push_back(task->sample(5, j));
      bool equal = true;
      for (const Instance& input : inputs) {
        std::vector<Token> right = task->question(input);
        std::vector<std::uint16_t> assignment;
        for (const int position : vars.position) {
          const auto& possible = vars.shape.tokens[static_cast<std::size_t>(position)];
          const Token token = right[static_cast<std::size_t>(position)];
          assignment.push_back(static_cast<std::uint16_t>(std::find(possible.begin(), possible.end(), token) -
                                                          possible.begin()));
        }
        CHECK(vars.question(assignment) == right);
        for (const Token token : task->answer(input)) right.push_back(token);
        REQUIRE(tokens.size() == right.size());
        for (std::size_t i = 0; i < right.size(); ++i)
          equal = equal && scalars.to_integer(manager.evaluate(tokens[i], assignment)) == right[i];
      }
      CHECK(equal);
    }
  CHECK(tasks_seen >= 20);
}

namespace {

// The fraction of inputs with a carry that travels over `length` columns that pass it on (p = 10: of 100
// pairs of digits 45 generate and 10 propagate), by the column where that happens first.
double chains(int n, int length) {
  std::vector<double> age(static_cast<std::size_t>(length));  // probability of a carry of this age
  double fraction = 0;
  for (int column = 0; column < n; ++column) {
    const double alive = 1 - fraction;
    fraction += age.back() * 0.1;
    for (std::size_t a = age.size(); a-- > 1;) age[a] = age[a - 1] * 0.1;
    age[0] = alive * 0.45;
  }
  return fraction;
}

void check_planted(const Example& subject, double fraction) {
  const Result result = certify(subject.model, subject.policy, *subject.task, {.limits = {.seconds = 6000}});
  REQUIRE(result.verdict == Verdict::refuted);
  REQUIRE(result.failing_fraction.has_value());
  CHECK(fraction < 1e-30);
  CHECK(std::abs(*result.failing_fraction / fraction - 1) < 1e-9);
  REQUIRE(result.counterexample.has_value());
  CHECK(result.counterexample->got != result.counterexample->want);
}

}  // namespace

TEST_CASE("certify: planted failures that no sample finds are counted exactly and replayed") {
  // A window of w columns loses exactly the carries that travel over more.
  const Example narrow = example("add-flipflop", {.p = 10, .n = 33}, "", {{"window", 31}});
  check_planted(narrow, chains(33, 31));
  // One weight: the carry into the top digit forgets column 0. Its unit is the one that reads most.
  const int n = 32;
  Example subject = example("add-flipflop", {.p = 10, .n = n});
  Matrix* widest = nullptr;
  int row = 0;
  for (Layer& layer : subject.model.layers) {
    if (!layer.feed_forward) continue;
    Matrix& weight = layer.feed_forward->in.weight;
    for (int r = 0; r < weight.rows(); ++r)
      if (!widest || weight.row(r).size() > widest->row(row).size()) widest = &weight, row = r;
  }
  const Matrix::Row kept = widest->row(row);
  const std::vector<Matrix::Entry> entries(kept.begin(), kept.end());
  for (const std::size_t first : {1, 2})  // after the constant; the verdict stands twice
    widest->set(row, static_cast<int>(entries[first].column), Value::zero());
  check_planted(subject, 0.45 * std::pow(0.1, n - 1));
}

TEST_CASE("certify: designs hold for all inputs, and formats that are too small do not") {
  for (const char* name : {"add-hinge", "add-match", "add-flipflop", "add-dnf", "add-dyadic"})
    for (const int p : {2, 10}) {
      CAPTURE(name);
      CAPTURE(p);
      const Example subject = example(name, {.p = p, .n = 6});
      const Result result =
          certify(subject.model, subject.policy, *subject.task, {.limits = {.seconds = 600}});
      CHECK(result.verdict == Verdict::certified);
      CHECK(result.failing_fraction == 0);
      CHECK(result.covered == std::pow(p, 12));
    }
  const Example sum = example("iteradd-log", {.p = 2, .n = 6, .k = 4});
  CHECK(certify(sum.model, sum.policy, *sum.task).verdict == Verdict::certified);
  for (const auto& [written_by, size] : {std::pair{"cot-iteradd", TaskSize{.p = 3, .n = 3, .k = 4}},
                                         std::pair{"cot-mul", TaskSize{.p = 2, .n = 4, .l = 6}}}) {
    const char* name = written_by;  // clang 14 captures no structured binding
    CAPTURE(name);
    Example written = example(name, size);
    const Result result = certify(written.model, written.policy, *written.task, {.limits = {.seconds = 600}});
    CHECK(result.verdict == Verdict::certified);
    CHECK(result.covered == written.task->input_count());
    written.policy.order = parse_order("tree");
    CHECK(certify(written.model, written.policy, *written.task, {.limits = {.seconds = 600}}).verdict ==
          Verdict::refuted);
  }
  int holds = 0, fails = 0;
  for (const char* format : {"fixed(3,0)", "fixed(4,0)", "fixed(5,0)", "fixed(6,0)", "fixed(7,0)"}) {
    CAPTURE(format);
    const Example subject = example("add-hinge", {.p = 2, .n = 6}, format);
    VerifyOptions all;
    all.method = Method::exhaustive;
    const bool right = verify(subject.model, subject.policy, *subject.task, all).verdict == Verdict::holds;
    const Result result = certify(subject.model, subject.policy, *subject.task, {.exact_fraction = false});
    CHECK(result.verdict == (right ? Verdict::certified : Verdict::refuted));
    (right ? holds : fails) += 1;
  }
  CHECK(holds > 0);
  CHECK(fails > 0);
}

TEST_CASE("certify: what runs out is said, and is not a refutation") {
  const Example subject = example("add-hinge", {.p = 10, .n = 12});
  const Result few = certify(subject.model, subject.policy, *subject.task, {.limits = {.nodes = 300}});
  CHECK(few.verdict == Verdict::unknown);
  CHECK(few.obstacle == Obstacle{Reason::nodes, 300});
  const Result late = certify(subject.model, subject.policy, *subject.task, {.limits = {.seconds = 0}});
  CHECK(late.verdict == Verdict::unknown);
  CHECK(late.obstacle == Obstacle{Reason::time, 0});
}
