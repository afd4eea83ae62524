// roundoff lab: the address of the page at a state, and what it refuses; run and explain name the state that shows them.
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/binary.hpp"

using nlohmann::json;
using roundoff::cli::test::Directory;
using roundoff::cli::test::Outcome;

TEST_CASE("lab prints the address of a page at a state") {
  const Directory directory;
  CHECK(directory.run("roundoff lab 'number?format=e4m3&x=1' --url --page http://localhost:8080/").out ==
        "http://localhost:8080/#number?format=e4m3&x=1\n");
  directory.write("a page.html", "<!doctype html>");
  const Outcome file = directory.run("roundoff lab '#map' --url --page 'a page.html'");
  CHECK(file.code == 0);
  CHECK(file.out.starts_with("file:///"));
  CHECK(file.out.ends_with("/a%20page.html#map\n"));
  // without a display nothing is opened, and the address is said
  CHECK(directory.run("unset DISPLAY WAYLAND_DISPLAY; roundoff lab --page 'a page.html'").out.ends_with("/a%20page.html\n"));
}

TEST_CASE("lab refuses what is no page and no state, by name") {
  const Directory directory;
  const Outcome missing = directory.run("roundoff lab --url --page nothing.html");
  CHECK(missing.code == 3);
  CHECK(missing.err.find("nothing.html") != std::string::npos);
  const Outcome blanks = directory.run("roundoff lab 'number?x=1 y=2' --url --page http://localhost/");
  CHECK(blanks.code == 2);
  CHECK(blanks.err.find("number?x=1 y=2") != std::string::npos);
}

TEST_CASE("run and explain say where the page shows them, where it can") {
  const Directory directory;
  const auto lab = [&](const std::string& line) { return json::parse(directory.run(line + " --json --quiet").out).value("lab", ""); };
  CHECK(lab("roundoff run add-hinge --p 10 '03+04='") == "transformer?name=add-hinge&p=10&input=03%2B04%3D");
  CHECK(lab("roundoff explain add-hinge --p 10 --format 'fixed(5,0)' --set D=1 '000+000='") ==
        "transformer?name=add-hinge&p=10&input=000%2B000%3D&format=fixed(5,0)&set=D%3D1");
  CHECK(lab("roundoff run add-hinge '01+10=' --role 'scores=fixed(6,0)'").empty());
  CHECK(lab("roundoff run add-hinge '01+10=' --c 2").empty());
}
