// Models that fail on some of their inputs, which is where a wrong short cut shows: what a proof counts is what
// enumeration counts, with formats that trap, overflow to infinities and NaN, wrap around, and differ by role.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "analyzer/diagrams/proof.hpp"
#include "analyzer/evidence/certify.hpp"
#include "formats/error.hpp"
#include "formats/format.hpp"
#include "sim/program/record.hpp"
#include "tests/analyzer/subjects.hpp"
#include "tests/analyzer/weaken.hpp"

using namespace roundoff::analyzer;

namespace {

struct Kind {
  std::string what;
  /// Of a construction's own policy; false where the kind says nothing about it.
  bool (*change)(Policy& policy);
};

bool every(Policy& policy, const std::string& modifiers, bool fixed_only) {
  for (Format& format : policy.formats) {
    if (fixed_only && !format.is_fixed()) return false;
    format = parse_format(notation(format) + modifiers);
  }
  return true;
}

bool set(Policy& policy, Role role, const std::string& format) {
  policy.formats[static_cast<std::size_t>(role)] = parse_format(format);
  return true;
}

// As many integer bits, and a fraction.
std::string with_fraction(const Format& own, int more) {
  return "fixed(" + std::to_string(own.first) + "," + std::to_string(own.second + more) + ")";
}

const Kind kinds[] = {
    {"own", [](Policy&) { return true; }},
    {"trap", [](Policy& policy) { return every(policy, ":trap", true); }},
    {"traps in cells",
     [](Policy& policy) {
       const Format own = policy[Role::activations];
       return own.is_fixed() && set(policy, Role::activations, notation(own) + ":trap");
     }},
    {"traps beyond twice the range",
     [](Policy& policy) {
       const Format own = policy[Role::activations];
       if (!own.is_fixed()) return false;
       policy = Policy::uniform(parse_format("fixed(" + std::to_string(own.first + 1) + "," +
                                             std::to_string(own.second) + "):trap"));
       return true;
     }},
    {"inf", [](Policy& policy) { return every(policy, ":inf", true); }},
    {"wrap",
     [](Policy& policy) {
       const Format own = policy[Role::activations];
       if (!own.is_fixed()) return false;
       policy = Policy::uniform(
           parse_format("twos(" + std::to_string(own.first) + "," + std::to_string(own.second) + "):wrap"));
       return true;
     }},
    {"toward zero", [](Policy& policy) { return every(policy, ":rtz", true); }},
    {"float",
     [](Policy& policy) {
       policy = Policy::uniform(parse_format("float(4,4)"));
       return true;
     }},
    {"float without infinities",
     [](Policy& policy) {
       policy = Policy::uniform(parse_format("e4m3"));
       return true;
     }},
    {"wide accumulators",
     [](Policy& policy) {
       const Format own = policy[Role::activations];
       return own.is_fixed() &&
              set(policy, Role::accumulators,
                  "fixed(" + std::to_string(own.first + 2) + "," + std::to_string(own.second + 1) + ")");
     }},
    {"fine softmax, coarse scores",
     [](Policy& policy) {
       const Format own = policy[Role::activations];
       return own.is_fixed() && set(policy, Role::softmax, with_fraction(own, 2));
     }},
    {"float softmax", [](Policy& policy) { return set(policy, Role::softmax, "float(4,4)"); }},
    {"short cache",
     [](Policy& policy) {
       const Format own = policy[Role::activations];
       return own.is_fixed() && own.first > 1 &&
              set(policy, Role::cache,
                  "fixed(" + std::to_string(own.first - 1) + "," + std::to_string(own.second) + ")");
     }},
};

}  // namespace

TEST_CASE("certify: what fails on some inputs is counted as enumeration counts it") {
  const std::vector<std::pair<const char*, TaskSize>> subjects = {
      {"add-hinge", {.p = 2, .n = 3}},
      {"add-hinge", {.p = 3, .n = 2}},
      {"add-match", {.p = 2, .n = 3}},
      {"add-flipflop", {.p = 2, .n = 3}},
      {"add-dyadic", {.p = 2, .n = 3}},
      {"add-lookahead", {.p = 2, .n = 3}},
      {"iteradd-log", {.p = 2, .n = 2, .k = 3}},
      {"mul-n2", {.p = 2, .n = 3}},
      {"mul-n", {.p = 2, .n = 2}},
      {"majority", {.k = 6}},
  };
  int models = 0, partly = 0;
  std::vector<int> by_kind(std::size(kinds));
  TestStream draw(29);
  for (const auto& [name, size] : subjects)
    for (std::size_t k = 0; k < std::size(kinds); ++k)
      for (int round = 0; round < 2; ++round) {
        test::Example subject = test::example(name, size);
        if (!kinds[k].change(subject.policy)) continue;
        if (round > 0) test::weaken(subject.model, draw);
        CAPTURE(name);
        CAPTURE(kinds[k].what);
        CAPTURE(round);
        VerifyOptions all = test::by(Method::exhaustive);
        all.first_only = false;
        all.threads = 1;
        const Result counted = verify(subject.model, subject.policy, *subject.task, all);
        ++models;
        if (counted.failing == 0 || counted.failing == counted.of) {
          if (round > 0 || k % 3 != 0) continue;  // the others are tested with the constructions
        } else {
          ++partly;
          ++by_kind[k];
        }
        for (const double cut_from : {0.0, 1e9}) {
          CertifyOptions options;
          options.limits.seconds = 600;  // a loaded machine must not change the answers
          options.threads = 1 + round;
          options.probes = 4;
          options.cut_from = cut_from;
          const Result proved = certify(subject.model, subject.policy, *subject.task, options);
          CHECK(proved.failing == counted.failing);
          CHECK(proved.failing_fraction == counted.failing / counted.of);
          CHECK(proved.counterexample.has_value() == (counted.failing > 0));
        }
      }
  MESSAGE(models << " models, " << partly << " of them fail on some inputs");
  CHECK(partly >= 60);
  for (std::size_t k = 0; k < std::size(kinds); ++k) {
    if (kinds[k].what == "trap") continue;  // designs that saturate on every input
    CAPTURE(kinds[k].what);
    CHECK(by_kind[k] > 0);
  }
}

TEST_CASE("certify: either order of the digits, with a cut and without, counts what enumeration counts") {
  using namespace roundoff::analyzer::diagrams;
  TestStream draw(31);
  int partly = 0, counted_by_cut = 0;
  for (const auto& [name, size] :
       std::vector<std::pair<const char*, TaskSize>>{{"add-hinge", {.p = 3, .n = 2}},
                                                     {"add-match", {.p = 3, .n = 2}},
                                                     {"add-slim", {.p = 2, .n = 4}},
                                                     {"iteradd-log", {.p = 2, .n = 3, .k = 3}},
                                                     {"mul-n2", {.p = 2, .n = 3}}})
    for (int round = 0; round < 8; ++round) {
      test::Example subject = test::example(name, size);
      test::weaken(subject.model, draw);
      CAPTURE(name);
      CAPTURE(round);
      VerifyOptions all = test::by(Method::exhaustive);
      all.first_only = false;
      all.threads = 1;
      const Result counted = verify(subject.model, subject.policy, *subject.task, all);
      partly += counted.failing > 0 && counted.failing < counted.of;
      const SequenceShape shape = subject.task->shape(subject.task->sample(1, 0));
      Program program;
      try {
        program = record(subject.model, subject.policy, shape, {.skip_zero_weights = true, .fold = true});
      } catch (const Trap&) {
        continue;
      }
      for (const Significance order : {Significance::least_first, Significance::most_first})
        for (const Cut cut : {Cut::none, Cut::columns}) {
          const Variables one[] = {variables(*subject.task, shape, cut, 1, order)};
          const Outcome outcome = prove(program, one, *subject.task, {.threads = 1 + round % 2});
          if (cut == Cut::none) CHECK(outcome.decided);
          if (!outcome.decided) continue;  // a cut cannot tell
          counted_by_cut += cut == Cut::columns && outcome.failing > 0;
          CHECK(outcome.failing == static_cast<std::int64_t>(counted.failing));
          CHECK(outcome.holds == (counted.failing == 0));
          CHECK(outcome.question.has_value() == (counted.failing > 0));
        }
    }
  CHECK(partly >= 8);
  CHECK(counted_by_cut >= 4);
}
