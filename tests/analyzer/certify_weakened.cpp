// Deliberately weakened models: the failing inputs that a proof counts are those that enumeration finds.
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "analyzer/evidence/certify.hpp"
#include "formats/error.hpp"
#include "formats/format.hpp"
#include "tests/analyzer/subjects.hpp"
#include "tests/analyzer/weaken.hpp"

using namespace roundoff::analyzer;

namespace {

// How proofs met enumeration.
struct Tally {
  int models = 0, refuted = 0, partly = 0, cut = 0;

  void compare(const Model& model, const Policy& policy, const Task& task, CertifyOptions options = {}) {
    VerifyOptions all = test::by(Method::exhaustive);
    all.first_only = false;
    all.threads = 1;
    const Result counted = verify(model, policy, task, all);
    options.limits.seconds = 6000;  // a loaded machine must not change the answers
    const Result proved = certify(model, policy, task, options);
    CHECK(proved.failing == counted.failing);
    CHECK(proved.covered == counted.of);
    CHECK(proved.failing_fraction == counted.failing / counted.of);
    CHECK(proved.verdict == (counted.failing == 0 ? Verdict::certified : Verdict::refuted));
    CHECK(proved.counterexample.has_value() == (counted.failing > 0));
    ++models;
    refuted += counted.failing > 0;
    partly += counted.failing > 0 && counted.failing < counted.of;
    cut += proved.cut != diagrams::Cut::none;
  }
};

// The construction at a size in a format, or nothing where it refuses.
std::optional<test::Example> try_example(const Construction& construction, const TaskSize& size,
                                         std::string_view format, const Settings& settings = {}) try {
  return test::example(construction.name, size, format, settings);
} catch (const UsageError&) {
  return std::nullopt;
}

}  // namespace

TEST_CASE("certify: a wrong weight anywhere in any construction, counted as enumeration counts") {
  Tally tally;
  TestStream draw(7);
  for (const Construction& construction : all_constructions())
    for (const TaskSize& size : find_task(construction.task).standard) {
      auto subject = try_example(construction, size, "");
      if (!subject) continue;
      for (int round = 0; round < 3; ++round) {
        Model model = subject->model;
        if (round > 0) test::weaken(model, draw);
        CAPTURE(construction.name);
        CAPTURE(size.p);
        CAPTURE(round);
        tally.compare(
            model, subject->policy, *subject->task,
            {.threads = 1 + round % 2, .probes = round % 2 ? 8u : 0u, .cut_from = round < 2 ? 0 : 1e9});
      }
    }
  CHECK(tally.refuted >= 12);
  CHECK(tally.partly >= 4);
  CHECK(tally.cut >= 5);
}

TEST_CASE("certify: fewer bits, small floats, short windows and other knobs, counted as enumeration counts") {
  Tally tally;
  for (const Construction& construction : all_constructions())
    for (const TaskSize& size : find_task(construction.task).standard) {
      if (construction.task != "add" && size.p > 2 && !std::getenv("ROUNDOFF_LONG")) continue;
      CAPTURE(construction.name);
      CAPTURE(size.p);
      const auto whole = try_example(construction, size, "");
      if (!whole) continue;
      // its weights for its own format, computed in others: one and two bits less, and floats
      const Format& own = whole->policy[Role::activations];
      std::vector<std::string> formats = {"float(4,3)", "float(3,3):sat", "F(0,2)"};
      if (own.is_uniform())
        for (const int less : {1, 2})
          if (own.first > less)
            formats.push_back("fixed(" + std::to_string(own.first - less) + "," + std::to_string(own.second) +
                              ")");
      for (const std::string& format : formats) {
        CAPTURE(format);
        tally.compare(whole->model, Policy::uniform(parse_format(format)), *whole->task, {.threads = 1});
      }
      for (const Knob& knob : construction.knobs) {
        const int least = knob.least(size);
        if (least == knob.standard(size)) continue;
        CAPTURE(knob.name);
        if (const auto small = try_example(construction, size, "", {{std::string(knob.name), least}}))
          tally.compare(small->model, small->policy, *small->task, {.threads = 1});
      }
    }
  CHECK(tally.models >= 40);
  CHECK(tally.refuted >= 25);
  CHECK(tally.partly >= 8);
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
  Tally tally;
  TestStream draw(11);
  for (int round = 0; round < 8; ++round)
    for (const Case& one : cases) {
      test::Example subject = test::example(one.name, one.size);
      if (round > 0) test::weaken(subject.model, draw);
      CAPTURE(one.name);
      CAPTURE(round);
      tally.compare(subject.model, subject.policy, *subject.task, {.threads = 1, .probes = 0, .cut_from = 0});
    }
  CHECK(tally.cut >= 5);
  CHECK(tally.refuted >= 5);
}
