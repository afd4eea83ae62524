// What goes out: files whole or not at all, traces, tables with numbers in columns of numbers, stores with rows
// that cannot be read, and words that help.
#include <filesystem>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <sqlite3.h>

#include "tests/cli/binary.hpp"

using nlohmann::json;
using roundoff::cli::test::Directory;
using roundoff::cli::test::Outcome;

namespace {

void execute(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  CHECK(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

bool says(const Outcome& outcome, const std::string& words) {
  return outcome.err.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("a trace goes to standard output, the answer then to standard error") {
  const Directory directory;
  const Outcome outcome = directory.run("roundoff run add-hinge '01+01=' --trace -");
  CHECK(outcome.code == 0);
  CHECK(says(outcome, "right"));
  CHECK(json::parse(outcome.out.substr(0, outcome.out.find('\n')))["site"] == "emb");
  CHECK_FALSE(std::filesystem::exists(directory.file("-")));
  CHECK(directory.run("roundoff run add-hinge '01+01=' --trace - --json").code == 2);
}

TEST_CASE("a full disk leaves no file behind and is called by name; export makes no folders") {
  const Directory directory;
  // A disk of 16 KB stands in for a full one, where this process may make one.
  if (directory.run("mkdir disk && mount -t tmpfs -o size=16k none disk").code == 0) {
    const Outcome full = directory.run("roundoff export add-hinge --p 10 --n 200 -o disk/m.json; code=$?; ls disk; "
                                       "umount disk; exit $code");
    CHECK(full.code == 3);
    CHECK(full.out.empty());
    CHECK(says(full, "disk"));
  }
  const Outcome device = directory.run("ln -s /dev/full full.json; roundoff export add-hinge --n 3 -o full.json");
  CHECK(device.code == 3);
  CHECK(says(device, "space"));
  const Outcome nowhere = directory.run("roundoff export add-hinge --n 3 -o new/folder/m.json");
  CHECK(nowhere.code == 3);
  CHECK_FALSE(std::filesystem::exists(directory.file("new")));
}

TEST_CASE("every construction in the list says where its description comes from") {
  const Directory directory;
  const json list = json::parse(directory.run("roundoff constructions --json").out);
  REQUIRE(list.is_array());
  for (const json& one : list) CHECK(one["provenance"]["program"] == "roundoff");
}

TEST_CASE("a row of a store that cannot be read is named and left out, and keys are compared") {
  const Directory directory;
  REQUIRE(directory.run("roundoff verify add-hinge --n 3 --store s.sqlite --quiet > /dev/null && "
                        "roundoff verify add-match --n 3 --store s.sqlite --quiet > /dev/null && "
                        "roundoff verify add-dnf --n 3 --store s.sqlite --quiet > /dev/null").code == 0);
  execute(directory.file("s.sqlite"), "UPDATE verdicts SET answer = '{' WHERE question LIKE '%add-hinge%'");
  for (const char* line : {"roundoff store list s.sqlite --json", "roundoff report s.sqlite -o page --json",
                           "roundoff store recheck s.sqlite --json --quiet"}) {
    CAPTURE(line);
    const Outcome outcome = directory.run(line);
    CAPTURE(outcome.err);
    CHECK(outcome.code == 0);
    CHECK(says(outcome, "left out"));
  }
  CHECK(json::parse(directory.run("roundoff store list s.sqlite --json").out)["verdicts"].size() == 2);
  execute(directory.file("s.sqlite"),
          "UPDATE verdicts SET key = '0123456789abcdef0123456789abcdef' WHERE question LIKE '%add-match%'");
  const Outcome recheck = directory.run("roundoff store recheck s.sqlite --json --quiet");
  CHECK(recheck.code == 1);
  CHECK(json::parse(recheck.out)["wrong"] == 1);
  // Asked again, what could not be read is replaced.
  CHECK(directory.run("roundoff verify add-hinge --n 3 --store s.sqlite --quiet > /dev/null").code == 0);
  CHECK_FALSE(says(directory.run("roundoff store list s.sqlite"), "add-hinge"));
}

TEST_CASE("table1 as CSV has numbers in its columns of numbers") {
  const Directory directory;
  const Outcome outcome = directory.run("roundoff table1 --task iteradd --work 1e6 --csv --quiet");
  CHECK(outcome.code == 0);
  const std::string header = outcome.out.substr(0, outcome.out.find('\n'));
  CHECK(header.starts_with("cell,series,n,k,N,bits,width,format"));
  CHECK(outcome.out.find(", k=") == outcome.out.find(", k = "));
  CHECK(outcome.out.find("not scanned") == std::string::npos);
}

TEST_CASE("what is sampled is no proof in tooltips and captions, either") {
  const Directory directory;
  directory.write("page.toml",
                  "[[sweep]]\nconstructions = [\"add-hinge\"]\np = 10\nn = [4, 5, 6, 7]\nmethod = \"sample\"\n"
                  "count = 64\n");
  REQUIRE(directory.run("roundoff sweep page.toml --store s.sqlite --quiet > /dev/null && "
                        "roundoff report s.sqlite -o page --quiet > /dev/null").code == 0);
  const std::string page = directory.read("page/index.html");
  CHECK(page.find("not a proof</title>") != std::string::npos);
  CHECK(page.find("which is not a proof; their labels say so") != std::string::npos);
}

TEST_CASE("other programs' names of options lead to ours, and digits to their base") {
  const Directory directory;
  CHECK(says(directory.run("roundoff verify add-hinge --base 10"), "did you mean '--p'"));
  CHECK(says(directory.run("roundoff run add-hinge '0123+0456='"), "--p 10"));
  CHECK(says(directory.run("roundoff run parity 0110"), "0+1+1+0="));
}

TEST_CASE("a design that computes by saturation says so") {
  const Directory directory;
  const Outcome compared = directory.run("roundoff compare add-flipflop --p 2 --n 4 --quiet");
  CHECK(compared.out.find("computes by saturation") != std::string::npos);
  const Outcome explained = directory.run("roundoff explain add-flipflop --p 2 '0111+0001='");
  CHECK(explained.out.find("computes by saturation") != std::string::npos);
}
