// Verification against plain enumeration: greedy decoding of every input by the reference interpreter, one at
// a time.
#include "analyzer/evidence/verify.hpp"

#include <cmath>

#include <doctest/doctest.h>

#include "formats/error.hpp"
#include "sim/program/record.hpp"
#include "sim/program/reference.hpp"
#include "tests/analyzer/subjects.hpp"

using namespace roundoff::analyzer;
using namespace roundoff::analyzer::test;

namespace {

/// Right or wrong by the definition of "solves": greedy decoding writes the whole answer and <eos>. Every
/// operation of the semantics is recorded, zero weights included. For tasks with one sequence shape.
class Decoder {
 public:
  explicit Decoder(const Example& example)
      : task_(*example.task),
        program_(record(example.model, example.policy, task_.shape(task_.instance(0)))),
        reference_(program_) {}

  bool right(const Instance& instance) {
    std::vector<Token> wanted = task_.question(instance);
    const std::vector<Token> question = wanted, answer = task_.answer(instance);
    wanted.insert(wanted.end(), answer.begin(), answer.end());
    try {
      return decode(reference_, program_, question, task_.eos()).tokens == wanted;
    } catch (const Trap&) {
      return false;
    }
  }

 private:
  const Task& task_;
  Program program_;
  Reference reference_;
};

struct Weakened {
  const char* construction;
  TaskSize size;
  const char* format;
  Settings settings;
};

/// Models that are right, and models that are wrong on few, some or all inputs.
const std::vector<Weakened>& weakened() {
  static const std::vector<Weakened> list = {
      {"add-hinge", {.p = 2, .n = 3}, "", {}},
      {"add-hinge", {.p = 2, .n = 3}, "fixed(3,0)", {}},
      {"add-hinge", {.p = 2, .n = 4}, "fixed(4,0)", {}},
      {"add-dnf", {.p = 2, .n = 4}, "", {}},
      {"add-dnf", {.p = 2, .n = 4}, "", {{"window", 2}}},
      {"add-dnf", {.p = 3, .n = 2}, "", {{"window", 1}}},
      {"add-flipflop", {.p = 2, .n = 3}, "", {}},
  };
  return list;
}

}  // namespace

TEST_CASE("exhaustive verdicts, first failures and failing counts are those of decoding every input") {
  for (const Weakened& each : weakened()) {
    CAPTURE(each.construction);
    CAPTURE(each.format);
    const Example subject = example(each.construction, each.size, each.format, each.settings);
    const auto inputs = static_cast<std::uint64_t>(subject.task->input_count());
    Decoder decoder(subject);
    std::uint64_t failing = 0;
    std::optional<std::uint64_t> first;
    for (std::uint64_t j = 0; j < inputs; ++j) {
      if (decoder.right(subject.task->instance(j))) continue;
      ++failing;
      if (!first) first = j;
    }
    VerifyOptions options = by(Method::exhaustive);
    const Result found = subject.verify(options);
    CHECK(found.verdict == (failing == 0 ? Verdict::holds : Verdict::refuted));
    CHECK(found.covered == static_cast<double>(first ? *first + 1 : inputs));
    CHECK(found.counterexample.has_value() == first.has_value());
    options.first_only = false;
    const Result counted = subject.verify(options);
    CHECK(counted.failing == static_cast<double>(failing));
    CHECK(counted.failing_fraction == static_cast<double>(failing) / static_cast<double>(inputs));
    options.reference = true;
    CHECK(text(subject.verify(options)) == text(counted));
  }
}

TEST_CASE("the answer does not depend on the number of threads") {
  for (const Weakened& each : weakened()) {
    const Example subject = example(each.construction, each.size, each.format, each.settings);
    for (const Method method : {Method::exhaustive, Method::adversarial, Method::sample}) {
      for (const bool first_only : {true, false}) {
        VerifyOptions options = by(method);
        options.count = 3000;
        options.first_only = first_only;
        options.threads = 1;
        const std::string one = text(subject.verify(options));
        for (const int threads : {2, 5}) {
          options.threads = threads;
          CHECK(text(subject.verify(options)) == one);
        }
      }
    }
  }
}

TEST_CASE("a counterexample fails, is replayed, and no digit of it can be lowered") {
  const Example subject = example("add-dnf", {.p = 3, .n = 4}, "", {{"window", 2}});
  const Result result = subject.verify(by(Method::sample));
  REQUIRE(result.verdict == Verdict::refuted);
  const Counterexample& found = *result.counterexample;
  Decoder decoder(subject);
  CHECK_FALSE(decoder.right(found.instance));
  CHECK(found.input == subject.task->text(found.instance));
  CHECK(found.got != found.want);
  // With two columns of look-ahead, a carry that travels three columns is lost: p, and two propagates, and no
  // more.
  int digits = 0;
  for (const Digits& operand : found.instance.operands)
    for (const auto digit : operand) digits += digit;
  CHECK(digits == 3 + 2 * 2);
  for (std::size_t operand = 0; operand < 2; ++operand) {
    for (std::size_t i = 0; i < 4; ++i) {
      Instance lower = found.instance;
      if (lower.operands[operand][i] == 0) continue;
      --lower.operands[operand][i];
      CHECK(decoder.right(lower));
    }
  }
}

TEST_CASE("an interrupted enumeration goes on from its checkpoint to the same answer") {
  const Example subject = example("add-dnf", {.p = 2, .n = 11}, "", {{"window", 5}});
  VerifyOptions options = by(Method::exhaustive);
  options.first_only = false;
  const Result whole = subject.verify(options);
  REQUIRE(whole.failing > 0);
  Checkpoint last;
  int calls = 0;
  options.checkpoint = [&](const Checkpoint& reached) { last = reached; };
  options.interrupted = [&] { return last.done > 0 && ++calls >= 4; };
  options.threads = 2;
  const Result cut = subject.verify(options);
  CHECK(cut.interrupted);
  CHECK(cut.verdict != Verdict::holds);
  CHECK(cut.covered == static_cast<double>(last.done));
  CHECK(last.done > 0);
  CHECK(last.done < (1u << 22));
  options.interrupted = {};
  options.resume = last;
  CHECK(text(subject.verify(options)) == text(whole));
}

TEST_CASE("what is interrupted while a program is built is unknown, whatever the method") {
  const Example subject = example("add-hinge", {.p = 2, .n = 8});
  for (const Method method : {Method::automatic, Method::exhaustive, Method::certify, Method::sample}) {
    VerifyOptions options = by(method);
    bool building = false;
    options.progress = [&](const Progress& at) {
      building = at.what == "building the program" && at.done > 3;
    };
    options.interrupted = [&] { return building; };
    const Result cut = subject.verify(options);
    CHECK(cut.verdict == Verdict::unknown);
    CHECK(cut.interrupted);
    CHECK(cut.covered == 0);
  }
}

TEST_CASE("samples give the confidence bound that they give, and no more") {
  const Example right = example("add-hinge", {.p = 10, .n = 12});
  VerifyOptions options = by(Method::sample);
  options.count = 2000;
  const Result holds = right.verify(options);
  CHECK(holds.verdict == Verdict::holds);
  REQUIRE(holds.fraction_bound);
  CHECK(*holds.fraction_bound == doctest::Approx(1 - std::pow(0.05, 1.0 / 2000)));
  CHECK_FALSE(holds.failing_fraction);
  // Stopping at the first failure is no fixed number of trials.
  const Example wrong = example("add-dnf", {.p = 2, .n = 6}, "", {{"window", 1}});
  const Result stopped = wrong.verify(options);
  CHECK(stopped.verdict == Verdict::refuted);
  CHECK_FALSE(stopped.fraction_bound);
  options.first_only = false;
  const Result counted = wrong.verify(options);
  REQUIRE(counted.fraction_bound);
  CHECK(*counted.fraction_bound > counted.failing / 2000);
  CHECK(*counted.fraction_bound < 1.2 * counted.failing / 2000);
}

TEST_CASE("automatic enumerates few inputs and says so") {
  const Result few = example("add-hinge", {.p = 2, .n = 4}).verify(by(Method::automatic));
  CHECK(few.verdict == Verdict::holds);
  CHECK(few.method == Method::exhaustive);
  CHECK(few.covered == 256);
  const Result gross =
      example("add-dnf", {.p = 2, .n = 20}, "", {{"window", 3}}).verify(by(Method::automatic));
  CHECK(gross.verdict == Verdict::refuted);
  CHECK(gross.method == Method::certify);
  CHECK(gross.counterexample.has_value());
}

TEST_CASE("too many inputs to enumerate are refused with a remedy") {
  const Example subject = example("add-hinge", {.p = 10, .n = 12});
  CHECK_THROWS_AS(subject.verify(by(Method::exhaustive)), UsageError);
}

TEST_CASE("methods are known by their names") {
  CHECK(parse_method("auto") == Method::automatic);
  CHECK(parse_method("certify") == Method::certify);
  CHECK_THROWS_WITH_AS(parse_method("exhausive"), doctest::Contains("did you mean 'exhaustive'"), UsageError);
}
