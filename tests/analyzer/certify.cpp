// Certificates against enumeration: counts of failing inputs, specifications, and failures that no sample
// finds.
#include "analyzer/certify.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "analyzer/diagrams/specification.hpp"
#include "constructions/construction.hpp"
#include "formats/text.hpp"
#include "tests/sim/random_model.hpp"

using namespace roundoff;

namespace {

struct Subjects {
  std::unique_ptr<Task> task;
  Policy policy;
  Model model;
};

Subjects make(std::string_view name, const TaskSize& size, const std::string& format = "",
              const Settings& settings = {}) {
  const Construction& construction = find_construction(name);
  Subjects made{make_task(construction.task, size), {}, {}};
  const FormatFamily family(format.empty() ? std::string(construction.family) : format);
  made.policy = Policy::uniform(family.at(made.task->bindings()));
  made.model = build(construction, *made.task, made.policy, complete(construction, size, settings));
  return made;
}

// Changes a weight somewhere: another sign, nothing, one more, or the double.
void weaken(Model& model, TestStream& draw) {
  std::vector<Matrix*> matrices{&model.token_embedding, &model.position_embedding, &model.unembedding.weight};
  for (Layer& layer : model.layers) {
    if (layer.attention)
      for (Linear* map : {&layer.attention->query, &layer.attention->key, &layer.attention->value,
                          &layer.attention->output})
        matrices.push_back(&map->weight);
    if (layer.feed_forward)
      for (Linear* map : {&layer.feed_forward->in, &layer.feed_forward->out})
        matrices.push_back(&map->weight);
  }
  for (;;) {
    Matrix& matrix = *matrices[static_cast<std::size_t>(draw.below(static_cast<int>(matrices.size())))];
    if (matrix.nonzeros() == 0) continue;
    const int row = draw.below(matrix.rows());
    if (matrix.row(row).empty()) continue;
    const auto entry =
        matrix.row(row)[static_cast<std::size_t>(draw.below(static_cast<int>(matrix.row(row).size())))];
    Value value = entry.value;
    switch (draw.below(4)) {
      case 0:
        value = negated(value);
        break;
      case 1:
        value = Value::zero();
        break;
      case 2:
        value = Value::scaled(value.negative, value.significand, value.exponent + 1);
        break;
      default:
        value = Value::integer(1);
        if (value == entry.value) value = Value::integer(-1);
    }
    matrix.set(row, static_cast<int>(entry.column), value);
    return;
  }
}

}  // namespace

TEST_CASE("certify: specifications write the task's own answers") {
  using namespace diagrams;
  for (const char* name : {"add", "iteradd", "mul", "cot-iteradd", "cot-mul"})
    for (const TaskSize& size :
         {TaskSize{.p = 2, .n = 5, .k = 3}, TaskSize{.p = 3, .n = 3, .k = 4, .l = 4},
          TaskSize{.p = 10, .n = 2, .k = 5, .l = 3}, TaskSize{.p = 2, .n = 5, .k = 2, .l = 5, .c = 2},
          TaskSize{.p = 3, .n = 4, .k = 2, .l = 7, .c = 3}}) {
      CAPTURE(name);
      CAPTURE(size.p);
      if (std::string_view(name) == "cot-mul" && size.c > 1) continue;  // it has none there
      const auto task = make_task(name, size);
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
}

TEST_CASE("certify: on weakened models the count of failing inputs is that of enumeration") {
  struct Case {
    const char* name;
    TaskSize size;
    const char* format;
  };
  const Case cases[] = {
      {"add-hinge", {.p = 2, .n = 3}, ""},           {"add-hinge", {.p = 3, .n = 2}, ""},
      {"add-hinge", {.p = 2, .n = 4}, "fixed(5,0)"}, {"add-match", {.p = 2, .n = 3}, ""},
      {"add-flipflop", {.p = 2, .n = 4}, ""},        {"add-dnf", {.p = 2, .n = 3}, ""},
      {"iteradd-log", {.p = 2, .n = 2, .k = 3}, ""}, {"add-hinge", {.p = 2, .n = 4}, "fixed(4,1)"}};
  int refuted = 0, partly = 0;
  TestStream draw(7);
  for (int round = 0; round < 5; ++round)
    for (const Case& one : cases) {
      Subjects subject = make(one.name, one.size, one.format);
      const int changes = round == 0 ? 0 : 1;
      for (int change = 0; change < changes; ++change) weaken(subject.model, draw);
      CAPTURE(one.name);
      CAPTURE(round);
      VerifyOptions all;
      all.method = Method::exhaustive;
      all.first_only = false;
      all.threads = 1;
      const Result counted = verify(subject.model, subject.policy, *subject.task, all);
      const Result proved = certify(subject.model, subject.policy, *subject.task,
                                    {.threads = 1 + round % 2, .probes = round % 2 ? 8u : 0u});
      CHECK(proved.failing == counted.failing);
      CHECK(proved.covered == counted.covered);
      CHECK(proved.failing_fraction == counted.failing / counted.of);
      CHECK(proved.verdict == (counted.failing == 0 ? Verdict::certified : Verdict::refuted));
      CHECK(proved.counterexample.has_value() == (counted.failing > 0));
      refuted += counted.failing > 0;
      partly += counted.failing > 0 && counted.failing < counted.of;
    }
  CHECK(refuted >= 25);
  CHECK(partly >= 8);
}

TEST_CASE("certify: a planted failure that no sample finds is counted exactly and replayed") {
  // With a window of n-1 columns, exactly the carry from column 0 through all others is lost: 45 pairs of
  // digits generate, 10 propagate, of 100.
  const int n = 34;
  const Subjects subject = make("add-flipflop", {.p = 10, .n = n}, "", {{"window", n - 1}});
  const Result result = certify(subject.model, subject.policy, *subject.task, {.probes = 0});
  REQUIRE(result.verdict == Verdict::refuted);
  REQUIRE(result.failing_fraction.has_value());
  CHECK(std::abs(*result.failing_fraction / 4.5e-34 - 1) < 1e-12);
  REQUIRE(result.counterexample.has_value());
  CHECK(result.counterexample->got != result.counterexample->want);
  CHECK(result.note.find("of 1.000e68 inputs fail") != std::string::npos);
}

TEST_CASE("certify: designs hold for all inputs, and formats that are too small do not") {
  for (const char* name : {"add-hinge", "add-match", "add-flipflop", "add-dnf", "add-dyadic"})
    for (const int p : {2, 10}) {
      CAPTURE(name);
      CAPTURE(p);
      const Subjects subject = make(name, {.p = p, .n = 6});
      const Result result = certify(subject.model, subject.policy, *subject.task);
      CHECK(result.verdict == Verdict::certified);
      CHECK(result.failing_fraction == 0);
      CHECK(result.covered == std::pow(p, 12));
    }
  const Subjects sum = make("iteradd-log", {.p = 2, .n = 6, .k = 4});
  CHECK(certify(sum.model, sum.policy, *sum.task).verdict == Verdict::certified);
  for (const auto& [name, size] : {std::pair{"cot-iteradd", TaskSize{.p = 3, .n = 3, .k = 4}},
                                   std::pair{"cot-mul", TaskSize{.p = 2, .n = 4, .l = 6}}}) {
    CAPTURE(name);
    Subjects written = make(name, size);
    const Result result = certify(written.model, written.policy, *written.task);
    CHECK(result.verdict == Verdict::certified);
    CHECK(result.covered == written.task->input_count());
    written.policy.order = parse_order("tree");
    CHECK(certify(written.model, written.policy, *written.task).verdict == Verdict::refuted);
  }
  int holds = 0, fails = 0;
  for (const char* format : {"fixed(3,0)", "fixed(4,0)", "fixed(5,0)", "fixed(6,0)", "fixed(7,0)"}) {
    CAPTURE(format);
    const Subjects subject = make("add-hinge", {.p = 2, .n = 6}, format);
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

TEST_CASE("certify: proofs cut at the column sums agree with enumeration, on weakened models too") {
  struct Case {
    const char* name;
    TaskSize size;
  };
  const Case cases[] = {{"iteradd-log", {.p = 2, .n = 2, .k = 3}},
                        {"iteradd-log", {.p = 3, .n = 2, .k = 2}},
                        {"mul-n2", {.p = 2, .n = 3}},
                        {"mul-n2", {.p = 3, .n = 2}},
                        {"mul-n", {.p = 2, .n = 3, .l = 4}}};
  int cut = 0, refuted = 0;
  TestStream draw(11);
  for (int round = 0; round < 8; ++round)
    for (const Case& one : cases) {
      Subjects subject = make(one.name, one.size);
      if (round > 0) weaken(subject.model, draw);
      CAPTURE(one.name);
      CAPTURE(round);
      VerifyOptions all;
      all.method = Method::exhaustive;
      all.first_only = false;
      all.threads = 1;
      const Result counted = verify(subject.model, subject.policy, *subject.task, all);
      const Result proved =
          certify(subject.model, subject.policy, *subject.task, {.threads = 1, .probes = 0, .cut_from = 0});
      CHECK(proved.failing == counted.failing);
      CHECK(proved.covered == counted.of);
      CHECK(proved.verdict == (counted.failing == 0 ? Verdict::certified : Verdict::refuted));
      cut += proved.note.find("cut at the column sums") != std::string::npos;
      refuted += counted.failing > 0;
    }
  CHECK(cut >= 5);
  CHECK(refuted >= 5);
}

TEST_CASE("certify: what runs out is said, and is not a refutation") {
  const Subjects subject = make("add-hinge", {.p = 10, .n = 12});
  const Result few = certify(subject.model, subject.policy, *subject.task, {.nodes = 300});
  CHECK(few.verdict == Verdict::unknown);
  CHECK(few.note.find("300 diagram nodes") != std::string::npos);
  const Result late = certify(subject.model, subject.policy, *subject.task, {.seconds = 0});
  CHECK(late.verdict == Verdict::unknown);
  CHECK(late.note.find("time") != std::string::npos);
}
