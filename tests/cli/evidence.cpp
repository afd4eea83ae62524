// Evidence across budgets and versions: weak answers and strong ones agree, the stronger stands, more budget
// asks again, and what an older version kept is no answer any more.
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <sqlite3.h>

#include "tests/cli/binary.hpp"

using nlohmann::json;
using roundoff::cli::test::Directory;
using roundoff::cli::test::Outcome;

namespace {

const std::string weakened =
    "roundoff verify add-flipflop --p 10 --n 33 --set window=20 --method certify --json --quiet ";

json answer(const Outcome& outcome) {
  CAPTURE(outcome.err);
  REQUIRE_FALSE(outcome.out.empty());
  return json::parse(outcome.out);
}

/// A store as the version before kept it: `add-hinge --n 3`, and add-flipflop above without its fraction.
void make_version_1(const std::string& path) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  const char* script = R"sql(
CREATE TABLE verdicts (key TEXT PRIMARY KEY, question TEXT NOT NULL, answer TEXT NOT NULL, seconds REAL NOT NULL, provenance TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE checkpoints (key TEXT PRIMARY KEY, done INTEGER NOT NULL, failing INTEGER NOT NULL, first_failing INTEGER) WITHOUT ROWID;
CREATE TABLE models (fingerprint TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE plans (plan TEXT PRIMARY KEY) WITHOUT ROWID;
PRAGMA application_id = 1919840102;
PRAGMA user_version = 1;
INSERT INTO verdicts VALUES ('db15c44cbcb9888015b4a8a0b1f1d20e',
'{"construction":"add-hinge","method":{"adversarial":4096,"at_once":1048576.0,"certify":true,"count":100000,"exhaustive_limit":20000000.0,"first_only":true,"name":"auto","seed":1},"model":"8eafcd2f73289e7ee295343ef4b33f16","policy":{"dot":"rounded","format":"fixed(4,0)","order":"sequential","softmax":"stable"},"semantics":1,"settings":{"D":1,"slices":3},"shape":{"d_ff":3,"d_k":10,"d_model":12,"d_v":1,"head_width":10,"heads":2,"layers":2,"nonzero":148,"parameters":946,"position_table":144,"width":12},"size":{"c":1,"k":2,"l":0,"n":3,"p":2,"ragged":false},"task":"add"}',
'{"covered":64.0,"failing":0.0,"failing_fraction":0.0,"method":"exhaustive","note":"","of":64.0,"verdict":"holds"}', 0.1, 'an earlier build');
INSERT INTO verdicts VALUES ('3951bd28e0225d375b259dc63986a724',
'{"construction":"add-dnf","method":{"count":5000,"first_only":true,"name":"sample","seed":1},"model":"559dace9da1a7e54474e4d09d9572bee","policy":{"dot":"rounded","format":"fixed(1,0)","order":"sequential","softmax":"stable"},"semantics":1,"settings":{"window":1},"shape":{"d_ff":9,"d_k":5,"d_model":35,"d_v":8,"head_width":10,"heads":2,"layers":4,"nonzero":319,"parameters":4396,"position_table":525,"width":35},"size":{"c":1,"k":2,"l":0,"n":4,"p":3,"ragged":false},"task":"add"}',
'{"covered":5000.0,"failing":0.0,"method":"5000 samples (seed 1)","note":"","of":6561.0,"verdict":"holds"}', 0.1, 'an earlier build');
)sql";
  CHECK(sqlite3_exec(database, script, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

}  // namespace

TEST_CASE(
    "a refutation without its fraction and one with it merge, in either order, and the stronger stands") {
  const Directory directory;
  // A budget in which a machine, busy as it may be, finds a failing input, and no fraction.
  Outcome weak;
  double budget = 0.02;
  for (; budget < 1; budget *= 2) {
    weak = directory.run(weakened + "--store weak.sqlite --budget " + std::to_string(budget));
    if (weak.code == 1) break;
  }
  const Outcome strong = directory.run(weakened + "--budget 60 --store strong.sqlite");
  CHECK(weak.code == 1);
  CHECK(strong.code == 1);
  CHECK_FALSE(answer(weak).contains("failing_fraction"));
  CHECK(answer(weak)["reason"] == "time");
  CHECK(answer(weak)["budget"] == doctest::Approx(budget));
  CHECK(answer(strong)["failing_fraction"] == doctest::Approx(5.85e-20));
  CHECK_FALSE(answer(strong).contains("reason"));
  const Outcome merged = directory.run(
      "cp weak.sqlite a.sqlite && cp strong.sqlite b.sqlite && roundoff store merge a.sqlite strong.sqlite "
      "--quiet > first && roundoff store merge b.sqlite weak.sqlite > second && "
      "roundoff store list a.sqlite --json > a && roundoff store list b.sqlite --json > b");
  CHECK(merged.code == 0);
  const json a = json::parse(directory.read("a")), b = json::parse(directory.read("b"));
  REQUIRE(a["verdicts"].size() == 1);
  CHECK(a["verdicts"] == b["verdicts"]);
  CHECK(a["verdicts"][0]["answer"]["failing_fraction"] == doctest::Approx(5.85e-20));
  const Outcome recheck = directory.run("roundoff store recheck weak.sqlite --json --quiet");
  CHECK(recheck.code == 0);
  CHECK(answer(recheck)["wrong"] == 0);
  CHECK(answer(recheck)["stronger"] == 1);
}

TEST_CASE("a weak answer is asked again when more budget is offered, a settled one is not") {
  const Directory directory;
  const std::string into = weakened + "--store s.sqlite --budget ";
  CHECK_FALSE(answer(directory.run(into + "0.02")).contains("failing_fraction"));
  CHECK(answer(directory.run(into + "60")).contains("failing_fraction"));
  CHECK(answer(directory.run(into + "0.02")).contains("failing_fraction"));
}

TEST_CASE("what is neither proved nor refuted is exit code 5") {
  const Directory directory;
  const Outcome out_of_time =
      directory.run("roundoff verify add-hinge --p 10 --n 40 --method certify --budget 0 --json");
  CHECK(out_of_time.code == 5);
  CHECK(answer(out_of_time)["verdict"] == "unknown");
  CHECK(answer(out_of_time)["reason"] == "time");
  const Outcome table = directory.run(
      "roundoff analyze add-hinge --p 10 --minimize int --n 20 --method certify --budget 0 --json --quiet");
  CHECK(table.code == 0);
}

TEST_CASE("what version 1 kept is listed as such, is no answer, and is asked anew by recheck") {
  const Directory directory;
  make_version_1(directory.file("old.sqlite"));
  const json listed = answer(directory.run("roundoff store list old.sqlite --json"));
  REQUIRE(listed["verdicts"].size() == 2);
  for (const json& row : listed["verdicts"]) CHECK(row["semantics"] == 1);
  CHECK(directory.run("roundoff store list old.sqlite").out.find("semantics 1") != std::string::npos);
  // The one that holds does, and the one that says that it holds did not under any version: news, no mistake.
  const Outcome recheck = directory.run("roundoff store recheck old.sqlite --json --quiet");
  CHECK(recheck.code == 0);
  const json outcome = answer(recheck);
  CHECK(outcome["asked_anew"] == 2);
  CHECK(outcome["same"] == 1);
  CHECK(outcome["changed"] == 1);
  CHECK(outcome["wrong"] == 0);
  // Asked, it is answered anew, and kept beside the old row.
  const Outcome asked = directory.run(
      "roundoff verify add-dnf --p 3 --n 4 --set window=1 --method sample --count 5000 --store old.sqlite "
      "--json --quiet");
  CHECK(asked.code == 1);
  CHECK(answer(asked)["provenance"]["semantics"] == 2);
  CHECK(answer(directory.run("roundoff store list old.sqlite --json"))["verdicts"].size() == 3);
  CHECK(directory.run("roundoff report old.sqlite -o page").code == 0);
}
