// A run that stops (a trap) is an answer: one document with a verdict and the input, or wrong usage.
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/binary.hpp"

using nlohmann::json;
using roundoff::cli::test::Directory;
using roundoff::cli::test::Outcome;

namespace {

/// One register that holds 9, which float(2,3) lacks: infinite, and in fixed(2,2) no number at all.
constexpr const char* trapping = R"json({"vocab": ["0", "1", "+", "=", "<eos>"],
 "tok_emb": [[0], [1], [0], [9], [0]], "pos_emb": [[0], [0], [0], [0], [0]], "layers": [],
 "W_U": [[0], [1], [0], [0], [0]], "format": "float(2,3)", "formats": {"logits": "fixed(2,2)"},
 "task": {"name": "parity", "p": 2, "k": 2}})json";

}  // namespace

TEST_CASE("a trap on every input is a refutation with an input, by every method") {
  for (const char* method : {"auto", "certify", "sample", "exhaustive", "adversarial", "auto --reference"}) {
    CAPTURE(method);
    const Directory directory;
    directory.write("m.json", trapping);
    const Outcome outcome =
        directory.run(std::string("roundoff verify m.json --json --quiet --method ") + method);
    CHECK(outcome.code == 1);
    CAPTURE(outcome.err);
    REQUIRE_FALSE(outcome.out.empty());
    const json answer = json::parse(outcome.out);
    CHECK(answer["verdict"] == "refuted");
    CHECK(answer["counterexample"]["got"].get<std::string>().starts_with("trap"));
    CHECK(directory.run("roundoff run m.json '" + answer["counterexample"]["input"].get<std::string>() + "'").code ==
          1);
  }
}

TEST_CASE("a weight beyond a format that traps is a refutation, not an empty answer") {
  const Directory directory;
  const Outcome outcome = directory.run(
      "roundoff verify add-hinge --n 3 --format 'fixed(2,0):trap' --round-weights --json --quiet");
  CAPTURE(outcome.err);
  CHECK((outcome.code == 1 || outcome.code == 2));
  if (outcome.code == 1) CHECK(json::parse(outcome.out)["verdict"] == "refuted");
}

TEST_CASE("every command ends a trap with one document and a verdict, or exit code 2") {
  for (const char* line : {"roundoff eval 'fixed(3,0):trap' relu inf --json",
                           "roundoff eval 'fixed(3,0):trap' add 7 7 --json",
                           "roundoff run m.json '0+1=' --json", "roundoff explain m.json '0+1=' --json"}) {
    CAPTURE(line);
    const Directory directory;
    directory.write("m.json", trapping);
    const Outcome outcome = directory.run(line);
    CAPTURE(outcome.err);
    CHECK((outcome.code == 1 || outcome.code == 2));
    if (outcome.code == 1) {
      REQUIRE_FALSE(outcome.out.empty());
      CHECK(json::parse(outcome.out).is_object());
      CHECK(outcome.out.find("trap") != std::string::npos);
    }
  }
}
