// roundoff scaling: what it says, what it refuses, and that a fit's file is read by the next question.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/binary.hpp"

using nlohmann::json;
using roundoff::cli::test::Directory;
using roundoff::cli::test::Outcome;

TEST_CASE("published constants have their best bits at seven, and at half of that without offsets") {
  const json answer = json::parse(roundoff::cli::test::run("roundoff scaling predict --optimal --json").out);
  CHECK(answer["best_bits"] == doctest::Approx(7.0).epsilon(0.002));
  CHECK(answer["best_bits_without_offsets"] == doctest::Approx(3.47).epsilon(0.002));
}

TEST_CASE("constants of a fit are constants of a prediction, and figures have curves and runs") {
  const Directory directory;
  const std::string runs = ROUNDOFF_SOURCE "/examples/scaling/runs.csv";
  REQUIRE(directory.run("roundoff scaling fit " + runs + " --resamples 0 --quiet --json > fit.json").code ==
          0);
  const json law = json::parse(directory.read("fit.json"))["law"];
  CHECK(law["alpha"] == doctest::Approx(0.4965).epsilon(0.03));
  const json answer =
      json::parse(directory.run("roundoff scaling predict --constants fit.json --optimal --json").out);
  CHECK(answer["law"] == law);
  CHECK(answer["best_bits"] == doctest::Approx(7.0).epsilon(0.02));
  CHECK(directory.run("roundoff scaling plot " + runs + " -o figures").code == 0);
  CHECK(directory.read("figures/loss-after-quantisation.csv").find("measured") != std::string::npos);
  CHECK(directory.read("figures/effective-parameters.svg").find("<svg") != std::string::npos);
}

TEST_CASE("scaling refuses what does not apply, and names lines and columns") {
  const Directory directory;
  directory.write("bad.csv", "N,D,loss\n1e7,1e9,3.5\n1e7,1e9,oops\n");
  directory.write("few.csv", "N,D,loss\n1e7,1e9,3.5\n");
  directory.write("law.json", R"({"A": 1, "B": 2, "E": 1, "alpha": 0.5, "gamma": 1})");
  for (const auto& [words, code, says] : {std::tuple{"predict", 2, "--N and --D"},
                                          {"predict --N 1e7", 2, "go together"},
                                          {"predict --N 1e7 --D 1e9 --P_w 0", 2, "above 0"},
                                          {"predict --N 1e7 --D 1e9 --P_w 4 --P_post 3", 2, "C_w"},
                                          {"predict --compute 1e20 --D 1e9", 2, "leave one out"},
                                          {"predict --optimal --starts 3", 2, "scaling fit"},
                                          {"fit few.csv", 2, "too few"},
                                          {"fit few.csv --N 3", 2, "scaling predict"},
                                          {"fit bad.csv", 3, "line 3"},
                                          {"fit absent.csv", 3, "absent.csv"},
                                          {"predict --optimal --constants law.json", 3, "gamma"},
                                          {"plot", 2, "-o"},
                                          {"draw", 2, "unknown"}}) {
    CAPTURE(words);
    const Outcome outcome = directory.run("roundoff scaling " + std::string(words));
    CHECK(outcome.code == code);
    CHECK(outcome.err.find(says) != std::string::npos);
  }
}
