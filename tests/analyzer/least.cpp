// Least widths that are known, models that are verified, proofs that are checked; and a checker that rejects.
#include <algorithm>

#include <doctest/doctest.h>

#include "analyzer/least/least_store.hpp"
#include "tests/scratch.hpp"

using namespace roundoff::analyzer;

TEST_CASE("a refutation is accepted, and rejected once it is corrupted") {
  // All four clauses of two literals: no assignment satisfies them.
  const Formula formula{2, {{1, 2}, {-1, 2}, {1, -2}, {-1, -2}}};
  CHECK(check_drat(formula, "2 0\n0\n").accepted);
  CHECK(check_drat(formula, "1 0\nd 1 2 0\n0\n").accepted);
  CHECK_FALSE(check_drat(formula, "2 0\n").accepted);                     // ends too early
  CHECK_FALSE(check_drat(formula, "0\n").accepted);                       // a step is left out
  CHECK_FALSE(check_drat(formula, "2 x 0\n0\n").accepted);                // no clause
  CHECK_FALSE(check_drat(formula, "d 1 3 0\n2 0\n0\n").accepted);         // deletes what is not there
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

TEST_CASE(
    "symmetric models are left out without a change of the answer, and splits that are no squares have "
    "theirs") {
  LeastOptions all;
  all.symmetries = false;
  const Format format = parse_format("fixed(1,0)");
  for (const auto& [name, size] : {std::pair{"parity", TaskSize{.p = 2, .n = 1, .k = 2}},
                                   {"equal", {.p = 2, .n = 1}},
                                   {"less", {.p = 2, .n = 1}},
                                   {"copy", {.p = 2, .n = 1}}})
    for (const WidthSplit& split :
         {WidthSplit{1, 1, 1, 1, 1}, WidthSplit{1, 2, 2, 1, 2}, WidthSplit{1, 2, 1, 2, 1}}) {
      CAPTURE(name);
      const auto task = make_task(name, size);
      CHECK(decide(*task, split, format, {}).satisfiable == decide(*task, split, format, all).satisfiable);
    }
}

TEST_CASE("maximal splits of a width hold all others") {
  for (int width = 1; width <= 9; ++width)
    for (int heads = 1; heads <= width; ++heads) {
      const int size = width / heads;
      const auto splits = maximal_splits(width, 1);
      CHECK(std::any_of(splits.begin(), splits.end(), [&](const WidthSplit& split) {
        return split.heads >= heads && split.d_head >= size && split.d_model == width &&
               split.width() <= width;
      }));
    }
}

TEST_CASE(
    "a format of other values, whose quotients are not monotone in the divisor, is the executor's too") {
  // (A model that the circuit accepts and the executor refutes is an exception.)
  const auto task = make_task("equal", {.p = 2, .n = 1});
  const Least least = least_width(*task, 1, parse_format("fixed(2,0)"), 2, {});
  CHECK(least.width == 1);  // with seven values one register does, with three it does not
  CHECK(least.proved);
}

TEST_CASE("what is found is kept in a store, and a model from there is verified again") {
  const roundoff::test::Scratch scratch;
  const Format format = parse_format("fixed(1,0)");
  const auto task = make_task("equal", {.p = 2, .n = 1});
  {
    Store store(scratch.path("least.sqlite"));
    LeastOptions how;
    how.found = [&](const SplitAnswer& answer) { keep_split(store, *task, format, answer); };
    CHECK(least_width(*task, 1, format, 3, how).width == 2);
    LeastOptions again;
    int asked = 0;
    again.known = [&](const WidthSplit& split) { return known_split(store, *task, split, format); };
    again.asking = [&](const WidthSplit&) { ++asked; };
    const Least least = least_width(*task, 1, format, 3, again);
    CHECK(least.width == 2);
    CHECK(least.proved);
    CHECK(asked == 0);
  }
}
