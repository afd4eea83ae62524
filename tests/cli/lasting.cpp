// What outlives a process: sweeps that are killed, shards, several processes on one store, interrupts. The
// measure is always bytes: of stores as they are listed, and of the whole report.
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "analyzer/store/store.hpp"
#include "tests/cli/binary.hpp"

using nlohmann::json;
using roundoff::cli::test::Directory;
using roundoff::cli::test::Outcome;

namespace {

/// Some thirty questions: minima, verdicts that hold, and windows too short for their carries.
constexpr const char* page = R"toml(
[[sweep]]
constructions = ["add-hinge"]
n = "2..6"
minimize = "int"
method = "exhaustive"

[[sweep]]
constructions = ["add-dnf", "add-flipflop"]
settings = { window = [1, 2, 3] }
n = [3, 4, 5]
method = "exhaustive"
)toml";

/// Waits until a store has more than this many verdicts.
std::string until(const std::string& store, int verdicts) {
  return "until [ \"$(roundoff store list " + store + " --csv 2>/dev/null | wc -l)\" -gt " +
         std::to_string(verdicts + 1) + " ]; do sleep 0.02; done; ";
}

void is_done(const Outcome& outcome) {
  CAPTURE(outcome.err);
  CHECK(outcome.code == 0);
}

}  // namespace

TEST_CASE("a sweep that is killed goes on, and its report is the bytes of an uninterrupted one") {
  const Directory directory;
  directory.write("page.toml", page);
  is_done(
      directory.run("roundoff sweep page.toml --store whole.sqlite --quiet --csv > whole.csv && "
                    "roundoff report whole.sqlite -o whole --quiet"));
  const auto all =
      json::parse(directory.run("roundoff store list whole.sqlite --json").out)["verdicts"].size();
  CHECK(all > 30);
  for (const int after : {1, 12, 25}) {
    CAPTURE(after);
    const Outcome killed = directory.run(
        "rm -rf cut*; \"$binary\" sweep page.toml --store cut.sqlite --threads 1 --quiet "
        "> /dev/null & pid=$!; " +
        until("cut.sqlite", after) + "kill -9 $pid; wait $pid");
    // on a fast machine it may have come to its end before the signal
    if (killed.code != 0) CHECK(killed.code == 137);
    is_done(directory.run(
        "roundoff sweep page.toml --store cut.sqlite --quiet --csv > cut.csv && cmp whole.csv cut.csv && "
        "roundoff report cut.sqlite -o cut --quiet && diff -r whole cut"));
  }
}

TEST_CASE("shards merge to the bytes of one run, also when they share one store at the same time") {
  const Directory directory;
  directory.write("page.toml", page);
  is_done(
      directory.run("roundoff sweep page.toml --store whole.sqlite --quiet > /dev/null && "
                    "roundoff report whole.sqlite -o whole --quiet"));
  is_done(directory.run(
      "for i in 0 1 2; do roundoff sweep page.toml --store part$i.sqlite --shard $i/3 --threads 1 "
      "--quiet > /dev/null || exit 1; done; "
      "roundoff store merge merged.sqlite part2.sqlite part0.sqlite part1.sqlite > /dev/null && "
      "roundoff report merged.sqlite -o merged --quiet && diff -r whole merged"));
  is_done(directory.run(
      "for i in 0 1 2; do \"$binary\" sweep page.toml --store shared.sqlite --shard $i/3 --threads 1 "
      "--quiet > /dev/null & pids=\"$pids $!\"; done; "
      "\"$binary\" sweep page.toml --store shared.sqlite --threads 1 --quiet > /dev/null & pids=\"$pids "
      "$!\"; "
      "for pid in $pids; do wait $pid || exit 1; done; "
      "roundoff report shared.sqlite -o shared --quiet && diff -r whole shared"));
}

TEST_CASE("stores that contradict each other are not merged, and the verdicts are named") {
  const Directory directory;
  const std::string line = "roundoff verify add-hinge --p 2 --n 3 --method exhaustive --quiet --store ";
  is_done(directory.run(line + "a.sqlite"));
  std::string key;
  {
    // the same question with another answer, as a faulty machine would have left it
    const roundoff::analyzer::Store store(directory.file("a.sqlite"));
    REQUIRE(store.list().size() == 1);
    key = store.list().front().key;
    roundoff::analyzer::Result wrong = roundoff::analyzer::result_from(store.list().front().answer);
    wrong.verdict = roundoff::analyzer::Verdict::refuted;
    roundoff::analyzer::Store(directory.file("b.sqlite"))
        .put(roundoff::analyzer::question_from(store.list().front().question), wrong, 0);
  }
  const Outcome merged = directory.run("roundoff store merge a.sqlite b.sqlite");
  CHECK(merged.code == 3);
  CHECK(merged.err.find(key) != std::string::npos);
  CHECK(merged.err.find("add-hinge") != std::string::npos);
  CHECK(merged.err.find("refuted") != std::string::npos);
  const Outcome again = directory.run("roundoff store recheck b.sqlite --quiet");
  CHECK(again.code == 1);
  CHECK(again.out.find(key) != std::string::npos);
  is_done(directory.run("roundoff store recheck a.sqlite --quiet"));
}

TEST_CASE("an interrupted verification ends with exit code 4 and goes on from where it was") {
  const Directory directory;
  const std::string line = " verify add-hinge --p 2 --n 12 --method exhaustive --json --quiet --threads 1 ";
  json whole = json::parse(directory.run("roundoff" + line).out);
  const Outcome cut = directory.run(
      "\"$binary\"" + line + "--store s.sqlite > /dev/null & pid=$!; sleep 0.4; kill -INT $pid; wait $pid");
  CAPTURE(cut.err);
  REQUIRE((cut.code == 4 || cut.code == 0));  // 0: a machine that is done within 0.4 s
  if (cut.code == 4) {
    CHECK(cut.err.find("--store s.sqlite") != std::string::npos);
    const json listed = json::parse(directory.run("roundoff store list s.sqlite --json").out);
    CHECK(listed["verdicts"].empty());
    REQUIRE(listed["unfinished"].size() == 1);
    CHECK(listed["unfinished"][0]["done"] > 0);
  }
  json resumed = json::parse(directory.run("roundoff" + line + "--store s.sqlite").out);
  for (json* each : {&whole, &resumed}) {
    each->erase("seconds");
    each->erase("provenance");
  }
  CHECK(resumed == whole);
  CHECK(json::parse(directory.run("roundoff store list s.sqlite --json").out)["unfinished"].empty());
}

TEST_CASE("an interrupted minimisation or sweep ends with exit code 4 and loses nothing") {
  const Directory directory;
  directory.write("page.toml", page);
  const std::string analyze =
      " analyze add-hinge --minimize bits --n 2..8 --method exhaustive --quiet --csv ";
  for (const std::string& line : {analyze, std::string(" sweep page.toml --quiet --csv ")}) {
    CAPTURE(line);
    is_done(directory.run("rm -f s.sqlite* w.sqlite*; roundoff" + line + "--store w.sqlite > whole"));
    const Outcome cut =
        directory.run("\"$binary\"" + line + "--threads 1 --store s.sqlite > /dev/null & pid=$!; " +
                      until("s.sqlite", 3) + "kill -INT $pid; wait $pid");
    REQUIRE((cut.code == 4 || cut.code == 0));
    if (cut.code == 4) CHECK(cut.err.find("goes on from here") != std::string::npos);
    const auto kept =
        json::parse(directory.run("roundoff store list s.sqlite --json").out)["verdicts"].size();
    CHECK(kept > 3);
    is_done(directory.run("roundoff" + line + "--store s.sqlite > resumed && cmp whole resumed"));
  }
}

TEST_CASE("the recipes for Slurm arrays and GNU parallel give the report of one run") {
  const Directory directory;
  directory.write("page.toml", page);
  const std::string recipes = ROUNDOFF_SOURCE "/scripts/recipes/";
  is_done(
      directory.run("roundoff sweep page.toml --store whole.sqlite --quiet > /dev/null && "
                    "roundoff report whole.sqlite -o whole --quiet"));
  is_done(
      directory.run("export ROUNDOFF=\"$binary\" SLURM_ARRAY_TASK_COUNT=3; for i in 0 1 2; do "
                    "SLURM_ARRAY_TASK_ID=$i '" +
                    recipes +
                    "slurm-array' page.toml stores > /dev/null || exit 1; done; "
                    "roundoff store merge all.sqlite stores/part*.sqlite > /dev/null && "
                    "roundoff report all.sqlite -o all --quiet && diff -r whole all"));
  is_done(directory.run("ROUNDOFF=\"$binary\" '" + recipes +
                        "gnu-parallel' page.toml 4 out > /dev/null && "
                        "diff -r whole out/report"));
}
