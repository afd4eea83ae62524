// roundoff train: killed and resumed to the same bytes, and its model run by the other commands.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/binary.hpp"

using nlohmann::json;
using roundoff::cli::test::Directory;
using roundoff::cli::test::Outcome;

TEST_CASE("a training that is killed goes on to the same checkpoint") {
  const Directory directory;
  const std::string page = roundoff::cli::test::read_file(ROUNDOFF_SOURCE "/examples/training/add.toml");
  directory.write("page.toml", page + "\n");
  CHECK(directory.run("sed -i 's/^steps = 60/steps = 90\\ncheckpoint = 7/' page.toml").code == 0);
  REQUIRE(directory.run("roundoff train page.toml -o whole --quiet --json > whole.json").code == 0);
  const Outcome killed = directory.run(
      "\"$binary\" train page.toml -o cut --quiet > /dev/null & pid=$!\n"
      "while ! test -s cut/checkpoint.safetensors; do sleep 0.01; done\nkill -9 $pid; wait $pid");
  CHECK((killed.code == 137 || killed.code == 0));
  REQUIRE(directory.run("roundoff train page.toml -o cut --quiet --threads 1 --json > cut.json").code == 0);
  CHECK(directory.read("cut/checkpoint.safetensors") == directory.read("whole/checkpoint.safetensors"));
  for (const char* file : {"model.safetensors", "curve.csv", "curve.svg", "runs.csv"})
    CHECK(directory.read(std::string("cut/") + file) == directory.read(std::string("whole/") + file));
  json a = json::parse(directory.read("whole.json")), b = json::parse(directory.read("cut.json"));
  for (json* document : {&a, &b}) {
    document->erase("out");
    document->erase("provenance");
  }
  CHECK(a == b);
  CHECK(a["tier"] == "exact");

  const Outcome run = directory.run("roundoff run whole/model.safetensors 01+01= --json");
  CHECK((run.code == 0 || run.code == 1));
  CHECK(json::parse(run.out)["input"] == "01+01=");
  CHECK(directory.run("roundoff verify whole/model.safetensors --method sample --count 20 --json").code <= 1);
  const Outcome other = directory.run("sed -i 's/^lr = .*/lr = 0.5/' page.toml; roundoff train page.toml -o whole");
  CHECK(other.code == 2);
  CHECK(other.err.find("another training") != std::string::npos);
}
