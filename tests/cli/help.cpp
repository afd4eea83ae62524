// The registry of commands as shells, man and programs see it: every command and every option stands in each face, and
// a shell really completes with it.
#include <algorithm>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/binary.hpp"

using roundoff::cli::test::Directory;
using roundoff::cli::test::Outcome;

namespace {

bool contains(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

nlohmann::json registry(const Directory& directory) {
  const Outcome outcome = directory.run("roundoff help --json");
  REQUIRE(outcome.code == 0);
  return nlohmann::json::parse(outcome.out);
}

}  // namespace

TEST_CASE("help --json lists every command of the overview, with the options that its --help shows") {
  const Directory directory;
  const nlohmann::json document = registry(directory);
  CHECK(document["schema"] == "roundoff/help/1");
  CHECK(document["commands"].size() >= 17);
  const std::string overview = directory.run("roundoff --help").out;
  for (const auto& command : document["commands"]) {
    const std::string name = command["name"];
    CAPTURE(name);
    CHECK(contains(overview, "\n  " + name + " "));
    const Outcome help = directory.run("roundoff " + name + " --help");
    CHECK(help.code == 0);
    CHECK(help.out == directory.run("roundoff help " + name).out);
    for (const auto& option : command["options"])
      for (const std::string word : option["names"]) {
        CAPTURE(word);
        CHECK(contains(help.out, word));
      }
  }
}

TEST_CASE("completions and the man page name every command and option, and bash completes with them") {
  const Directory directory;
  const nlohmann::json document = registry(directory);
  const std::string man = directory.run("roundoff help --man").out;
  CHECK(man.starts_with(".TH ROUNDOFF 1"));
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    CAPTURE(shell);
    const Outcome script = directory.run("roundoff help --completions " + shell);
    REQUIRE(script.code == 0);
    for (const auto& command : document["commands"]) {
      CHECK(contains(script.out, command["name"].get<std::string>()));
      CHECK(contains(man, ".SS " + command["name"].get<std::string>()));
      for (const auto& option : command["options"]) {
        if (option["positional"]) continue;
        const std::string name = option["names"].back();
        CAPTURE(name);
        CHECK(contains(script.out, shell == "fish" ? "-l " + name.substr(2) : name));
      }
    }
  }
  const Outcome completed = directory.run(
      "roundoff help --completions bash > complete.bash\n"
      "bash -c '. ./complete.bash; COMP_WORDS=(roundoff ver); COMP_CWORD=1; _roundoff; echo ${COMPREPLY[@]};"
      " COMP_WORDS=(roundoff verify --meth); COMP_CWORD=2; _roundoff; echo ${COMPREPLY[@]};"
      " COMP_WORDS=(roundoff verify --method exh); COMP_CWORD=3; _roundoff; echo ${COMPREPLY[@]}'");
  CHECK(completed.out == "verify\n--method\nexhaustive\n");
}

TEST_CASE("help refuses shells that it does not know, and two faces at once") {
  const Directory directory;
  const Outcome outcome = directory.run("roundoff help --completions zhs");
  CHECK(outcome.code == 2);
  CHECK(contains(outcome.err, "'zhs'"));
  CHECK(contains(outcome.err, "did you mean 'zsh'"));
  CHECK(directory.run("roundoff help verify --man").code == 2);
  CHECK(directory.run("roundoff help verfy").code == 2);
}
