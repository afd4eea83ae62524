// Adversarial inputs: what fooled others' adders is among them, and a minimum that rests on them says so.
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/binary.hpp"

using nlohmann::json;
using roundoff::cli::test::Directory;
using roundoff::cli::test::Outcome;

TEST_CASE("adversarial inputs refute a rope adder with too few bits, and take the leaderboard's along") {
  const Directory directory;
  const std::string model = ROUNDOFF_SOURCE "/examples/rope_adder/rope_adder.json";
  for (const int p : {15, 16, 17}) {
    CAPTURE(p);
    const Outcome outcome = directory.run("roundoff verify " + model + " --format 'float(8," + std::to_string(p) +
                                          ")' --method adversarial --json --quiet");
    CHECK(outcome.code == 1);
    CHECK(json::parse(outcome.out)["verdict"] == "refuted");
  }
  const Outcome own = directory.run("roundoff verify " + model + " --method adversarial --json --quiet");
  CHECK(own.code == 0);
  CHECK(json::parse(own.out)["covered"] > 10010);
}

TEST_CASE("a minimum that rests on adversarial inputs says so") {
  const Directory directory;
  const std::string line =
      "roundoff analyze add-hinge --p 10 --n 3,12 --minimize int --method adversarial --quiet";
  const Outcome text = directory.run(line);
  CHECK(text.code == 0);
  CHECK(text.out.find("not a proof: the minimum at") != std::string::npos);
  const json answer = json::parse(directory.run(line + " --json").out);
  for (const json& minimum : answer["minima"]) CHECK(minimum["proved"] == false);
  const json proved = json::parse(
      directory.run("roundoff analyze add-hinge --n 3 --minimize int --method exhaustive --quiet --json").out);
  CHECK(proved["minima"][0]["proved"] == true);
}
