// What the first ten minutes rest on: constructions run, verdicts can be replayed, minima are minimal, stores
// remember, exports are the same model. Constructions are taken from the registry's own listing, so that a
// new one is tested too.
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/binary.hpp"

using nlohmann::json;
using roundoff::cli::test::Directory;
using roundoff::cli::test::Outcome;
using roundoff::cli::test::run;

namespace {

json answer(const Outcome& outcome) {
  CAPTURE(outcome.err);
  json parsed;
  REQUIRE_NOTHROW(parsed = json::parse(outcome.out));
  return parsed;
}

/// A small size of a task, one of its questions, and how many there are.
struct Small {
  std::string size, question;
  int inputs;
};
Small small(const std::string& task) {
  if (task == "add") return {" --p 2 --n 3 ", "011+001=", 64};
  if (task.ends_with("mul")) return {" --p 2 --n 2 ", "11*10=", 16};
  if (task == "majority" || task == "parity") return {" --k 3 ", "1+0+1=", 8};
  return {" --p 2 --n 1 --k 3 ", "1+0+1=", 8};
}

}  // namespace

TEST_CASE(
    "every construction of the registry says what it claims, is verified at a small size under its own "
    "policy, "
    "exported, and the file gives the same trace") {
  const json list = answer(run("roundoff constructions --json"));
  REQUIRE(list.is_array());
  CHECK(list.size() >= 17);
  for (const json& construction : list) {
    for (const char* field : {"name", "task", "theorem", "regime", "width", "family", "note"}) {
      REQUIRE(construction[field].is_string());
      CHECK(!construction[field].get<std::string>().empty());
    }
    CHECK(construction["knobs"].is_object());
    CHECK(construction["semantics"].is_object());
    const std::string name = construction["name"];
    CAPTURE(name);
    const Small at = small(construction["task"]);
    Directory directory;
    const json verdict = answer(directory.run("roundoff verify " + name + at.size + "--json --quiet"));
    CHECK((verdict["verdict"] == "holds" || verdict["verdict"] == "certified"));
    CHECK(verdict["of"] == at.inputs);
    CHECK(verdict["outside_the_theorem"] == construction["outside_the_theorem"]);
    const Outcome exported = directory.run("roundoff export " + name + at.size + "-o model.json");
    CHECK(exported.code == 0);
    const Outcome built =
        directory.run("roundoff run " + name + at.size + "'" + at.question + "' --json --trace built.jsonl");
    const Outcome loaded =
        directory.run("roundoff run model.json '" + at.question + "' --json --trace loaded.jsonl");
    CHECK(answer(built)["right"] == true);
    CHECK(answer(built)["tokens"] == answer(loaded)["tokens"]);
    CHECK(!directory.read("built.jsonl").empty());
    CHECK(directory.read("built.jsonl") == directory.read("loaded.jsonl"));
  }
}

TEST_CASE(
    "a construction's own semantics are taken where none are given, and a choice that cannot work is "
    "refused") {
  const Outcome refused = run("roundoff verify iteradd-exact --n 2 --k 3 --order sequential");
  CHECK(refused.code == 2);
  CHECK(refused.err.find("--order exact") != std::string::npos);
  CHECK(run("roundoff verify parity --k 5 --format 'fixed(2,0)'").code == 2);
  CHECK(run("roundoff verify parity --k 5 --format 'twos(2,0)'").code == 0);
  const json minimum = answer(run("roundoff analyze parity --minimize bits --k 4 --json --quiet"));
  CHECK(minimum["minima"][0]["value"] == 2);
}

TEST_CASE("a counterexample is replayed by its own command, with the same wrong answer") {
  const Directory directory;
  for (const char* line :
       {"roundoff verify short.json", "roundoff verify add-dnf --p 2 --n 5 --set window=2",
        "roundoff verify add-dnf --p 3 --n 4 --set window=1 --method sample --count 5000"}) {
    CAPTURE(line);
    const Outcome refuted = directory.run(std::string(line) + " --json");
    CHECK(refuted.code == 1);
    const json verdict = answer(refuted);
    CHECK(verdict["verdict"] == "refuted");
    const Outcome replayed = directory.run(verdict["replay"].get<std::string>() + " --json");
    CHECK(replayed.code == 1);
    const json run_again = answer(replayed);
    CHECK(run_again["input"] == verdict["counterexample"]["input"]);
    CHECK(run_again["answer"] == verdict["counterexample"]["got"]);
    CHECK(run_again["want"] == verdict["counterexample"]["want"]);
    CHECK(run_again["right"] == false);
  }
}

TEST_CASE("a minimum holds, and every counterexample one step below it is replayed") {
  const json found = answer(run("roundoff analyze add-hinge --minimize bits --n 3..5 --json --quiet"));
  REQUIRE(found["minima"].size() == 3);
  int replayed = 0;
  for (const json& minimum : found["minima"]) {
    const std::string format = minimum["best"]["format"];
    const std::string size = " --p 2 --n " + minimum["n"].dump();
    CHECK(minimum["best"]["evidence"]["verdict"] != "refuted");
    CHECK(minimum["best"]["bits"] == minimum["value"]);
    for (const json& below : minimum["below"]) {
      CHECK(below["value"] < minimum["value"]);
      if (!below.contains("replay")) continue;
      CHECK(run(below["replay"].get<std::string>() + " > /dev/null").code == 1);
      ++replayed;
    }
  }
  CHECK(replayed > 0);
  CHECK(found["law"].contains("statement"));
}

TEST_CASE("the answer's bytes do not depend on the number of threads") {
  const std::string line = "roundoff verify add-dnf --p 2 --n 5 --set window=3 --all --method exhaustive ";
  CHECK(run(line + "--threads 1").out == run(line + "--threads 3").out);
  const std::string minima = "roundoff analyze add-flipflop --minimize bits --n 2..4 --csv ";
  CHECK(run(minima + "--threads 1").out == run(minima + "--threads 2").out);
}

TEST_CASE("a verdict that a store has is not asked again") {
  const Directory directory;
  const std::string line = "roundoff verify add-flipflop --p 2 --n 6 --store s.sqlite --json --quiet";
  json first = answer(directory.run(line)), second = answer(directory.run(line));
  first.erase("seconds");
  second.erase("seconds");
  CHECK(first == second);
}

TEST_CASE("a million lines of eval take less than a minute, and answer in order") {
  const Directory directory;
  const Outcome outcome = directory.run(
      "awk 'BEGIN { for (i = 0; i < 100000; i++) { print \"binary16 exp \" i % 11; print \"fixed(7,8):rup "
      "mul \" i % 97 \"/3 -0.5\";"
      " print \"bfloat16 div 1 \" i % 13 + 1; print \"float(5,7) gelu -\" i % 7 \".25\" } }' > lines; "
      "start=$(date +%s); roundoff eval --stdin < lines > answers; end=$(date +%s); "
      "wc -l < answers; test $((end - start)) -lt 24; sed -n 3p answers; roundoff eval bfloat16 div 1 1");
  CHECK(outcome.code == 0);
  CHECK(outcome.out.starts_with("400000\n0x1p+0\t#x3f80\t-\n0x1p+0\t#x3f80\t-\n"));
}

TEST_CASE("the table is written as one page that needs no network") {
  const Directory directory;
  const Outcome outcome =
      directory.run("roundoff table1 --task mul --work 1e6 --page page.html --json --quiet");
  CHECK(outcome.code == 0);
  CHECK(answer(outcome)["cells"].size() == 2);
  const std::string page = directory.read("page.html");
  CHECK(page.starts_with("<!doctype html>"));
  CHECK(page.find("</html>") != std::string::npos);
  for (const char* remote : {"src=\"http", "href=\"http", "url(http", "<script", "@import"})
    CHECK(page.find(remote) == std::string::npos);
}
