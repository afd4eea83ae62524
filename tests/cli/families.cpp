// Adversarial inputs: what fooled others' adders is among them, and a minimum that rests on them says so.
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/binary.hpp"

using nlohmann::json;
using roundoff::cli::test::Directory;
using roundoff::cli::test::Outcome;

TEST_CASE("a ten-digit adder is asked the leaderboard's inputs beside the families") {
  const Directory directory;
  const std::string model = ROUNDOFF_SOURCE "/examples/rope_adder/rope_adder.json";
  const Outcome alone = directory.run("roundoff verify " + model + " --method adversarial --json --quiet");
  CHECK(alone.code == 0);
  const double covered = json::parse(alone.out)["covered"];
  CHECK(covered > 10010 + 2000);
  // And so is one that is built here; other sizes have the families alone.
  const json hinge = json::parse(
      directory.run("roundoff verify add-hinge --p 10 --n 10 --method adversarial --json --quiet").out);
  CHECK(hinge["covered"] == covered);
  const json nine = json::parse(
      directory.run("roundoff verify add-hinge --p 10 --n 9 --method adversarial --json --quiet").out);
  CHECK(nine["covered"] > 2000);
  CHECK(nine["covered"] < 4097);
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
