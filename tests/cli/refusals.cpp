// What does not apply, and numbers that nothing can be, are refused by name: nothing that is asked for is ignored
// or quietly becomes something else.
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/binary.hpp"

using nlohmann::json;
using roundoff::cli::test::Directory;
using roundoff::cli::test::Outcome;

namespace {

/// One line on standard error that says these words, nothing on standard output, this code.
void refused(const Outcome& outcome, int code, const std::vector<std::string>& says) {
  CAPTURE(outcome.err);
  CHECK(outcome.code == code);
  CHECK(outcome.out.empty());
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  for (const std::string& words : says) {
    CAPTURE(words);
    CHECK(outcome.err.find(words) != std::string::npos);
  }
}

void sweep_refused(const std::string& page, const std::vector<std::string>& says) {
  CAPTURE(page);
  const Directory directory;
  directory.write("page.toml", "[[sweep]]\n" + page);
  refused(directory.run("roundoff sweep page.toml --store s.sqlite --quiet"), 3, says);
}

}  // namespace

TEST_CASE("nothing covered is unknown, with exit code 5") {
  for (const char* line : {"roundoff verify add-hinge --n 3 --method sample --count 0 --json",
                           "roundoff verify add-match --p 10 --n 3 --method sample --count 0 --json"}) {
    const Directory directory;
    const Outcome outcome = directory.run(line);
    CHECK(outcome.code == 5);
    const json answer = json::parse(outcome.out);
    CHECK(answer["verdict"] == "unknown");
    CHECK(answer["covered"] == 0);
  }
}

TEST_CASE("budgets and works that are no numbers of anything are refused") {
  const Directory directory;
  for (const char* bad : {"-5", "nan", "inf", "-0.5", "1e999"}) {
    CAPTURE(bad);
    refused(directory.run(std::string("roundoff verify add-hinge --n 3 --budget ") + bad), 2, {"--budget", bad});
    refused(directory.run(std::string("roundoff table1 --task add --work ") + bad), 2, {"--work", bad});
  }
}

TEST_CASE("an empty word is no value of an option") {
  const Directory directory;
  for (const char* option : {"--softmax", "--order", "--format", "--store", "--policy", "--set"}) {
    CAPTURE(option);
    refused(directory.run(std::string("roundoff verify add-hinge --n 3 ") + option + " ''"), 2, {option, "empty"});
  }
  refused(directory.run("roundoff analyze add-hinge --n ''"), 2, {"--n", "empty"});
}

TEST_CASE("sizes of a sweep are those that analyze takes") {
  const Directory directory;
  directory.write("page.toml", "[[sweep]]\nconstructions = [\"add-hinge\"]\nn = \"2..16*2\"\n");
  const Outcome planned = directory.run("roundoff sweep page.toml --dry-run --json");
  CHECK(planned.code == 0);
  CHECK(json::parse(planned.out)["questions"].size() == 4);
  for (const char* wrong : {"n = [-1]", "n = 0", "n = [1000000000000]", "n = \"2..4 and more\"", "n = \"4..2\"",
                            "n = []", "n = 2.5", "p = [4294967298]", "n = \"1..2000000\""})
    sweep_refused(std::string("constructions = [\"add-hinge\"]\n") + wrong + "\n", {"number 1"});
}

TEST_CASE("limits of a sweep that are none are refused") {
  for (const char* wrong :
       {"exhaustive_limit = -1", "exhaustive_limit = nan", "exhaustive_limit = \"many\"", "count = -1",
        "count = true", "count = 2.0", "seed = 1.5", "seed = true", "ragged = 1"})
    sweep_refused(std::string("constructions = [\"add-hinge\"]\nn = 2\n") + wrong + "\n", {"number 1"});
}

TEST_CASE("a task and constructions of another one are refused") {
  sweep_refused("task = \"mul\"\nconstructions = [\"add-hinge\"]\nn = 2\n", {"mul", "add-hinge"});
  sweep_refused("constructions = [\"add-hinge\"]\nregime = \"constant\"\nn = 2\n", {"regime"});
}

TEST_CASE("a size that a task does not have is refused") {
  const Directory directory;
  refused(directory.run("roundoff verify majority --n 8"), 2, {"--n", "majority"});
  refused(directory.run("roundoff verify parity --n 5"), 2, {"--n", "parity"});
  refused(directory.run("roundoff verify add-hinge --n 3 --k 4"), 2, {"--k", "add"});
  refused(directory.run("roundoff analyze parity --n 2..4"), 2, {"--n", "parity"});
  refused(directory.run("roundoff frontier add-match --n 2 --l 3"), 2, {"--l", "add"});
  sweep_refused("constructions = [\"parity\"]\nn = 4\n", {"'n'", "parity"});
  sweep_refused("constructions = [\"add-hinge\"]\nn = 2\np = [2, 1]\n", {"p is a base"});
}

TEST_CASE("a word task has no base, and the file of a task has the sizes that it names") {
  const Directory directory;
  refused(directory.run("roundoff tasks dyck1:depth=2 --p 36"), 2, {"--p", "dyck1"});
  const std::string head = "[task]\nkind = \"expression\"\nanswer = \"x1\"\nanswer_digits = \"n\"\n";
  directory.write("fixed.toml", head + "base = \"3\"\noperands = { count = 1 }\n");
  CHECK(directory.run("roundoff tasks fixed.toml --n 3").code == 0);
  for (const char* size : {"--p 4", "--k 3", "--l 3"})
    refused(directory.run(std::string("roundoff tasks fixed.toml --n 3 ") + size), 2,
            {std::string(size).substr(0, 3), "fixed"});
  directory.write("free.toml", head + "operands = { count = \"k\" }\n");
  CHECK(directory.run("roundoff tasks free.toml --n 3 --p 4 --k 3").code == 0);
  directory.write("none.toml",
                  "[task]\nkind = \"expression\"\nanswer = \"x1\"\nanswer_digits = 2\noperands = { count = "
                  "1, digits = \"2\" }\n");
  refused(directory.run("roundoff tasks none.toml --n 3"), 2, {"--n", "no such size"});
}

TEST_CASE("an automaton takes no size of words, and without a model no arithmetic") {
  const Directory directory;
  for (const char* option :
       {"--n 5", "--p 3", "--states 9", "--budget 3", "--format e4m3", "--nan propagate"})
    refused(directory.run(std::string("roundoff automaton --task dyck1:depth=2 ") + option), 2,
            {"automaton"});
  directory.write("m.json", R"json({"vocab":["a","b","=","<eos>"],"tok_emb":[[0],[1],[0],[0]],"layers":[],
    "W_U":[[1],[0],[0],[0]],"format":"fixed(3,0)"})json");
  CHECK(directory.run("roundoff automaton m.json").code == 0);
  for (const char* option : {"--n 5", "--p 3", "--c 2", "--ragged"})
    refused(directory.run(std::string("roundoff automaton m.json ") + option), 2, {"automaton", "size"});
}

TEST_CASE("analyze has one row a size that the task has") {
  const Directory directory;
  const Outcome outcome = directory.run("roundoff analyze parity --k 3,4 --minimize bits --json --quiet");
  CHECK(outcome.code == 0);
  CHECK(json::parse(outcome.out)["minima"].size() == 2);
  const Outcome shown = directory.run("roundoff analyze parity --k 3,4 --quiet");
  CHECK(shown.out.starts_with("k  N "));
  CHECK(shown.out.find("n=") == std::string::npos);
}

TEST_CASE("options of other subjects and methods are refused") {
  const Directory directory;
  refused(directory.run("roundoff verify add-hinge --n 3 --task mul"), 2, {"--task", "add-hinge"});
  refused(directory.run("roundoff verify add-hinge --n 3 --method exhaustive --count 7"), 2, {"--count"});
  refused(directory.run("roundoff verify add-hinge --n 3 --method sample --budget 7"), 2, {"--budget"});
  refused(directory.run("roundoff analyze add-hinge --n 3 --regime constant"), 2, {"--regime"});
  sweep_refused("constructions = [\"add-hinge\"]\nn = 2\nmethod = \"exhaustive\"\ncount = 7\n", {"count"});
}

TEST_CASE("a counterexample of a task without --n is replayed as printed") {
  const Directory directory;
  const Outcome refuted =
      directory.run("roundoff verify majority --k 9 --format 'fixed(2,0)' --round-weights --json --quiet");
  REQUIRE(refuted.code == 1);
  CHECK(directory.run(json::parse(refuted.out)["replay"].get<std::string>()).code == 1);
}
