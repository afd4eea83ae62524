// Tables fit the terminal: nothing is lost but the ends of long words, and --wide, pipes and documents have all.
#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "cli/views/fit_table.hpp"
#include "formats/random.hpp"
#include "tests/cli/binary.hpp"

using namespace roundoff::cli;
using roundoff::cli::test::Directory;

namespace {

std::string on_terminal(const Directory& directory, int columns, const std::string& line) {
  return directory
      .run("script -qec \"stty cols " + std::to_string(columns) + " < /dev/tty; $binary " + line +
           "\" /dev/null < /dev/null")
      .out;
}

/// Lines of tables have columns, two blanks apart; sentences have none.
bool of_table(const std::string& line) {
  int gaps = 0;
  for (std::size_t i = 1; i + 2 < line.size(); ++i)
    gaps += line[i - 1] != ' ' && line[i] == ' ' && line[i + 1] == ' ' ? 1 : 0;
  return gaps >= 2;
}

}  // namespace

TEST_CASE("a fitted table has all columns, in lines that fit, its rows named in every part") {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    std::uint64_t drawn = 0;
    const auto below = [&](std::uint64_t most) { return roundoff::formats::random_bits(seed, 7, drawn++) % most; };
    Table table;
    const std::size_t columns = 1 + below(12), rows = below(6);
    for (std::size_t c = 0; c < columns; ++c)
      table.columns.push_back({"c" + std::to_string(c), std::string(1 + below(14), 't'), below(2) == 0});
    for (std::size_t r = 0; r < rows; ++r) {
      table.rows.emplace_back();
      for (std::size_t c = 0; c < columns; ++c)
        table.rows.back().push_back(std::to_string(r) + std::string(below(table.columns[c].right ? 14 : 90), 'w'));
    }
    for (const std::size_t width : {80U, 120U}) {
      const std::vector<Table> parts = fitted(table, width);
      std::vector<std::string> names;
      for (const Table& part : parts) {
        REQUIRE(part.rows.size() == rows);
        for (const Column& column : part.columns)
          if (std::find(names.begin(), names.end(), column.name) == names.end()) names.push_back(column.name);
        CHECK(part.columns[0].name == "c0");
        std::istringstream lines(as_text(part));
        for (std::string line; std::getline(lines, line);) {
          CAPTURE(line);
          CHECK(line.size() <= width);
        }
      }
      CHECK(names.size() == columns);
      for (std::size_t c = 0; c < columns; ++c) CHECK(names[c] == "c" + std::to_string(c));
    }
  }
}

TEST_CASE("tables do not wrap on a terminal of 80 or of 120 columns") {
  const Directory directory;
  directory.write("t.tokens", "1,2,3,4,5,6,7,8\n9,10,11,12,13,14,15,0\n");
  const std::string tiny = ROUNDOFF_SOURCE "/examples/checkpoint/tiny";
  int longest = 0;
  for (const std::string& line :
       {std::string("formats"), std::string("formats e4m3 bfloat16 binary16 'fixed(2,2)'"), std::string("constructions"),
        std::string("tasks"), std::string("policies"), std::string("run adder.json 1+1= --stats"),
        std::string("analyze add-hinge --minimize bits --n 2..4"), std::string("frontier add-hinge --n 3"),
        std::string("table1 --task parity --work 1e6"), std::string("compare add-match --n 2"),
        "forward " + tiny + " 1,2,3 --stats", "diff " + tiny + " --tokens t.tokens --format bfloat16",
        "ablate " + tiny + " --tokens t.tokens --to e4m3",
        std::string("scaling predict --N 1e9 --D 2e10 --P_w 4")}) {
    CAPTURE(line);
    for (const int columns : {80, 120}) {
      std::istringstream lines(on_terminal(directory, columns, line + " --quiet"));
      int shown = 0;
      for (std::string one; std::getline(lines, one);) {
        if (one.ends_with('\r')) one.pop_back();
        if (!of_table(one)) continue;
        CAPTURE(one);
        CHECK(static_cast<int>(one.size()) <= columns);
        ++shown;
      }
      CHECK(shown > 1);
    }
    std::istringstream whole(directory.run("roundoff " + line + " --quiet").out);
    for (std::string one; std::getline(whole, one);)
      if (of_table(one)) longest = std::max(longest, static_cast<int>(one.size()));
  }
  CHECK(longest > 120);  // else nothing was tried
  const std::string line = "run adder.json 1+1= --stats --quiet";
  std::string wide = on_terminal(directory, 80, line + " --wide");
  std::erase(wide, '\r');
  CHECK(wide == directory.run("roundoff " + line).out);
}

TEST_CASE("--cite is BibTeX of the program and of the paper") {
  const auto cited = roundoff::cli::test::run("roundoff --cite");
  CHECK(cited.code == 0);
  CHECK(cited.out.find("@software{roundoff") == 0);
  CHECK(cited.out.find("2410.13857") != std::string::npos);
}
