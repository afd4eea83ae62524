// Least widths that are known, models that are verified, proofs that are checked; and a checker that rejects.
#include "analyzer/least/least.hpp"

#include <doctest/doctest.h>

using namespace roundoff::analyzer;

TEST_CASE("a refutation is accepted, and rejected once it is corrupted") {
  // All four clauses of two literals: no assignment satisfies them.
  const Formula formula{2, {{1, 2}, {-1, 2}, {1, -2}, {-1, -2}}};
  CHECK(check_drat(formula, "2 0\n0\n").accepted);
  CHECK(check_drat(formula, "1 0\nd 1 2 0\n0\n").accepted);
  CHECK_FALSE(check_drat(formula, "2 0\n").accepted);                 // ends too early
  CHECK_FALSE(check_drat(formula, "0\n").accepted);                   // a step is left out
  CHECK_FALSE(check_drat(formula, "2 x 0\n0\n").accepted);            // no clause
  CHECK_FALSE(check_drat(formula, "d 1 3 0\n2 0\n0\n").accepted);     // deletes what is not there
  CHECK_FALSE(check_drat(formula, "d 1 2 0\nd -1 2 0\n2 0\n").accepted);  // 2 no longer follows
  const Formula satisfiable{2, {{1, 2}, {-1, 2}, {1, -2}}};
  CHECK_FALSE(check_drat(satisfiable, "2 0\n1 0\n0\n").accepted);
}

TEST_CASE("a clause may be added whose resolvents follow, and only then") {
  const Formula formula{3, {{1, 2}, {-1, -2}}};
  // 3 is new: the definition 3 <-> 1 changes nothing.
  const ProofCheck check = check_drat(formula, "3 -1 0\n-3 1 0\n");
  CHECK(check.added == 2);
  CHECK(check.by_resolvents == 2);
  CHECK_FALSE(check.accepted);
  CHECK(check_drat(formula, "1 0\n").added == 0);
}

TEST_CASE("the least width of ADD_2(1) with one layer in fixed(1,0) is 2") {
  const auto task = make_task("add", {.p = 2, .n = 1});
  const Least least = least_width(*task, 1, parse_format("fixed(1,0)"), 2, {});
  CHECK(least.width == 2);
  CHECK(least.proved);
  REQUIRE(least.answers.size() >= 2);
  CHECK(least.answers[0].satisfiable == Satisfiable::no);
  CHECK(least.answers[0].proof_steps > 0);
  CHECK(least.answers.back().model.has_value());
}
