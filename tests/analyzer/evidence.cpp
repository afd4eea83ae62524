// What answers claim, which of them cannot both be true, and which says more.
#include "analyzer/evidence/evidence.hpp"

#include <vector>

#include <doctest/doctest.h>

#include "formats/error.hpp"
#include "tests/analyzer/subjects.hpp"

using namespace roundoff::analyzer;
using namespace roundoff::analyzer::test;

namespace {

constexpr double all = 1e20;

Result unknown(Obstacle obstacle = {Reason::time, 1}) {
  Result result;
  result.method = Method::certify;
  result.of = all;
  result.obstacle = obstacle;
  return result;
}
Result part(std::uint64_t samples, Obstacle obstacle = {Reason::time, 1}) {
  Result result = unknown(obstacle);
  result.verdict = Verdict::holds;
  result.method = Method::sample;
  result.listed = 4096;
  result.samples = samples;
  result.covered = 4096 + static_cast<double>(samples);
  return result;
}
Result certified() {
  Result result = unknown({});
  result.verdict = Verdict::certified;
  result.covered = all;
  result.failing_fraction = 0;
  return result;
}
Result refuted(Method method, const std::string& input, Obstacle obstacle = {}) {
  Result result = unknown(obstacle);
  result.verdict = Verdict::refuted;
  result.method = method;
  result.failing = 1;
  result.counterexample = Counterexample{{{{0}, {1}}}, input, "00", "01"};
  return result;
}
Result counted(double fraction) {
  Result result = refuted(Method::certify, "0+1=");
  result.failing_fraction = fraction;
  return result;
}

}  // namespace

TEST_CASE("evidence: a chain of answers that agree, each stronger than the one before") {
  const std::vector<Result> chain = {unknown(), part(100), part(1000), refuted(Method::certify, "0+1="),
                                     counted(1e-9)};
  for (std::size_t i = 0; i < chain.size(); ++i)
    for (std::size_t j = 0; j < chain.size(); ++j) {
      CAPTURE(i);
      CAPTURE(j);
      // Fewer and more samples are answers to two questions, so that nobody compares them as one.
      if (i + j == 3 && i != 0 && j != 0) continue;
      CHECK_FALSE(contradict(chain[i], chain[j]));
      CHECK(strength(chain[i], chain[j]) == (i <=> j));
      CHECK(text(stronger(chain[i], chain[j])) == text(chain[std::max(i, j)]));
    }
  CHECK(strength(part(100), certified()) == std::partial_ordering::less);
}

TEST_CASE("evidence: refuted, and refuted with this fraction, agree; two fractions do not") {
  const Result weak = refuted(Method::certify, "2+3=", {Reason::time, 0.02});
  CHECK_FALSE(contradict(weak, counted(1e-9)));
  CHECK(text(stronger(weak, counted(1e-9))) == text(counted(1e-9)));
  CHECK(contradict(counted(1e-9), counted(2e-9)));
  CHECK(strength(counted(1e-9), counted(2e-9)) == std::partial_ordering::unordered);
  // Two proofs may come upon two inputs that fail.
  CHECK_FALSE(contradict(weak, refuted(Method::certify, "0+1=")));
}

TEST_CASE("evidence: what cannot both be true") {
  CHECK(contradict(certified(), refuted(Method::sample, "0+1=")));
  CHECK(contradict(counted(1e-9), certified()));
  // The same list, or the same draws, decided otherwise.
  CHECK(contradict(refuted(Method::adversarial, "0+1="), part(100)));
  CHECK(contradict(refuted(Method::sample, "0+1="), part(100)));
  CHECK(contradict(refuted(Method::exhaustive, "0+1="), refuted(Method::exhaustive, "2+3=")));
  // A proof finds what samples do not.
  CHECK_FALSE(contradict(refuted(Method::certify, "0+1="), part(100)));
  CHECK_FALSE(contradict(unknown(), certified()));
}

TEST_CASE("evidence: of two weak answers that of the larger budget stays, in either order") {
  const Result less = part(100, {Reason::time, 1}), more = part(100, {Reason::time, 60});
  CHECK(stronger(less, more).obstacle.limit == 60);
  CHECK(stronger(more, less).obstacle.limit == 60);
  CHECK(grants_more({.seconds = 61}, more.obstacle));
  CHECK_FALSE(grants_more({.seconds = 60}, more.obstacle));
  CHECK(grants_more({.steps = 1e6}, {Reason::steps, 1e5}));
  CHECK_FALSE(grants_more({}, {Reason::no_specification}));
  for (int reason = 0; reason <= static_cast<int>(Reason::cancelled); ++reason)
    CHECK(parse_reason(name(static_cast<Reason>(reason))) == static_cast<Reason>(reason));
}

TEST_CASE("evidence: nothing covered is unknown") {
  VerifyOptions none = by(Method::sample);
  none.count = 0;
  const Result result = example("add-hinge", {.p = 2, .n = 3}).verify(none);
  CHECK(result.verdict == Verdict::unknown);
  CHECK(result.obstacle == Obstacle{Reason::nothing_covered});
}

TEST_CASE("evidence: answers of version 1 are read") {
  const Result sample = result_from(
      R"json({"covered":104096.0,"failing":0.0,"fraction_bound":3e-05,"method":"adversarial 4096 + 100000 samples (seed 7)","note":"certify: ran out of time","of":1e+20,"verdict":"holds"})json");
  CHECK(sample.method == Method::sample);
  CHECK(sample.listed == 4096);
  CHECK(sample.samples == 100000);
  CHECK(sample.seed == 7);
  for (const auto& [words, method] :
       {std::pair{"exhaustive", Method::exhaustive}, std::pair{"certify", Method::certify},
        std::pair{"adversarial 12", Method::adversarial}, std::pair{"adderboard 10010", Method::adderboard},
        std::pair{"5000 samples (seed 1)", Method::sample}}) {
    const Result result = result_from(
        R"json({"covered":1.0,"failing":0.0,"note":"","of":1e+20,"verdict":"unknown","method":")json" +
        std::string(words) + "\"}");
    CHECK(result.method == method);
  }
  CHECK_THROWS_AS(
      result_from(R"json({"covered":1.0,"failing":0.0,"note":"","of":1,"verdict":"holds","method":"x"})json"),
      FileError);
}
