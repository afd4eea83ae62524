// roundoff least: a width with a model that the program verifies, what is refused, and a search that goes on.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/binary.hpp"

using nlohmann::json;
using roundoff::cli::test::Directory;
using roundoff::cli::test::Outcome;

TEST_CASE("the model of a least width verifies as a file, and one register less is impossible") {
  const Directory directory;
  const Outcome found =
      directory.run("roundoff least add --n 1 -o adder.json --store least.sqlite --json --quiet");
  CHECK(found.code == 0);
  const json answer = json::parse(found.out);
  CHECK(answer["width"] == 2);
  CHECK(answer["proved"] == true);
  CHECK(answer["splits"][0]["possible"] == false);
  CHECK(answer["splits"][0]["proof_steps"] > 100);
  const json verdict = json::parse(directory.run("roundoff verify adder.json --json").out);
  CHECK(verdict["verdict"] == "holds");
  CHECK(verdict["covered"] == 4);
  CHECK(verdict["width"] == 2);
  // The same question again, from the store, gives the same bytes.
  const Outcome again =
      directory.run("roundoff least add --n 1 -o adder.json --store least.sqlite --json --quiet");
  CHECK(again.out == found.out);
}

TEST_CASE("least says what it does not know, and what it cannot ask") {
  const Directory directory;
  const Outcome narrow = directory.run("roundoff least add --n 1 --most 1 --quiet");
  CHECK(narrow.code == 5);
  CHECK(narrow.out.find("no width up to 1") != std::string::npos);
  const Outcome hurried = directory.run("roundoff least add --n 2 --budget 0 --most 2 --quiet");
  CHECK(hurried.code == 5);
  CHECK(hurried.out.find("ran out of time") != std::string::npos);
  for (const auto& [words, says] : {std::pair{"add --n 20", "smaller size"},
                                    {"add --n 1 --format binary16", "fixed-point"},
                                    {"add --n 1 --k 3", "--k"},
                                    {"ad --n 1", "did you mean"}}) {
    CAPTURE(words);
    const Outcome outcome = directory.run("roundoff least " + std::string(words));
    CHECK(outcome.code == 2);
    CHECK(outcome.err.find(says) != std::string::npos);
  }
}
